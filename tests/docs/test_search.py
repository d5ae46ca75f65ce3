"""The search of the built site, in a browser: an error message leads to the page about it."""

from __future__ import annotations

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from testbed.browser import Browser
from tests.docs.likely_messages import LIKELY
from tests.support.needed import needed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.docs.likely_messages import Likely

SITE = Path(__file__).parents[2] / "docs/_build/html"
FIRST = "#search-results ul.search > li:first-child > a"


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files, and logs nothing."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of the built site."""
    if not (SITE / "search.html").exists():
        pytest.exit("The documentation is not built: make docs", returncode=2)
    handler = functools.partial(QuietHandler, directory=str(SITE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def page(site: str) -> Iterator[Page]:
    """A page of a browser, for the site."""
    with needed(Browser()) as browser:
        yield browser.open(site)
        assert [each for each in browser.complaints if "/favicon.ico" not in each] == []


def first_hit(page: Page, query: str) -> str:
    """Search, and return the path of the first hit, without its ending."""
    page.goto(f"/search.html?q={quote(query)}")
    hit = page.locator(FIRST)
    hit.wait_for()
    return (hit.get_attribute("href") or "").partition("?")[0].partition("#")[0].removesuffix(".html")


def test_there_are_enough_messages() -> None:
    assert len({likely.page for likely in LIKELY}) == len(LIKELY) >= 20


@pytest.mark.parametrize("likely", LIKELY, ids=lambda likely: likely.page)
def test_a_message_without_ids_and_names_leads_to_its_page(page: Page, likely: Likely) -> None:
    assert first_hit(page, likely.without_ids) == f"troubleshooting/errors/{likely.page}"


@pytest.mark.parametrize("likely", LIKELY, ids=lambda likely: likely.page)
def test_a_message_as_it_was_pasted_leads_to_its_page(page: Page, likely: Likely) -> None:
    assert first_hit(page, " ".join(likely.lines)) == f"troubleshooting/errors/{likely.page}"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("900329", "troubleshooting/errors/failed-http-403-code-900329"),
        ("AADSTS7000222", "troubleshooting/errors/signing-in-to-microsoft-failed-code-aadsts7000222"),
        ("QualificationDeniedError", "troubleshooting/errors/qualificationdeniederror"),
        ("doctor", "guides/doctor"),
        ("The conn_id `partnercenter_default` isn't defined", "troubleshooting/connection-not-defined"),
        ("cannot listen on 127.0.0.1:8443: Address already in use", "getting-started/quick-start"),
        ("alerts", "guides/metrics"),
    ],
)
def test_a_short_query_finds_what_it_names(page: Page, query: str, found: str) -> None:
    page.goto(f"/search.html?q={quote(query)}")
    page.locator(FIRST).wait_for()
    links = page.locator("#search-results ul.search > li > a").evaluate_all("each => each.map(a => a.pathname)")
    assert f"/{found}.html" in links[:5]
