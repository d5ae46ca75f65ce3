"""
Show how a real Airflow qualifies two customers: ``python -m demo``, which ``make demo`` runs.

The emulator of this package takes the place of Partner Center. Everything else is a normal Airflow installation.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shlex
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import requests

from airflow_provider_partnercenter.emulator import magic
from demo.story import DAG_ID, Story
from testbed.examples import copy_examples
from testbed.local_airflow import LocalAirflow, LocalAirflowError
from testbed.patience import CALL_PATIENCE, PATIENCE
from testbed.processes import ManagedProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTION = "AIRFLOW_CONN_PARTNERCENTER_DEFAULT"
SAVED_CONNECTION = "partnercenter_saved"
LOG_LINES = 30
MAGIC_CUSTOMERS = (
    "approved-at-once",
    "approved-after-20s",
    "denied-after-5s",
    "denied-not-academic-domain",
    "education-held",
    "education-denied",
    "never-decided",
)


def main() -> int:
    """
    Run the demo.

    :return: the exit status; 0 only if the demo succeeded and no process is left running.
    """
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__.split("\n\n")[0].strip())
    parser.add_argument("--keep", action="store_true", help="keep everything running afterwards, until Ctrl-C")
    parser.add_argument(
        "--dags", type=Path, metavar="DIR", help="folder with the DAG (default: a copy of dags_examples)"
    )
    options = parser.parse_args()
    # Raise an exception on these signals too, so that Airflow is stopped.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda signum, _: sys.exit(128 + signum))
    # Show each line as soon as it is written, even through a pipe.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    try:
        succeeded = _demonstrate(options.dags, keep=options.keep)
    except KeyboardInterrupt:
        print("\nInterrupted. Everything has been stopped.")
        return 130
    except LocalAirflowError as error:
        print(f"\n{error}", file=sys.stderr)
        succeeded = False
    if left := psutil.Process().children(recursive=True):
        print(f"These processes are still running: {', '.join(str(process) for process in left)}", file=sys.stderr)
        return 1
    print("\nNo process is left running. " + ("The demo succeeded." if succeeded else "THE DEMO FAILED."))
    return 0 if succeeded else 1


def _demonstrate(dags: Path | None, *, keep: bool) -> bool:
    """Start everything, run the story, and stop everything; return whether the story succeeded."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="partnercenter-demo-") as name:
        directory = Path(name)
        print("Starting a Partner Center emulator and Airflow (API server, scheduler, DAG processor, triggerer) ...")
        with (
            _emulator(directory) as connection,
            LocalAirflow(
                dags or copy_examples(directory / "dags_examples"),
                home=directory / "airflow",
                environment={CONNECTION: json.dumps(connection), "AIRFLOW__CORE__TEST_CONNECTION": "Enabled"},
            ) as airflow,
        ):
            airflow.wait_for_dag(DAG_ID)
            version = airflow.rest("GET", "/version")["version"]
            print(f"Airflow {version} is running after {time.monotonic() - started:.1f} s: {airflow.url}")
            if keep:
                print("Its UI needs no login. It shows the two runs that follow, and keeps running after them.")
            story = Story(airflow, lambda customer_id: _count_posts(connection, customer_id))
            succeeded = story.run()
            if not succeeded:
                _print_failure(airflow, directory, story)
            if keep:
                _stay(airflow, connection)
        return succeeded


@contextlib.contextmanager
def _emulator(directory: Path) -> Iterator[dict[str, Any]]:
    """Run the emulator as a separate process, and yield the Airflow connection to it."""
    process = ManagedProcess(
        [
            *(sys.executable, "-m", "airflow_provider_partnercenter.emulator"),
            *("--port", "0", "--directory", str(directory / "emulator")),
        ],
        environment=os.environ,
        directory=directory,
        log=_emulator_log(directory),
    )
    try:
        yield _wait_for_connection(process, _emulator_log(directory))
    finally:
        ManagedProcess.stop_all([process])


def _emulator_log(directory: Path) -> Path:
    return directory / "emulator.log"


def _wait_for_connection(process: ManagedProcess, log: Path) -> dict[str, Any]:
    """Read the Airflow connection from the emulator's output."""
    deadline = time.monotonic() + PATIENCE
    while process.popen.poll() is None and time.monotonic() < deadline:
        for line in log.read_text().splitlines(keepends=True):
            if line.startswith(f"export {CONNECTION}=") and line.endswith("\n"):
                connection: dict[str, Any] = json.loads(shlex.split(line)[1].partition("=")[2])
                return connection
        time.sleep(0.1)
    raise LocalAirflowError(f"The emulator did not start. Its output:\n{log.read_text()}")


def _count_posts(connection: dict[str, Any], customer_id: str) -> int:
    """Return the number of submissions for a customer in the emulator's journal."""
    with requests.Session() as session:
        # The emulator is on localhost and has its own CA, so the user's proxy and CAs must not apply.
        session.trust_env = False
        answer = session.get(
            f"{connection['host']}/emulator/journal",
            params={"customer_id": customer_id, "method": "POST"},
            verify=connection["extra"]["ca_bundle"],
            timeout=CALL_PATIENCE,
        )
        answer.raise_for_status()
        return len(answer.json())


def _print_failure(airflow: LocalAirflow, directory: Path, story: Story) -> None:
    """Print the problems, and the logs that explain them."""
    print("\nProblems:")
    for complaint in story.complaints:
        print(f"  - {complaint}")
    for customer in story.customers:
        for task, state in customer.states.items():
            if state in ("failed", "up_for_retry", "deferred", "running"):
                log = airflow.task_log(DAG_ID, customer.run_id, task, airflow.last_try(DAG_ID, customer.run_id, task))
                print(f"\nThe end of the log of {customer.name}'s task {task} ({state}):\n{_tail(log)}")
    print(f"\nThe end of the scheduler's log:\n{airflow.log_tail('scheduler', LOG_LINES)}")
    print(f"\nThe end of the emulator's output:\n{_tail(_emulator_log(directory).read_text())}")


def _stay(airflow: LocalAirflow, connection: dict[str, Any]) -> None:
    """Print how to continue by hand, and wait for Ctrl-C."""
    # The UI does not show connections of the environment. With a port, its Test button works.
    saved = {**connection, "connection_id": SAVED_CONNECTION, "port": 443, "extra": json.dumps(connection["extra"])}
    airflow.rest("POST", "/connections", saved)
    print(f"\nThe Airflow UI: {airflow.url}/dags/{DAG_ID}")
    print('Press "Trigger" there, choose Education and a segment in the form, and enter one of these customers:\n')
    for name in MAGIC_CUSTOMERS:
        row = magic.BY_NAME[name]
        print(f"  {row.customer_id}  {row.summary}")
    print(f"\nThe connection form and its Test button: {airflow.url}/connections ({SAVED_CONNECTION})")
    print(f"All magic customers: {connection['host']}/emulator/magic (its certificate is unknown to your browser)")
    print("Ctrl-C stops everything.")
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()


def _tail(text: str) -> str:
    return "\n".join(text.splitlines()[-LOG_LINES:])


if __name__ == "__main__":
    sys.exit(main())
