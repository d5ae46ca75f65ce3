"""Does :class:`Browser` notice what the other tests in a browser rely on?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error

from testbed.patience import wait_until

if TYPE_CHECKING:
    from testbed.browser import Browser
    from testbed.local_airflow import LocalAirflow


def test_what_goes_wrong_on_a_page_is_a_complaint(airflow: LocalAirflow, browser: Browser) -> None:
    page = browser.sign_in(airflow.url)
    page.evaluate("console.error('said'); setTimeout(() => { throw new Error('thrown') }); fetch('/api/v2/dags/none')")
    # It is told of while the page is asked something.
    wait_until(lambda: page.evaluate("true") and len(browser.complaints) == 3, "all three complaints")
    said, thrown, refused = sorted(browser.complaints, key=lambda text: ("404" in text, "thrown" in text))
    assert said.startswith("said ")
    assert "thrown" in thrown
    assert "/api/v2/dags/none" in refused


def test_nothing_but_airflow_is_reached(airflow: LocalAirflow, browser: Browser) -> None:
    page = browser.sign_in(airflow.url)
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto(airflow.url.replace("127.0.0.1", "localhost"))


def test_two_people_share_nothing(airflow: LocalAirflow, browser: Browser) -> None:
    one, other = browser.sign_in(airflow.url), browser.sign_in(airflow.url)
    one.evaluate("localStorage.setItem('default_dag_view', 'graph')")
    assert other.evaluate("localStorage.getItem('default_dag_view')") is None
    one.context.clear_cookies()
    assert [cookie["name"] for cookie in other.context.cookies()] == ["_token"]
