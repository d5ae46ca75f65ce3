"""A denial that is answered from the page, and a form that people fill in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from testbed.patience import wait_until
from tests.support.events.people import let_airflow_settle
from tests.support.ui.looking import PAGE, part, row_of, run_tab, sign_in_as, violations

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.browser import Browser
    from testbed.local_airflow import LocalAirflow

ASK = "onboard_with_a_person"
CUSTOMER, COMPANY = ordinary_id(41), "Northwind School"
REASON = "Not an Academic Domain"
RUN_ID = f"onboard-{CUSTOMER}-order-4711"


def test_a_denial_is_answered_from_the_page(airflow: LocalAirflow, emulator: Emulator, browser: Browser) -> None:
    emulator.configure(CUSTOMER, vetting="at-once", verdict=f"deny:{REASON}")
    airflow.wait_for_dag(ASK)
    form = {"qualification": "Education", "education_segment": "K12", "website": "northwind.edu"}
    airflow.trigger(ASK, {"customer_id": CUSTOMER, "company_name": COMPANY, **form}, RUN_ID)
    airflow.question(ASK, RUN_ID, "ask")
    let_airflow_settle(airflow)

    page = browser.sign_in(airflow.url)
    page.goto(PAGE)
    row = row_of(page, "Denied", CUSTOMER)
    expect(row).to_contain_text(COMPANY)
    expect(row).to_contain_text(REASON)
    row.get_by_role("button", name=f"Answer for {COMPANY}").click()
    question = page.get_by_role("dialog")
    expect(question.get_by_text(f"Education of {COMPANY} was denied. Resubmit?")).to_be_visible()
    expect(question.get_by_label("Education segment")).to_have_value("")
    expect(question.get_by_text("What to do first")).to_be_visible()
    assert violations(page, "[role=dialog]") == []
    question.get_by_label("Website").fill("school.northwind.edu")
    question.get_by_role("button", name="Resubmit", exact=True).click()
    expect(question).to_have_count(0)

    airflow.question(ASK, RUN_ID, "ask_again")
    first, second = emulator.journal(CUSTOMER, method="POST")
    assert (first["body"]["website"], second["body"]["website"]) == ("northwind.edu", "school.northwind.edu")
    assert first["body"]["educationSegment"] == second["body"]["educationSegment"] == "K12"
    let_airflow_settle(airflow)

    # A viewer may look, but Airflow takes no answer from one.
    as_viewer = sign_in_as(browser, airflow, "viewer")
    as_viewer.goto(f"{PAGE}?search={CUSTOMER}")
    row_of(as_viewer, "Customers", CUSTOMER).get_by_role("button", name=f"Answer for {COMPANY}").click()
    refused = as_viewer.get_by_role("dialog")
    refused.get_by_role("button", name="Give up", exact=True).click()
    expect(refused.get_by_role("alert")).to_contain_text("The answer was not taken.")
    as_viewer.context.close()
    assert {"403" in complaint for complaint in browser.complaints} <= {True}
    browser.complaints.clear()

    page.goto(run_tab(RUN_ID, ASK))
    story = part(page, "Qualification")
    expect(story.get_by_text("A person answered").first).to_be_visible()
    story.get_by_role("button", name=f"Answer for {COMPANY}").click()
    page.get_by_role("dialog").get_by_role("button", name="Give up", exact=True).click()
    assert airflow.wait_for_run(ASK, RUN_ID) == "failed"
    wait_until(lambda: airflow.task_states(ASK, RUN_ID)["approved"] == "upstream_failed", "the rest is not carried out")
    page.goto(f"{PAGE}?state=given_up")
    expect(row_of(page, "Customers", CUSTOMER)).to_contain_text("Given up")
    expect(row_of(page, "Denied", CUSTOMER)).to_have_count(0)
    assert emulator.customer(CUSTOMER)["attempts"] == 2
    assert browser.complaints == []


def test_a_connection_is_made_in_its_form(airflow: LocalAirflow, emulator: Emulator, browser: Browser) -> None:
    made = emulator.connection()
    page = browser.sign_in(airflow.url)
    page.goto("/connections")
    page.get_by_role("button", name="Add Connection").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Connection ID").fill("made_in_the_form")
    form.get_by_role("combobox", name="Connection Type").click()
    page.get_by_role("option", name="Microsoft Partner Center", exact=True).click()
    form.get_by_label("Application (client) ID").fill(made["login"])
    form.get_by_label("Client secret").fill(made["password"])
    form.get_by_role("button", name="Extra Fields", exact=True).click()
    tenant = form.get_by_role("group").filter(has_text="Tenant").get_by_role("textbox").first
    tenant.fill(made["extra"]["tenant_id"])
    form.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="made_in_the_form")).to_contain_text("partnercenter")
    (saved,) = airflow.rest("GET", "/connections", connection_id_pattern="made_in_the_form")["connections"]
    assert (saved["conn_type"], saved["login"]) == ("partnercenter", made["login"])
    assert made["extra"]["tenant_id"] in saved["extra"]
    assert made["password"] not in str(saved)
    assert browser.complaints == []
