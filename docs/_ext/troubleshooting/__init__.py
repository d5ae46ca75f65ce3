"""
A page for each error, made of the classes, the texts and the tables of hints in the package.

The pages are written into ``docs/troubleshooting/errors/`` before Sphinx looks for its sources. Git ignores them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from _ext.troubleshooting.catalogue import catalogue
from _ext.troubleshooting.writing import write_all

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = Path("troubleshooting/errors")


def write_pages(app: Sphinx) -> None:
    """Write the pages that have changed, and remove those that are no more."""
    write_into(Path(app.srcdir) / FOLDER)


def write_into(folder: Path) -> None:
    """
    Write the pages that have changed into a folder, and remove those that are no more.

    :param folder: it has nothing else.
    """
    folder.mkdir(exist_ok=True)
    texts = write_all(catalogue())
    for path in folder.glob("*.md"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        path = folder / name
        # What is as it was keeps its time, so that Sphinx does not read it again.
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Let Sphinx call :func:`write_pages`."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
