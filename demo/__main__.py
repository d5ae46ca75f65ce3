"""
Watch two customers being qualified by a real Airflow: ``python -m demo``, what ``make demo`` runs.

Partner Center is played by the emulator of this package, everything else is what an installation consists of.
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
from testbed.local_airflow import LocalAirflow, LocalAirflowError
from testbed.patience import CALL_PATIENCE, PATIENCE
from testbed.processes import ManagedProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

DAGS_FOLDER = Path(__file__).resolve().parent.parent / "dags_examples"
CONNECTION = "AIRFLOW_CONN_PARTNERCENTER_DEFAULT"
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
    Run the demonstration.

    :return: the exit status; 0 only if everything went as it should and nothing is left running.
    """
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__.split("\n\n")[0].strip())
    parser.add_argument("--keep", action="store_true", help="leave everything up afterwards, until Ctrl-C")
    parser.add_argument(
        "--dags", type=Path, default=DAGS_FOLDER, metavar="DIR", help="where the DAG is (default: dags_examples)"
    )
    options = parser.parse_args()
    # Whoever ends the demonstration, Airflow ends with it.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda signum, _: sys.exit(128 + signum))
    # Lines appear as they are written, also in a pipe.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    try:
        succeeded = _demonstrate(options.dags, keep=options.keep)
    except KeyboardInterrupt:
        print("\nInterrupted; everything is stopped.")
        return 130
    except LocalAirflowError as error:
        print(f"\n{error}", file=sys.stderr)
        succeeded = False
    if left := psutil.Process().children(recursive=True):
        print(f"Still running: {', '.join(str(process) for process in left)}", file=sys.stderr)
        return 1
    print("\nNothing is left running. " + ("The demo went as it should." if succeeded else "THE DEMO FAILED."))
    return 0 if succeeded else 1


def _demonstrate(dags: Path, *, keep: bool) -> bool:
    """Start everything, tell the story, and stop everything."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="partnercenter-demo-") as name:
        directory = Path(name)
        print("Starting a Partner Center emulator and Airflow (API server, scheduler, DAG processor, triggerer) ...")
        with (
            _emulator(directory) as connection,
            LocalAirflow(dags, home=directory / "airflow", environment={CONNECTION: json.dumps(connection)}) as airflow,
        ):
            airflow.wait_for_dag(DAG_ID)
            version = airflow.rest("GET", "/version")["version"]
            print(f"Airflow {version} is up after {time.monotonic() - started:.1f} s: {airflow.url}")
            if keep:
                print("Its UI needs no login. It shows the two runs that follow, and stays up after them.")
            story = Story(airflow, lambda customer_id: _count_posts(connection, customer_id))
            succeeded = story.run()
            if not succeeded:
                _print_failure(airflow, directory, story)
            if keep:
                _stay(airflow, connection["host"])
        return succeeded


@contextlib.contextmanager
def _emulator(directory: Path) -> Iterator[dict[str, Any]]:
    """Run the emulator as a process of its own and tell the Airflow connection to it."""
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
    """Read from the emulator's output how Airflow reaches it."""
    deadline = time.monotonic() + PATIENCE
    while process.popen.poll() is None and time.monotonic() < deadline:
        for line in log.read_text().splitlines(keepends=True):
            if line.startswith(f"export {CONNECTION}=") and line.endswith("\n"):
                connection: dict[str, Any] = json.loads(shlex.split(line)[1].partition("=")[2])
                return connection
        time.sleep(0.1)
    raise LocalAirflowError(f"The emulator did not start. Its output:\n{log.read_text()}")


def _count_posts(connection: dict[str, Any], customer_id: str) -> int:
    """Ask the emulator's journal for the submissions for a customer."""
    with requests.Session() as session:
        # The emulator is on localhost and has its own CA: neither the user's proxy nor the user's CAs are for it.
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
    """Print what is wrong, and the logs that tell why."""
    print("\nThis is not as it should be:")
    for complaint in story.complaints:
        print(f"  - {complaint}")
    for customer in story.customers:
        for task, state in customer.states.items():
            if state in ("failed", "up_for_retry", "deferred", "running"):
                log = airflow.task_log(DAG_ID, customer.run_id, task, airflow.last_try(DAG_ID, customer.run_id, task))
                print(f"\nThe end of the log of {customer.name}'s task {task} ({state}):\n{_tail(log)}")
    print(f"\nThe end of the scheduler's log:\n{airflow.log_tail('scheduler', LOG_LINES)}")
    print(f"\nThe end of the emulator's output:\n{_tail(_emulator_log(directory).read_text())}")


def _stay(airflow: LocalAirflow, emulator: str) -> None:
    """Tell how to go on by hand, and wait for Ctrl-C."""
    print(f"\nThe Airflow UI: {airflow.url}/dags/{DAG_ID}")
    print('Press "Trigger" there for the form, and give it one of these customers:\n')
    for name in MAGIC_CUSTOMERS:
        row = magic.BY_NAME[name]
        print(f"  {row.customer_id}  {row.summary}")
    print(f"\nAll of them: {emulator}/emulator/magic (with the emulator's own certificate)")
    print("Ctrl-C stops everything.")
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()


def _tail(text: str) -> str:
    return "\n".join(text.splitlines()[-LOG_LINES:])


if __name__ == "__main__":
    sys.exit(main())
