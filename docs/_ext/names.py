"""
Which object a name in a signature or a docstring means.

Many modules import what only annotations need under ``if TYPE_CHECKING``, where Sphinx does not look. And some objects
are documented under the module that offers them, not under that which defines them. Pages are named by their paths.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import re
import sys
from typing import TYPE_CHECKING, Any

from sphinx.util.nodes import make_refnode

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_PACKAGE = "airflow_provider_partnercenter"
_PAGE = re.compile(r"``docs/([\w/-]+)\.md``")


def import_for_annotations(module_name: str) -> None:
    """Import into a module what it imports for annotations only."""
    module = sys.modules[module_name]
    for block in ast.parse(inspect.getsource(module)).body:
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING":
            for statement in block.body:
                # What is not installed here stays as it is written.
                with contextlib.suppress(ImportError):
                    exec(ast.unparse(statement), vars(module))


def _prepare_signature(_app: Sphinx, item: Any, _bound: bool) -> None:
    module = getattr(item, "__module__", None) or ""
    if module.startswith(_PACKAGE):
        import_for_annotations(module)


def _link_pages(_app: Sphinx, _what: str, _name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    """Turn the path of a page, as docstrings name it, into a link."""
    lines[:] = [_PAGE.sub(r":doc:`/\1`", line) for line in lines]


def _resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement) -> Any:
    """Return a link to the one documented object of ours that has the name, in whatever module it is documented."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or ("." in target.strip(".") and not target.startswith(_PACKAGE)):
        return None
    domain = env.domains.python_domain
    name = target.rpartition(".")[2]
    found = [full for full in domain.objects if full.startswith(_PACKAGE) and full.rpartition(".")[2] == name]
    # Methods of the two clients and of the hook have the same names, and nobody means them by it.
    if len(found) != 1:
        # An annotation may name something internal, which is shown without a link.
        return content if _exists(target) else None
    place = domain.objects[found[0]]
    return make_refnode(app.builder, node["refdoc"], place.docname, place.node_id, content, found[0])


def _exists(target: str) -> bool:
    module, _, name = target.rpartition(".")
    return hasattr(sys.modules.get(module), name)


def setup(app: Sphinx) -> dict[str, bool]:
    """Let Sphinx call all of this."""
    app.connect("autodoc-before-process-signature", _prepare_signature)
    app.connect("autodoc-process-docstring", _link_pages)
    app.connect("missing-reference", _resolve)
    return {"parallel_read_safe": True}
