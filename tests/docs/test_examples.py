"""Example DAGs are on the site as they are in their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from testbed.examples import EXAMPLES
from tests.docs.built import ROOT, pages

if TYPE_CHECKING:
    from pathlib import Path

FILES = [*sorted(EXAMPLES.glob("*.py")), *sorted((ROOT / "docs" / "snippets").glob("*.py"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_page_shows_the_file(file: Path) -> None:
    wanted = file.read_text().strip()
    showing = [name for name, page in pages().items() if any(block.strip() == wanted for block in page.blocks)]
    assert len(showing) == 1


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.py")), ids=lambda file: file.stem)
def test_the_list_of_all_examples_leads_to_it(file: Path) -> None:
    anchors = {link.partition("#")[2] for link in pages()["guides/examples.html"].links}
    assert file.stem.replace("_", "-") in anchors
