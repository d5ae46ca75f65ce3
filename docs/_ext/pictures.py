"""
Show a picture of the UI as the reader has chosen: the light one, or the dark one.

The picture ``name.png`` has a dark one if ``name-dark.png`` lies beside it. The pages name the light one only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class BothColours(SphinxTransform):
    """Put the dark picture beside the light one. The theme shows one of them, by the names of their classes."""

    # Before Sphinx looks for the files.
    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        for light in list(self.document.findall(nodes.image)):
            path = Path(light["uri"])
            dark_uri = str(path.with_name(f"{path.stem}-dark{path.suffix}"))
            _, file = self.env.relfn2path(dark_uri, self.env.docname)
            if "://" in light["uri"] or not Path(file).exists():
                continue
            dark = light.deepcopy()
            dark["uri"] = dark_uri
            light["classes"].append("only-light")
            dark["classes"].append("only-dark")
            light.parent.insert(light.parent.index(light) + 1, dark)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_transform(BothColours)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
