"""What the tests of the page look at in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.support.ui.users import token_for

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from testbed.browser import Browser
    from testbed.local_airflow import LocalAirflow

PAGE = "/plugin/partnercenter"
OURS = "[data-testid=partnercenter]"


def part(page: Page, title: str) -> Locator:
    """Return a part of the page by its title."""
    return page.get_by_role("region", name=title, exact=True)


def rows(page: Page, title: str) -> Locator:
    """Return the rows of the table in a part of the page, without its head."""
    return part(page, title).locator("tbody tr")


def row_of(page: Page, title: str, text: str) -> Locator:
    """Return the rows in which a text is."""
    return rows(page, title).filter(has_text=text)


def run_tab(run_id: str, dag_id: str = "told") -> str:
    """Return the address of the tab of a run."""
    return f"/dags/{dag_id}/runs/{quote(run_id, safe='')}/plugin/partnercenter-run"


def task_tab(run_id: str, task_id: str = "wait", dag_id: str = "told") -> str:
    """Return the address of the tab of a task."""
    return f"/dags/{dag_id}/runs/{quote(run_id, safe='')}/tasks/{task_id}/plugin/partnercenter-task"


def sign_in_as(browser: Browser, airflow: LocalAirflow, user: str) -> Page:
    """Return a page of another user than Airflow's admin."""
    page = browser.sign_in(airflow.url)
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "_token", "value": token_for(airflow, user), "url": airflow.url}])
    return page


def violations(page: Page, within: str | None = OURS) -> list[dict[str, Any]]:
    """
    Return what axe-core has to say against a page, by its default rules.

    :param within: which part of the page; ``None`` for all of it, Airflow's own frame included.
    """
    from axe_playwright_python.sync_playwright import Axe

    found: list[dict[str, Any]] = Axe().run(page, context=within).response["violations"]
    return [{"rule": each["id"], "nodes": [node["html"] for node in each["nodes"]]} for each in found]
