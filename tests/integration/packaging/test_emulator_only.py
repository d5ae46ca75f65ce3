"""The emulator without Airflow: ``constraints/emulator-only.txt`` names what it needs."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from testbed.patience import PATIENCE

ROOT = Path(__file__).parents[3]
FILE = ROOT / "constraints" / "emulator-only.txt"
# As if what belongs to other distributions were not installed: libraries do without what they need not have.
IMPORT_ALL = """
import importlib, json, pkgutil, sys
class Missing:
    modules = set(json.loads(sys.argv[1]))
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.modules:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
from airflow_provider_partnercenter import emulator
for each in pkgutil.walk_packages(emulator.__path__, emulator.__name__ + "."):
    importlib.import_module(each.name)
from airflow_provider_partnercenter.emulator.server import Emulator
with Emulator() as emulator:
    print(emulator.url)
"""


def installed_with(names: set[str]) -> set[str]:
    """Return what pip installs for some distributions: these and, again and again, what they require."""
    found: set[str] = set()
    while names:
        found |= names
        required = {Requirement(each) for name in names for each in requires(name) or ()}
        wanted = (each.name for each in required if not each.marker or each.marker.evaluate({"extra": ""}))
        names = {str(canonicalize_name(name)) for name in wanted} - found
    return found


def test_it_runs_with_nothing_else() -> None:
    named = {line for line in FILE.read_text().splitlines() if not line.startswith("#")}
    there = installed_with(named) | {"airflow-provider-partnercenter"}
    others = [name for name, of in packages_distributions().items() if not {*map(canonicalize_name, of)} & there]
    assert "airflow" in others
    process = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, json.dumps(others)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith("https://localhost:")
