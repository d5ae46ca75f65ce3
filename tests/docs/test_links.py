"""Links: in what is read outside of the site too, and in the site as it is built."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.built import SITE, pages

ROOT = Path(__file__).parents[2]
#: A link or a picture in Markdown, with its target.
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"])
def test_a_link_to_a_file_of_this_repository_leads_to_one(document: str) -> None:
    targets = [each.partition("#")[0] for each in LINK.findall((ROOT / document).read_text())]
    ours = [each for each in targets if each and not re.match(r"\w+:", each)]
    assert [each for each in ours if not (ROOT / each).exists()] == []


def test_a_link_of_the_site_leads_to_a_file_and_to_an_anchor_that_are_there() -> None:
    wrong = [(page, link) for page, found in pages().items() for link in found.links if not _is_there(page, link)]
    assert wrong == []


def _is_there(page: str, link: str) -> bool:
    address = urlsplit(link)
    if address.scheme or address.netloc:
        return True  # of somebody else's site
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(address.path))) if address.path else page
    if path not in pages():
        return (SITE / path).is_file() and not address.fragment
    anchor = unquote(address.fragment)
    return not anchor or anchor in pages()[path].anchors
