"""The site as ``make docs`` builds it, read from its files."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from sphinx.util.inventory import InventoryFile

ROOT = Path(__file__).parents[2]
SITE = ROOT / "docs" / "_build" / "html"
_LINKS = {"a": "href", "link": "href", "img": "src", "script": "src"}


@dataclass
class Page:
    """
    What one page has.

    :param anchors: what a link to this page may name after its ``#``.
    :param links: the addresses that the page leads to or loads.
    :param words: the texts in the style of code, one for each.
    :param blocks: the blocks of code.
    """

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    blocks: list[str] = field(default_factory=list)


class Documented(NamedTuple):
    """Something with a place of its own on a page; the kind is one of Sphinx's, such as ``py:class``."""

    kind: str
    name: str


@cache
def pages() -> dict[str, Page]:
    """Return all pages by their paths inside of the site."""
    assert (SITE / "index.html").exists(), "There is no site. What to do: make docs"
    return {str(file.relative_to(SITE)): _read(file) for file in SITE.rglob("*.html")}


@cache
def documented() -> set[Documented]:
    """Return the names of everything that the site has in its inventory."""
    inventory = InventoryFile.loads((SITE / "objects.inv").read_bytes(), uri="")
    return {Documented(kind, name) for kind, names in inventory.data.items() for name in names}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._text: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if anchor := values.get("id"):
            self.page.anchors.add(anchor)
        if link := values.get(_LINKS.get(tag, "")):
            self.page.links.append(link)
        if tag in ("code", "pre"):
            self._text[tag] = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "code":
            self.page.words.add("".join(self._text.pop(tag, [])))
        if tag == "pre":
            self.page.blocks.append("".join(self._text.pop(tag, [])))

    def handle_data(self, data: str) -> None:
        for text in self._text.values():
            text.append(data)


def _read(file: Path) -> Page:
    reader = _Reader()
    reader.feed(file.read_text())
    return reader.page
