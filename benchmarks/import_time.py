"""
What this provider adds to a DAG file's ``from airflow.sdk import DAG``, and to the start of ``airflow``.

Run it in an environment that has Airflow, in the repository's root::

    python benchmarks/import_time.py

It prints the smallest sum of several runs of ``python -X importtime``, and the modules that take most of it.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
# What is measured, the milliseconds that it may take, and the code. The frozen module is a mark in the listing: what
# comes after it is what we add.
CASES = {
    "a DAG file": (
        50,
        """
from airflow.sdk import DAG
import __hello__
import airflow_provider_partnercenter.operators.qualification
import airflow_provider_partnercenter.sensors.qualification
import airflow_provider_partnercenter.triggers.qualification
""",
    ),
    # The parser of any command asks each provider for its metadata and its commands.
    "the start of airflow": (
        5,
        """
from airflow.cli import cli_config
import __hello__
from airflow_provider_partnercenter.provider_info import get_provider_info
from airflow_provider_partnercenter.commands.definition import get_partnercenter_cli_commands
get_provider_info()
get_partnercenter_cli_commands()
""",
    ),
}
LINE = re.compile(r"import time: +(\d+) \| +\d+ \| +(\S+)")


class Module(NamedTuple):
    """A module, and how long it took without what it imports."""

    milliseconds: float
    name: str


def imported(code: str, environment: dict[str, str]) -> tuple[list[Module], list[Module]]:
    """Return the modules that Airflow imports by itself, and those that come after them."""
    command = [sys.executable, "-X", "importtime", "-c", code]
    listing = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=ROOT).stderr
    modules = [Module(int(match[1]) / 1000, match[2]) for match in LINE.finditer(listing)]
    mark = [module.name for module in modules].index("__hello__")
    return modules[:mark], modules[mark + 1 :]


def time_imports(runs: int) -> dict[str, Any]:
    """Return, for each case, the milliseconds of the quickest run, and what takes most of them."""
    cases = {}
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "AIRFLOW_HOME": home, "PYTHONPATH": str(ROOT)}
        for case, (limit, code) in CASES.items():
            imported(code, environment)  # compiles what is not compiled yet
            results = [imported(code, environment) for _ in range(runs)]
            airflow, ours = min(results, key=lambda result: total(result[1]))
            cases[case] = {
                "limit": limit,
                "milliseconds": total(ours),
                "airflow": total(airflow),
                "median": statistics.median(total(ours) for _, ours in results),
                "most": sorted(ours, reverse=True)[:10],
            }
    return {"cases": cases, "runs": runs}


def total(modules: list[Module]) -> float:
    return sum(module.milliseconds for module in modules)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--runs", type=int, default=7, help="how often to measure (default %(default)s)")
    runs = parser.parse_args().runs
    for case, found in time_imports(runs)["cases"].items():
        quickest, median = found["milliseconds"], found["median"]
        print(f"{case}: {quickest:.1f} ms (limit {found['limit']}); median {median:.1f} ms of {runs} runs")
        for milliseconds, name in found["most"]:
            print(f"{milliseconds:7.1f} ms  {name}")


if __name__ == "__main__":
    main()
