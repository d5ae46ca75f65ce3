"""``{pytest-fixtures}``: the fixtures of the pytest plugin, with their docstrings."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from _pytest.fixtures import FixtureFunctionDefinition
from sphinx.util.docutils import SphinxDirective

from _ext.markup import indented, shown
from airflow_provider_partnercenter.testing import plugin

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from docutils import nodes
    from sphinx.application import Sphinx


def fixtures() -> dict[str, Callable[..., Any]]:
    """Return the functions of the fixtures by name."""
    found = {name: value for name, value in vars(plugin).items() if isinstance(value, FixtureFunctionDefinition)}
    return {name: value._get_wrapped_function() for name, value in found.items() if not name.startswith("_")}


class PytestFixtures(SphinxDirective):
    """All fixtures."""

    def run(self) -> list[nodes.Node]:
        lines = []
        for name, function in fixtures().items():
            returned = inspect.signature(function).return_annotation
            lines += [f".. py:attribute:: {name}", f"   :type: {returned}", ""]
            lines += [*indented(inspect.getdoc(function) or ""), ""]
        return shown(self, lines)


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directive known to Sphinx."""
    app.add_directive("pytest-fixtures", PytestFixtures)
    return {"parallel_read_safe": True}
