"""The tab of a run and of a task, and text that nobody of ours has written."""

from __future__ import annotations

import contextlib
import csv
import io
import uuid
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine, text

from airflow_provider_partnercenter.qualification.states.customer import Phase
from airflow_provider_partnercenter.qualification.states.many import ManyState
from tests.support.ui.looking import OURS, PAGE, part, row_of, rows, run_tab, task_tab, violations
from tests.support.ui.telling import FORMULA, LONG, RIGHT_TO_LEFT, SCRIPT, ago, denied, tell, waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Dialog

    from testbed.browser import Browser
    from testbed.local_airflow import LocalAirflow


@contextlib.contextmanager
def without_variables(database: str) -> Iterator[None]:
    """Take a table away for a moment, which nothing that runs meanwhile needs."""
    engine = create_engine(database)

    def rename(before: str, after: str) -> None:
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))

    rename("variable", "variable_away")
    try:
        yield
    finally:
        rename("variable_away", "variable")
        engine.dispose()


@pytest.mark.parametrize("tab", [run_tab, task_tab])
def test_a_story_is_told_with_what_microsofts_support_asks_for(
    tab: Callable[[str], str], airflow: LocalAirflow, browser: Browser
) -> None:
    airflow.wait_for_dag("told")
    told = denied("Told School")
    run_id = tell(airflow, told)
    page = browser.sign_in(airflow.url)
    page.goto(tab(run_id))
    story = part(page, "Qualification")
    for line in ("Told School", told.customer_id, "Denied", "Not an Academic Domain", "Requested", "Began to wait"):
        expect(story.get_by_text(line, exact=True).first).to_be_visible()
    expect(story.get_by_text(told.request_id)).to_be_visible()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    story.get_by_role("button", name="Copy the correlation id").first.click()
    expect(story.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == told.correlation_id
    assert violations(page) == []
    assert browser.complaints == []


@pytest.mark.parametrize("path", [None, "file:///nowhere/partnercenter/run"], ids=["database", "folder"])
def test_a_task_for_many_is_one_row(path: str | None, airflow: LocalAirflow, browser: Browser) -> None:
    airflow.wait_for_dag("told")
    customer_id = str(uuid.uuid4())
    one = {"customer_id": customer_id, "qualification": "Education", "outcome": "denied", "reason": "Not a school"}
    counts = {"total": 60, "in_review": 59, "denied": 1}
    told = ManyState(Phase.WAITING, counts, path=path, deferral_id="1", waiting_since=ago(days=2), customers=(one,))
    run_id = tell(airflow, told)
    page = browser.sign_in(airflow.url)
    page.goto(PAGE)
    row = row_of(page, "Tasks for many customers", run_id)
    expect(row).to_contain_text("59 in review, 1 denied")
    row.get_by_role("button", name="Show customers").click()
    if path:
        # The row says where they are, because the API server cannot read them.
        expect(row.get_by_role("alert")).to_contain_text(path)
    else:
        expect(row).to_contain_text(customer_id)
        expect(row).to_contain_text("Not a school")
    assert violations(page) == []
    page.goto(run_tab(run_id))
    expect(part(page, "Qualification")).to_contain_text("59 in review, 1 denied")
    assert browser.complaints == []


def test_a_run_without_a_customer_says_so(airflow: LocalAirflow, browser: Browser) -> None:
    airflow.wait_for_dag("told")
    run_id = airflow.trigger("told")
    page = browser.sign_in(airflow.url)
    page.goto(run_tab(run_id))
    expect(page.get_by_text("No customer was dealt with in this run so far.")).to_be_visible()
    assert browser.complaints == []


@pytest.mark.parametrize(
    "name", [SCRIPT, RIGHT_TO_LEFT, FORMULA, LONG], ids=["script", "right-to-left", "formula", "long"]
)
def test_text_of_others_is_text(name: str, airflow: LocalAirflow, browser: Browser) -> None:
    airflow.wait_for_dag("told")
    told = denied(name, reason=name)
    run_id = tell(airflow, told)
    page = browser.sign_in(airflow.url)
    dialogs: list[str] = []

    def opened(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", opened)
    page.goto(f"{PAGE}?search={told.customer_id}")
    row = row_of(page, "Customers", told.customer_id)
    shown = row.locator("bdi").first
    expect(shown).to_have_text(name.strip())
    # Cut for the eye, and whole for whoever points at it.
    expect(shown).to_have_attribute("title", name)
    assert row.bounding_box()["height"] < 200
    assert page.locator(f"{OURS} script, {OURS} img").count() == 0
    page.goto(run_tab(run_id))
    expect(part(page, "Qualification").locator("bdi").first).to_have_text(name.strip())
    assert page.locator(f"{OURS} script, {OURS} img").count() == 0
    assert dialogs == []
    file = page.request.get(f"/partnercenter/customers.csv?search={told.customer_id}")
    (line,) = csv.DictReader(io.StringIO(file.body().decode("utf-8-sig")))
    expected = f"'{name}" if name == FORMULA else name
    assert (line["company_name"], line["reason"]) == (expected, expected)
    assert browser.complaints == []


def test_a_query_that_fails_leaves_the_rest_alone(airflow: LocalAirflow, database: str, browser: Browser) -> None:
    airflow.wait_for_dag("told")
    told = waiting("Undisturbed School")
    tell(airflow, told)
    page = browser.sign_in(airflow.url)
    page.goto(f"{PAGE}?search={told.customer_id}")
    expect(rows(page, "Customers")).to_have_count(1)
    with without_variables(database):
        page.reload()
        alert = part(page, "Sign-ins").get_by_role("alert")
        expect(alert).to_contain_text("Airflow's database cannot be read now")
        expect(alert).to_contain_text("What to do: look into the log of the API server.")
        expect(rows(page, "Customers")).to_contain_text(["Undisturbed School"])
        assert {"503" in complaint for complaint in browser.complaints} == {True}
    page.reload()
    expect(part(page, "Sign-ins")).to_be_visible()
    expect(part(page, "Sign-ins").get_by_role("alert")).to_have_count(0)
