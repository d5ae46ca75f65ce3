"""An onboarding as people see it in Airflow's UI."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.links.partnercenter import customer_page
from testbed.patience import wait_until

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.browser import Browser
    from testbed.local_airflow import LocalAirflow

ONBOARD = "onboard_customer"
CUSTOMER, DENIED = magic.customer_id("approved-at-once"), magic.denied_after(0)
RUN_ID = f"onboard-{CUSTOMER}-order-4711"
TASKS = {
    "Request the qualification": "Success",
    "Wait for the verdict": "Success",
    "Choose by the verdict": "Success",
    "Go on after the approval": "Success",
    "Record the denial": "Skipped",
}


@pytest.fixture(scope="module")
def run_page(airflow: LocalAirflow) -> str:
    """The address of the page of a run that has onboarded a customer."""
    airflow.wait_for_dag(ONBOARD)
    conf = {"customer_id": CUSTOMER, "qualification": "Education", "education_segment": "HigherEducation"}
    body = {"dag_run_id": RUN_ID, "logical_date": None, "conf": conf, "note": "Contoso"}
    airflow.rest("POST", f"/dags/{ONBOARD}/dagRuns", json=body)
    airflow.wait_for_success(ONBOARD, RUN_ID)
    return f"/dags/{ONBOARD}/runs/{quote(RUN_ID, safe='')}"


def test_a_run_tells_whom_it_is_about_and_what_it_has_done(
    run_page: str, airflow: LocalAirflow, browser: Browser
) -> None:
    page = browser.sign_in(airflow.url)
    page.goto(run_page)
    expect(page.get_by_role("heading", name=RUN_ID)).to_be_visible()
    expect(page.get_by_text("Contoso", exact=True)).to_be_visible()
    rows = page.get_by_role("row")
    for name, state in TASKS.items():
        expect(rows.filter(has=page.get_by_role("link", name=name, exact=True))).to_contain_text(state)
    expect(rows).to_have_count(1 + len(TASKS))
    assert browser.complaints == []


@pytest.mark.parametrize("task_id", ["submit", "wait", "choose", "approved"])
def test_a_task_leads_to_its_customer(task_id: str, run_page: str, airflow: LocalAirflow, browser: Browser) -> None:
    page = browser.sign_in(airflow.url)
    page.goto(f"{run_page}/tasks/{task_id}/details")
    link = page.get_by_role("link", name="Customer in Partner Center")
    expect(link).to_have_attribute("href", customer_page(CUSTOMER))
    assert browser.complaints == []


def test_the_form_starts_an_onboarding(airflow: LocalAirflow, emulator: Emulator, browser: Browser) -> None:
    airflow.wait_for_dag(ONBOARD)
    page = browser.sign_in(airflow.url)
    page.goto(f"/dags/{ONBOARD}")
    page.get_by_role("button", name="Trigger Dag").click()
    form = page.get_by_role("dialog")
    form.get_by_role("group").filter(has_text="(tenant id)").get_by_role("textbox").fill(DENIED)
    for field, choice in (("Qualification", "Education"), ("Education segment", "K12")):
        form.get_by_role("combobox", name=field, exact=True).click()
        page.get_by_role("option", name=choice, exact=True).click()
    form.get_by_role("button", name="Trigger", exact=True).click()

    def run_ids() -> list[str]:
        return [run["dag_run_id"] for run in airflow.runs(ONBOARD) if run["conf"]["customer_id"] == DENIED]

    wait_until(run_ids, "the run of the form")
    [run_id] = run_ids()
    airflow.wait_for_success(ONBOARD, run_id)
    assert len(emulator.journal(DENIED, method="POST")) == 1
    page.goto(f"/dags/{ONBOARD}/runs/{quote(run_id, safe='')}")
    rows = page.get_by_role("row")
    denial = rows.filter(has=page.get_by_role("link", name="Record the denial", exact=True))
    expect(denial).to_contain_text("Success")
    assert browser.complaints == []
