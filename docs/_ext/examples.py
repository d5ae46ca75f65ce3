"""
``{example-dags}``: all example DAGs, with the first sentence of what they say of themselves.

Each leads to the page that shows it by ``{literalinclude}`` with the file's name as ``:name:``.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util.docutils import SphinxDirective

from _ext.markup import table

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

EXAMPLES = Path(__file__).parents[2] / "dags_examples"


class ExampleDags(SphinxDirective):
    """A table of the example DAGs."""

    def run(self) -> list[nodes.Node]:
        rows = []
        for file in sorted(EXAMPLES.glob("*.py")):
            self.env.note_dependency(str(file))
            rows.append((f"{{ref}}`{file.stem} <{file.stem}>`", _summary(file)))
        return table(self, ("DAG", "What it does"), rows, "30 70")


def _summary(file: Path) -> str:
    """Return the first paragraph of a file's docstring, in one line."""
    text = ast.get_docstring(ast.parse(file.read_text())) or ""
    return " ".join(text.partition("\n\n")[0].split())


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directive known to Sphinx."""
    app.add_directive("example-dags", ExampleDags)
    return {"parallel_read_safe": True}
