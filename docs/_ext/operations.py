"""
``{client} PartnerCenterClient``: one of the two clients, with the methods that both have.

These are declared once, as descriptors, which Sphinx takes for attributes without arguments. Those of the asynchronous
client refer to those of the other for what they do.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from sphinx.util.docutils import SphinxDirective

from _ext.markup import indented, shown
from airflow_provider_partnercenter.client.operations import Listing, Operations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docutils import nodes
    from sphinx.application import Sphinx

_PACKAGE = "airflow_provider_partnercenter.client"
_SYNC = f"{_PACKAGE}.sync.PartnerCenterClient"
_CLIENTS = {"PartnerCenterClient": _SYNC, "AsyncPartnerCenterClient": f"{_PACKAGE}.aio.AsyncPartnerCenterClient"}


class Client(SphinxDirective):
    """One client with its operations."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        client = _CLIENTS[self.arguments[0]]
        lines = [f".. autoclass:: {client}", "   :members: close", ""]
        for name in operation_names():
            lines += indented("\n".join(_method(name, sync=client == _SYNC)))
        return shown(self, lines)


def operation_names() -> list[str]:
    """Return the names of the operations, in the order in which they are declared."""
    return [name for name in vars(Operations) if not name.startswith("_")]


def _method(name: str, *, sync: bool) -> Iterator[str]:
    operation = vars(Operations)[name]
    signature = inspect.signature(operation._describe)
    # What an operation returns is the argument of what describes it: Endpoint[Customer], Steps[…], Paging[…].
    returned = str(signature.return_annotation).partition("[")[2].removesuffix("]")
    listing = isinstance(operation, Listing)
    if listing:
        returned = f"{'Iterator' if sync else 'AsyncIterator'}[{returned}]"
    arguments = str(signature.replace(return_annotation=inspect.Signature.empty)).replace("'", "")
    yield f".. py:method:: {name}{arguments} -> {returned}"
    if not (sync or listing):
        yield "   :async:"
    yield ""
    text = inspect.getdoc(operation) or ""
    summary = text.splitlines()[0]
    yield from indented(text if sync else f"{summary} See :meth:`PartnerCenterClient.{name} <{_SYNC}.{name}>`.")
    yield ""


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directive known to Sphinx."""
    app.add_directive("client", Client)
    return {"parallel_read_safe": True}
