"""One PostgreSQL, one emulator and one Airflow with two triggerers for all crashes."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from testbed.local_airflow import LocalAirflow
from testbed.postgres import postgres
from testbed.processes import MissingProgramError
from tests.support.crash.gate import HoldingEmulator
from tests.support.crash.victims import SMOKE

if TYPE_CHECKING:
    from collections.abc import Iterator

DAGS = Path(__file__).parent / "dags"
#: How soon Airflow notices that a process is gone. Its defaults, in brackets, would take up to ten minutes for a cell.
SETTINGS = {
    # A process shows that it lives more often than the time after which it is missed.
    "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": 2,  # (5)
    "SCHEDULER__JOB_HEARTBEAT_SEC": 2,  # (5)
    "WORKERS__MIN_HEARTBEAT_INTERVAL": 2,  # (5)
    # A scheduler is missed, and its tasks are taken over.
    "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": 10,  # (30)
    "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": 5,  # (300)
    # A task is missed, and retried.
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": 10,  # (300)
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": 5,  # (10)
    # A task that no worker has begun is queued again; it must not meet one that only begins slowly.
    "SCHEDULER__TASK_QUEUED_TIMEOUT": 60,  # (600)
    "SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": 10,  # (120)
    # A triggerer is missed, and another one takes over its triggers.
    "TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": 10,  # (30)
}
#: A scheduler that is killed leaves its connections to its workers, which it forked. Where they outlive it, PostgreSQL
#: has to end what it had begun; else the next scheduler waits for its locks for ever. (A service manager or a container
#: ends the workers with their scheduler.)
DATABASE_SETTING = "ALTER SYSTEM SET idle_in_transaction_session_timeout = '10s'"
#: Seconds that one call may take: no caller gives up while its request is held.
CALL_TIMEOUT = 300


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "smoke: one moment for each process that is killed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        cell: dict[str, Any] = (
            item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        )
        if "moment" in cell and SMOKE.get(cell.get("crash")) == cell["moment"]:
            item.add_marker("smoke")


def pytest_report_header() -> list[str]:
    names = ", ".join(f"{name.lower().replace('__', '.', 1)}={value}" for name, value in SETTINGS.items())
    return [f"Airflow's thresholds are lowered for these tests: {names}", f"PostgreSQL: {DATABASE_SETTING}"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how each onboarding went: what failed and was retried, although it all came to the same."""
    reports = (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed"))
    if lines := [
        f"{report.nodeid.partition('::')[2]} {text}"
        for report in reports
        if report.when == "call"
        for _, text in report.user_properties
    ]:
        terminalreporter.section("onboardings")
        terminalreporter.write_line("\n".join(lines))


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    try:
        with postgres() as url:
            yield url
    except MissingProgramError as error:
        pytest.exit(str(error), returncode=2)


@pytest.fixture(scope="session")
def emulator() -> Iterator[HoldingEmulator]:
    with HoldingEmulator() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def airflow(
    database: str, emulator: HoldingEmulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalAirflow]:
    connection = emulator.connection()
    connection["extra"]["timeout"] = CALL_TIMEOUT
    with LocalAirflow(
        DAGS,
        # pytest keeps the logs of the last sessions there.
        home=tmp_path_factory.mktemp("airflow"),
        environment={"AIRFLOW_CONN_PARTNERCENTER_DEFAULT": json.dumps(connection)},
        parallelism=8,
        database=database,
        triggerers=2,
        settings=SETTINGS,
    ) as airflow:
        # Not earlier: the migration is idle in a transaction for longer.
        with contextlib.closing(psycopg2.connect(database.replace("+psycopg2", ""))) as connection_to_database:
            connection_to_database.autocommit = True
            cursor = connection_to_database.cursor()
            cursor.execute(DATABASE_SETTING)
            cursor.execute("SELECT pg_reload_conf()")
        airflow.wait_for_dag("onboarding")
        yield airflow
