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
import subprocess
import sys
import tempfile
from pathlib import Path

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


def added_modules(code: str, environment: dict[str, str]) -> list[tuple[float, str]]:
    """Return the milliseconds and the name of every module that comes after Airflow's own."""
    command = [sys.executable, "-X", "importtime", "-c", code]
    listing = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=ROOT).stderr
    modules = [(int(match[1]) / 1000, match[2]) for match in LINE.finditer(listing)]
    names = [name for _, name in modules]
    return modules[names.index("__hello__") + 1 :]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--runs", type=int, default=7, help="how often to measure (default %(default)s)")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "AIRFLOW_HOME": home, "PYTHONPATH": str(ROOT)}
        for case, (limit, code) in CASES.items():
            added_modules(code, environment)  # compiles what is not compiled yet
            results = [added_modules(code, environment) for _ in range(runs)]
            results.sort(key=lambda run: sum(ms for ms, _ in run))
            totals = [sum(ms for ms, _ in run) for run in results]
            print(f"{case}: {totals[0]:.1f} ms (limit {limit}); median {totals[runs // 2]:.1f} ms of {runs} runs")
            for ms, name in sorted(results[0], reverse=True)[:10]:
                print(f"{ms:7.1f} ms  {name}")


if __name__ == "__main__":
    main()
