"""From generated text to what Sphinx shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from docutils import nodes
    from sphinx.util.docutils import SphinxDirective

_SPECIAL = re.compile(r"([\\*`|_<>])")
# An option of a command, whose hyphens would become a dash.
_OPTION = re.compile(r"(?<![\w-])(--[\w-]+)")


def plain(text: str) -> str:
    """Return a text as reStructuredText that shows it as it is, and options as code."""
    return _OPTION.sub(r"``\1``", _SPECIAL.sub(r"\\\1", text))


def indented(text: str) -> list[str]:
    """Return the lines of a text as the body of a directive."""
    return [f"   {line}".rstrip() for line in text.splitlines()]


def table(
    directive: SphinxDirective, head: Sequence[str], rows: Iterable[Sequence[str]], widths: str = "auto"
) -> list[nodes.Node]:
    """
    Return a table, whose cells are Markdown.

    :param widths: the widths of the columns, in parts of a hundred; by default as wide as their texts.
    """
    lines = ["````{list-table}", ":header-rows: 1", f":widths: {widths}", ""]
    for row in (head, *rows):
        lines += [f"{'  -' if place else '* -'} {cell}" for place, cell in enumerate(row)]
    return directive.parse_text_to_nodes("\n".join([*lines, "````"]))


def shown(directive: SphinxDirective, lines: Iterable[str]) -> list[nodes.Node]:
    """
    Return reStructuredText as nodes, on a page that is written in Markdown.

    reStructuredText, because it has directives for what code consists of, and docstrings are written in it.
    """
    return directive.parse_text_to_nodes("\n".join(["``````{eval-rst}", *lines, "``````"]))
