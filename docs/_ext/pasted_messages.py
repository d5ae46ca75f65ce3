"""
Let the search of the site find a message that was pasted, with its ids, names and numbers.

Sphinx finds pages that have all words of a query, and leaves numbers out. A message has words that no page has, and it
may differ from others only in Microsoft's code. Here numbers are words, and for a query of several words the pages come
first whose titles share the rarest words with it. The other half of this is ``pasted_messages.js``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.search.en import SearchEnglish

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class MessageLanguage(SearchEnglish):
    """English in which a number is a word. Sphinx leaves out what consists of digits, so one begins with ``_``."""

    js_splitter_code = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

    def split(self, input: str) -> list[str]:
        return [f"_{word}" if word.isdecimal() else word for word in super().split(input)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Put the language in the place of Sphinx's English."""
    app.add_search_language(MessageLanguage)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
