"""
What our operators, sensors and triggers add to a DAG file's ``from airflow.sdk import DAG``.

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
LIMIT_MS = 50
# The frozen module is a mark in the listing: what comes after it is what we add.
CODE = """
from airflow.sdk import DAG
import __hello__
import airflow_provider_partnercenter.operators.qualification
import airflow_provider_partnercenter.sensors.qualification
import airflow_provider_partnercenter.triggers.qualification
"""
LINE = re.compile(r"import time: +(\d+) \| +\d+ \| +(\S+)")


def added_modules(environment: dict[str, str]) -> list[tuple[float, str]]:
    """Return the milliseconds and the name of every module that comes after Airflow's own."""
    command = [sys.executable, "-X", "importtime", "-c", CODE]
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
        added_modules(environment)  # compiles what is not compiled yet
        results = sorted((added_modules(environment) for _ in range(runs)), key=lambda run: sum(ms for ms, _ in run))
    totals = [sum(ms for ms, _ in run) for run in results]
    print(f"{totals[0]:.1f} ms added (limit {LIMIT_MS}); median {totals[runs // 2]:.1f} ms of {runs} runs")
    for ms, name in sorted(results[0], reverse=True)[:10]:
        print(f"{ms:7.1f} ms  {name}")


if __name__ == "__main__":
    main()
