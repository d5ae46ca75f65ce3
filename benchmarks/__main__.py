"""
Measure what this provider costs, side by side with what a user would pick instead, and write it down.

Run it by ``make bench`` (over an hour), or some of it by ``make bench ONLY="clients many"``; ``QUICK=1`` uses fewer
customers and writes nothing into ``docs``. What was not measured this time stays as it was.
"""

from __future__ import annotations

import argparse
import json
import logging
import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.clients import compare
from benchmarks.events import measure_events
from benchmarks.import_time import time_imports
from benchmarks.large_database import Contents
from benchmarks.looks import look
from benchmarks.onboarding import onboard, onboard_within_limit
from benchmarks.page import measure_page
from benchmarks.plots import draw
from benchmarks.report import figures, page
from benchmarks.waiting import wait_for_each, wait_for_many

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parents[1] / "docs" / "operations"
PACKAGES = ("apache-airflow", "apache-airflow-providers-http", "aiohttp", "requests")

FULL: dict[str, Callable[[], dict[str, Any]]] = {
    "clients": lambda: compare(3_000, rounds=9),
    "looks": lambda: look(1_000, rounds=3),
    "many": lambda: wait_for_many(10_000, seconds=300),
    "onboarding": lambda: onboard([100, 300, 1_000, 3_000, 10_000], [50, 100, 200, 1_000]),
    "limit": lambda: onboard_within_limit(1_000),
    "each": lambda: wait_for_each(1_000),
    "events": lambda: measure_events(rounds=7),
    "page": lambda: measure_page(Contents(), rounds=7),
    "imports": lambda: time_imports(15),
}
QUICK: dict[str, Callable[[], dict[str, Any]]] = {
    "clients": lambda: compare(500, rounds=1),
    "looks": lambda: look(100, rounds=1),
    "many": lambda: wait_for_many(1_000, seconds=30),
    "onboarding": lambda: onboard([50, 100], [5, 10]),
    "limit": lambda: onboard_within_limit(20),
    "each": lambda: wait_for_each(20),
    "events": lambda: measure_events(rounds=1),
    "page": lambda: measure_page(Contents(1_000, 5_000, 100_000), rounds=1),
    "imports": lambda: time_imports(1),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *FULL], metavar="NAME", help=f"of {', '.join(FULL)}; all")
    parser.add_argument("--quick", action="store_true", help="try it out with few customers; says nothing about cost")
    options = parser.parse_args()
    # Every customer of the emulator that is configured, and every request, would be a line.
    logging.getLogger("airflow_provider_partnercenter").setLevel(logging.ERROR)
    folder = Path(tempfile.mkdtemp(prefix="benchmarks-")) if options.quick else DOCS
    kept = folder / "benchmarks.json"
    results = json.loads(kept.read_text()) if kept.exists() else {}
    for name in options.names or FULL:
        print(f"== {name}", flush=True)
        results[name] = (QUICK if options.quick else FULL)[name]() | {"on": _machine()}
        # At once: what follows takes long, and may be interrupted.
        kept.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
        for figure in figures({name: results[name]}):
            print(figure, flush=True)
    draw(results, folder / "images")
    (folder / "benchmarks.md").write_text(page(results))
    print(f"Written: {folder / 'benchmarks.md'}")
    return 0


def _machine() -> dict[str, str]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{psutil.cpu_count()} cores ({_processor()}), {psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()}, Python {platform.python_version()}",
        **{name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.machine()


if __name__ == "__main__":
    sys.exit(main())
