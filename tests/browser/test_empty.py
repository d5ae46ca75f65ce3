"""The page of an installation in which nothing has happened yet: no DAG, no run, no sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from testbed.local_airflow import LocalAirflow
from testbed.postgres import postgres
from tests.support.needed import needed
from tests.support.ui.looking import PAGE, part, rows, violations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testbed.browser import Browser


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAirflow]:
    """Not the one of the other tests, in which something has happened."""
    with (
        needed(postgres()) as database,
        LocalAirflow(home=tmp_path_factory.mktemp("empty"), database=database) as airflow,
    ):
        yield airflow


def test_each_part_says_that_there_is_nothing(airflow: LocalAirflow, browser: Browser) -> None:
    page = browser.sign_in(airflow.url)
    page.goto(PAGE)
    for title, text in (
        ("Sign-ins", "No worker has signed in yet."),
        ("Denied", "Nobody is denied and unanswered."),
        ("Customers", "No customer matches."),
        ("Verdicts so far", "There is no history"),
    ):
        expect(part(page, title)).to_contain_text(text)
    expect(rows(page, "Customers")).to_have_count(0)
    expect(part(page, "Customers")).to_contain_text("None")
    expect(page.get_by_role("button", name="Next", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="0 Waiting for Microsoft")).to_be_visible()
    assert violations(page) == []
    assert browser.complaints == []
