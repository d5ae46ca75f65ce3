"""A denied customer, and a person who answers about it in Airflow's UI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.links.partnercenter import customer_page
from testbed.patience import wait_until
from tests.support.events.people import let_airflow_settle

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.browser import Browser
    from testbed.local_airflow import LocalAirflow

ASK = "onboard_with_a_person"
CUSTOMER, COMPANY = ordinary_id(31), "Contoso School"
REASON = "Not an Academic Domain"
RUN_ID = f"onboard-{CUSTOMER}-order-4711"


def open_question(page: Page, airflow: LocalAirflow, task: str) -> None:
    """Find what a task asks, as a person does: among the required actions."""
    let_airflow_settle(airflow)
    page.goto("/required_actions")
    row = page.get_by_role("row").filter(has_text=RUN_ID).filter(has=page.get_by_role("link", name=task, exact=True))
    row.get_by_role("link", name=f"Education of {COMPANY} was denied. Resubmit?").click()
    expect(page.get_by_text(f"Reason: {REASON}", exact=True)).to_be_visible()


def test_a_denial_is_resubmitted_and_the_next_one_given_up(
    airflow: LocalAirflow, emulator: Emulator, browser: Browser
) -> None:
    emulator.configure(CUSTOMER, vetting="at-once", verdict=f"deny:{REASON}")
    airflow.wait_for_dag(ASK)
    form = {"qualification": "Education", "education_segment": "K12", "website": "contoso.edu"}
    airflow.trigger(ASK, {"customer_id": CUSTOMER, "company_name": COMPANY, **form}, RUN_ID)
    airflow.question(ASK, RUN_ID, "ask")

    page = browser.sign_in(airflow.url)
    open_question(page, airflow, "Ask about the denial")
    link = page.get_by_role("link", name="The customer in Partner Center")
    expect(link).to_have_attribute("href", customer_page(CUSTOMER))
    expect(page.get_by_text("Attempts left: at most 2 of 3", exact=True)).to_be_visible()
    expect(page.get_by_text("as before", exact=True)).to_be_visible()
    page.locator("#element_website").fill("school.contoso.edu")
    page.get_by_role("button", name="Resubmit", exact=True).click()

    airflow.question(ASK, RUN_ID, "ask_again")
    first, second = emulator.journal(CUSTOMER, method="POST")
    assert (first["body"]["website"], second["body"]["website"]) == ("contoso.edu", "school.contoso.edu")
    assert first["body"]["educationSegment"] == second["body"]["educationSegment"] == "K12"
    resubmitted = airflow.xcom(ASK, RUN_ID, "ask")
    assert resubmitted["request_id"] == second["request_id"]
    assert resubmitted["answered_by"]["name"]

    open_question(page, airflow, "Ask about the second denial")
    expect(page.get_by_text("Attempts left: at most 1 of 3", exact=True)).to_be_visible()
    page.get_by_role("button", name="Give up", exact=True).click()

    assert airflow.wait_for_run(ASK, RUN_ID) == "failed"
    assert airflow.xcom(ASK, RUN_ID, "ask_again", "given_up")["by"]["name"] == resubmitted["answered_by"]["name"]
    wait_until(lambda: airflow.task_states(ASK, RUN_ID)["approved"] == "upstream_failed", "the rest is not carried out")
    assert airflow.last_try(ASK, RUN_ID, "ask_again") == 1
    assert emulator.customer(CUSTOMER)["attempts"] == 2
    assert browser.complaints == []
