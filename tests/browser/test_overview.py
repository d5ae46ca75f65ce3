"""The page in the navigation: the five questions of the morning, and what people do with it."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, NamedTuple

import pytest
from playwright.sync_api import expect

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.links.partnercenter import customer_page
from airflow_provider_partnercenter.storage.shown.sign_ins import PREFIX, SignInRecord
from tests.support.ui.looking import OURS, PAGE, part, row_of, rows, sign_in_as, violations
from tests.support.ui.telling import ago, approved, denied, tell, unknown, waiting

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from airflow_provider_partnercenter.qualification.states.customer import CustomerState
    from testbed.browser import Browser
    from testbed.local_airflow import LocalAirflow


class Told(NamedTuple):
    """What the tests of this file have let runs tell; the names are their own, so that others do not matter."""

    overdue: CustomerState
    fresh: CustomerState
    denied: CustomerState
    approved: CustomerState


# Connections, by the days that are left of their refresh tokens, and what the page says of each.
SIGN_INS = [("partner_good", 80, "good"), ("partner_soon", 10, "expires soon"), ("partner_over", -1, "expired")]


@pytest.fixture(scope="module")
def told(airflow: LocalAirflow) -> Told:
    """Some customers, one in each state that somebody asks for, after a worker has signed in."""
    airflow.wait_for_dag("told")
    airflow.wait_for_dag("onboard_customer")
    conf = {"customer_id": magic.customer_id("approved-at-once"), "qualification": "StateOwnedEntity"}
    airflow.wait_for_success("onboard_customer", airflow.trigger("onboard_customer", conf))
    ours = uuid.uuid4().hex[:8]
    told = Told(
        waiting(f"Overdue School {ours}", 400),
        waiting(f"Fresh School {ours}", 0.1),
        denied(f"Denied School {ours}"),
        approved(f"Approved School {ours}"),
    )
    # Of another name, so that searches for the others do not find it.
    for each in (*told, unknown("Unknown School")):
        tell(airflow, each)
    for conn_id, days, _ in SIGN_INS:
        record = SignInRecord("App+User", ago(hours=1), mfa=True, dies_at=ago(days=-days))
        airflow.rest("POST", "/variables", json={"key": PREFIX + conn_id, "value": record.to_text()})
    return told


def number(page: Page, label: str) -> int:
    button = page.get_by_role("button", name=re.compile(rf"^\d+ ?{label}"))
    return int(re.match(r"\d+", button.inner_text()).group())


def test_the_five_questions_of_the_morning(told: Told, airflow: LocalAirflow, browser: Browser) -> None:
    page = browser.sign_in(airflow.url)
    page.goto(PAGE)
    # Who waits and since when? The one who waits longest comes first.
    first = rows(page, "Customers").first
    expect(first).to_contain_text(told.overdue.company_name)
    expect(first).to_contain_text(told.overdue.customer_id)
    expect(first).to_contain_text("400 d ago")
    # Who is overdue?
    expect(first.get_by_text("Overdue", exact=True)).to_be_visible()
    # Who must act?
    expect(first).to_contain_text("Microsoft reviews the customer.")
    # Who was denied last night, and why?
    denial = row_of(page, "Denied", told.denied.company_name)
    expect(denial).to_contain_text("Not an Academic Domain")
    expect(denial).to_contain_text("The customer must verify a domain of its school.")
    # Is the sign-in healthy?
    worker = row_of(page, "Sign-ins", "partnercenter_default")
    expect(worker).to_contain_text("App+User")
    # Its token is not kept in a Variable, so nobody knows.
    expect(worker).to_contain_text("not known")
    for conn_id, _, word in SIGN_INS:
        expect(row_of(page, "Sign-ins", conn_id).get_by_text(word, exact=True)).to_be_visible()
    assert number(page, "Waiting for Microsoft") >= 2
    assert number(page, "In review for 5 days or more") >= 1
    assert number(page, "Denied and unanswered") >= 1
    assert number(page, "Approved today") >= 1
    assert number(page, "Outcome unknown") >= 1
    assert browser.complaints == []


def test_a_customer_leads_to_its_run_its_task_and_partner_center(
    told: Told, airflow: LocalAirflow, browser: Browser
) -> None:
    page = browser.sign_in(airflow.url)
    page.goto(PAGE)
    row = row_of(page, "Denied", told.denied.company_name)
    expect(row.get_by_role("link", name="Partner Center")).to_have_attribute(
        "href", customer_page(told.denied.customer_id)
    )
    row.get_by_role("link", name="Task", exact=True).click()
    expect(page).to_have_url(re.compile(r"/dags/told/runs/told-[^/]+/tasks/wait"))
    page.go_back()
    row.get_by_role("link", name="Run", exact=True).click()
    expect(page).to_have_url(re.compile(r"/dags/told/runs/told-[^/]+$"))
    assert browser.complaints == []


def test_it_is_searched_filtered_and_sorted(told: Told, airflow: LocalAirflow, browser: Browser) -> None:
    page = browser.sign_in(airflow.url)
    page.goto(f"{PAGE}?sort=company_name")

    def choose(name: str, choice: str) -> None:
        page.get_by_role("combobox", name=name, exact=True).select_option(choice)

    def see(*expected: CustomerState) -> None:
        # A list: so many rows, in this order.
        expect(rows(page, "Customers")).to_contain_text([each.company_name for each in expected])

    page.get_by_role("searchbox").fill(told.fresh.company_name.split()[-1].upper())
    see(told.denied, told.fresh, told.overdue)
    choose("State", "All states")
    see(told.approved, told.denied, told.fresh, told.overdue)
    choose("State", "Approved")
    see(told.approved)
    choose("State", "Not settled")
    see(told.denied, told.fresh, told.overdue)
    choose("Who must act", "A person")
    see(told.denied)
    choose("Who must act", "Whoever must act")
    see(told.denied, told.fresh, told.overdue)
    choose("Age", "In review for 14 days")
    see(told.overdue)
    choose("Age", "Any age")
    choose("Dag", "told")
    choose("Qualification", "Education")
    see(told.denied, told.fresh, told.overdue)
    head = page.get_by_role("columnheader", name="Customer").last
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("button").click()
    see(told.overdue, told.fresh, told.denied)
    expect(head).to_have_attribute("aria-sort", "descending")
    # The address says all of it, so that it can be sent to somebody.
    page.reload()
    see(told.overdue, told.fresh, told.denied)
    page.get_by_role("searchbox").fill(told.fresh.customer_id)
    see(told.fresh)
    page.get_by_role("searchbox").fill("nobody is called so")
    expect(part(page, "Customers").get_by_text("No customer matches.")).to_be_visible()
    assert browser.complaints == []


def test_quick_changes_do_not_undo_each_other(told: Told, airflow: LocalAirflow, browser: Browser) -> None:
    page = browser.sign_in(airflow.url)
    page.goto(PAGE)
    expect(part(page, "Customers")).to_be_visible()
    # So slow that the router has not taken a change over when the next one comes.
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 8})
    page.get_by_role("searchbox").fill(told.approved.company_name)
    for name, choice in (("State", "Approved"), ("Qualification", "Education"), ("Dag", "told"), ("Age", "Any age")):
        page.get_by_role("combobox", name=name, exact=True).select_option(choice)
    expect(rows(page, "Customers")).to_contain_text([told.approved.company_name])
    expect(page).to_have_url(re.compile(r"search=Approved\+School"))
    for part_of_it in ("state=approved", "qualification=Education", "dag_id=told"):
        expect(page).to_have_url(re.compile(part_of_it))
    # Whoever follows the link in the navigation again wants the page as it was at first.
    page.get_by_role("button", name="Browse").click()
    page.get_by_role("menuitem", name="Partner Center").click()
    expect(rows(page, "Customers").first).to_contain_text(told.overdue.company_name)
    expect(page.get_by_role("searchbox")).to_have_value("")
    assert browser.complaints == []


def test_a_number_shows_whom_it_counts(told: Told, airflow: LocalAirflow, browser: Browser) -> None:
    page = browser.sign_in(airflow.url)
    page.goto(PAGE)
    page.get_by_role("button", name=re.compile("Approved today")).click()
    expect(row_of(page, "Customers", told.approved.company_name)).to_be_visible()
    page.get_by_role("button", name=re.compile("In review for 5 days or more")).click()
    expect(row_of(page, "Customers", told.overdue.company_name)).to_be_visible()
    expect(row_of(page, "Customers", told.fresh.company_name)).to_have_count(0)
    assert browser.complaints == []


def test_a_hundred_who_wait_are_all_named_page_by_page(airflow: LocalAirflow, browser: Browser) -> None:
    airflow.wait_for_dag("told")
    ours = uuid.uuid4().hex[:8]
    for place in range(100):
        tell(airflow, waiting(f"School {place:03} {ours}"))
    page = browser.sign_in(airflow.url)
    page.goto(f"{PAGE}?search={ours}&sort=company_name")
    named = []
    for shown in ("1 to 50 of 100", "51 to 100 of 100"):
        expect(part(page, "Customers")).to_contain_text(shown)
        named += re.findall(rf"School (\d+) {ours}", "".join(rows(page, "Customers").all_inner_texts()))
        if shown.startswith("1 "):
            page.get_by_role("button", name="Next", exact=True).click()
    assert [int(place) for place in named] == list(range(100))
    expect(page.get_by_role("button", name="Next", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Previous", exact=True).click()
    expect(part(page, "Customers")).to_contain_text("1 to 50 of 100")
    assert browser.complaints == []


def test_the_file_has_the_customers_that_are_shown(told: Told, airflow: LocalAirflow, browser: Browser) -> None:
    page = browser.sign_in(airflow.url)
    page.goto(f"{PAGE}?search={told.denied.company_name.split()[-1]}&state=denied")
    expect(rows(page, "Customers")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    text = download.value.path().read_text("utf-8-sig")
    assert download.value.suggested_filename == "partner-center-customers.csv"
    assert len(text.splitlines()) == 2
    assert told.denied.customer_id in text
    assert browser.complaints == []


def test_who_may_read_no_dag_sees_an_empty_page(told: Told, airflow: LocalAirflow, browser: Browser) -> None:
    page = sign_in_as(browser, airflow, "stranger")
    page.goto(PAGE)
    expect(part(page, "Denied").get_by_text("Nobody is denied and unanswered.")).to_be_visible()
    expect(part(page, "Customers").get_by_text("No customer matches.")).to_be_visible()
    assert number(page, "Waiting for Microsoft") == 0
    # A viewer may not read connections.
    expect(part(page, "Sign-ins")).to_have_count(0)
    assert violations(page) == []
    assert {"403" in complaint for complaint in browser.complaints} <= {True}


def test_the_dashboard_has_a_line(told: Told, airflow: LocalAirflow, browser: Browser) -> None:
    page = browser.sign_in(airflow.url)
    line = page.get_by_role("region", name="Partner Center", exact=True)
    expect(line).to_contain_text(re.compile(r"\d+ waiting, \d+ of them for 5 days or more; \d+ denied and unanswered"))
    assert violations(page) == []
    line.get_by_role("link", name="Partner Center").click()
    expect(page.get_by_role("heading", name="Partner Center", level=1)).to_be_visible()
    assert browser.complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(theme: str, told: Told, airflow: LocalAirflow, browser: Browser) -> None:
    page = browser.sign_in(airflow.url)
    page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
    page.goto(PAGE)
    expect(row_of(page, "Denied", told.denied.company_name)).to_be_visible()
    expect(rows(page, "Customers").first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == theme
    assert violations(page) == []
    # Of all the page, only Airflow's own navigation is beside the landmarks.
    assert {each["rule"] for each in violations(page, None)} <= {"region"}
    assert page.locator(OURS).count() == 1
    assert browser.complaints == []
