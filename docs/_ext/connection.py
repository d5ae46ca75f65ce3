"""
``{connection-fields}``: the fields of a connection, as the provider declares them to Airflow.

The body of the directive is YAML: what the page says of a field besides its description in the form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from sphinx.util.docutils import SphinxDirective

from _ext.markup import table
from airflow_provider_partnercenter.provider_info import get_provider_info

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

# Airflow's own fields that the form shows, with their place among ours: before or after them.
_FIRST, _LAST = ("login", "password"), ("host", "port")


def declared_fields() -> dict[str, tuple[str, str]]:
    """Return for each field, by its name, its label in the form and what the provider declares of it."""
    info: Any = get_provider_info()
    (connection,) = info["connection-types"]
    behaviour = connection["ui-field-behaviour"]

    def of_airflow(name: str) -> tuple[str, str]:
        text = behaviour["placeholders"][name]
        return behaviour["relabeling"].get(name, name.capitalize()), f"{text[0].upper()}{text[1:]}."

    return {
        **{name: of_airflow(name) for name in _FIRST},
        **{name: (field["label"], _described(field)) for name, field in connection["conn-fields"].items()},
        **{name: of_airflow(name) for name in _LAST},
    }


class ConnectionFields(SphinxDirective):
    """A table of all fields."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        fields = declared_fields()
        notes = yaml.safe_load("\n".join(self.content)) or {}
        if unknown := set(notes) - set(fields):
            raise self.error(f"There are no such fields: {', '.join(sorted(unknown))}")
        rows = ((f"`{name}`", label, f"{text} {notes.get(name, '')}") for name, (label, text) in fields.items())
        return table(self, ("Field", "In the form", "Meaning"), rows, "22 20 58")


def _described(field: dict[str, Any]) -> str:
    schema = field["schema"]
    sentences = [field["description"]]
    if schema["type"] == "string":
        sentences.append("Required.")
    if "enum" in schema:
        sentences.append(f"One of {', '.join(f'`{value}`' for value in schema['enum'])}.")
    if "default" in schema:
        sentences.append(f"Default: `{schema['default']}`.")
    return " ".join(sentences)


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directive known to Sphinx."""
    app.add_directive("connection-fields", ConnectionFields)
    return {"parallel_read_safe": True}
