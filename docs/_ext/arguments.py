"""
``{arguments}``: which of some classes takes which argument.

Each line of the directive is the head of a column and a class. There is a row for each argument; a cell has the
default, and whether it is templated.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sphinx.util.docutils import SphinxDirective

from _ext.markup import table

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

_PACKAGE = "airflow_provider_partnercenter"
# What comes from Airflow's configuration, or is too long for four columns; the page says it below the table.
_BELOW = {"deferrable", "partnercenter_conn_id"}


class Arguments(SphinxDirective):
    """A table of the arguments of several classes."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        columns = [line.partition(": ")[::2] for line in self.content]
        classes = [_load(path) for _, path in columns]
        signatures = [inspect.signature(each).parameters for each in classes]
        # A dictionary keeps the order in which they appear first.
        names = {name: None for arguments in signatures for name in arguments if name not in ("args", "kwargs")}
        links = [f"{{py:class}}`{head} <{_PACKAGE}.{path}>`" for head, path in columns]
        taken = list(zip(classes, signatures, strict=True))
        rows = (
            [f"`{name}`", *(_cell(each, arguments[name]) if name in arguments else "" for each, arguments in taken)]
            for name in names
        )
        return table(self, ["Argument", *links], rows)


def _load(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(import_module(f"{_PACKAGE}.{module}"), name)


def _cell(each: Any, argument: inspect.Parameter) -> str:
    if argument.default is inspect.Parameter.empty:
        text = "required"
    elif argument.name in _BELOW:
        text = "see below"
    else:
        text = f"`{argument.default:g}`" if isinstance(argument.default, float) else f"`{argument.default!r}`"
    return f"{text} *t*" if argument.name in each.template_fields else text


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directive known to Sphinx."""
    app.add_directive("arguments", Arguments)
    return {"parallel_read_safe": True}
