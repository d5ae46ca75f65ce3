"""What keeps the tree readable: how many files a folder holds, and how long a module may be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "airflow_provider_partnercenter"
MOST_FILES = 12
MOST_LINES = 300
# Tables of data may be longer.
TABLES = {PACKAGE / "emulator" / "magic.py"}

FOLDERS = [
    folder
    for top in (PACKAGE, ROOT / "tests", ROOT / "testbed")
    for folder in sorted({file.parent for file in top.rglob("*.py")})
]
MODULES = sorted(set(PACKAGE.rglob("*.py")) - TABLES)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_folder_can_be_taken_in_at_a_glance(folder: Path) -> None:
    files = [file.name for file in folder.glob("*.py")]
    assert len(files) <= MOST_FILES, files


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_module_is_about_one_thing(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= MOST_LINES


@pytest.mark.parametrize("file", sorted((ROOT / "tests" / "unit").rglob("*/test_*.py")), ids=name)
def test_the_tests_of_a_module_are_where_one_looks_for_them(file: Path) -> None:
    folder = file.parent.relative_to(ROOT / "tests" / "unit")
    modules = [module.stem for top in (PACKAGE, ROOT) for module in (top / folder).glob("*.py")]
    subject = file.stem.removeprefix("test_")
    # A second file about the same module has a subject of its own: test_exchange_sign_in.
    assert any(f"{subject}_".startswith(f"{module}_") for module in modules), modules


@pytest.mark.parametrize(
    "document", ["Makefile", ".ci/run", "README.md", "CONTRIBUTING.md", "docs/operations/reliability.md"]
)
def test_the_tests_that_are_named_are_there(document: str) -> None:
    named = re.findall(r"\btests/[\w/.]*\w", (ROOT / document).read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []
