"""One PostgreSQL, one emulator and one Airflow with two triggerers for all crashes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from testbed.crashes import END_ABANDONED_TRANSACTIONS, NOTICE_CRASHES_SOON, end_abandoned_transactions
from testbed.local_airflow import LocalAirflow
from testbed.postgres import postgres
from tests.support.crash.gate import HoldingEmulator
from tests.support.crash.victims import SMOKE
from tests.support.needed import needed

if TYPE_CHECKING:
    from collections.abc import Iterator

DAGS = Path(__file__).parent / "dags"
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
    names = ", ".join(f"{name.lower().replace('__', '.', 1)}={value}" for name, value in NOTICE_CRASHES_SOON.items())
    return [f"Airflow's thresholds are lowered for these tests: {names}", f"PostgreSQL: {END_ABANDONED_TRANSACTIONS}"]


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
    with needed(postgres()) as url:
        yield url


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
        settings=NOTICE_CRASHES_SOON,
    ) as airflow:
        end_abandoned_transactions(database)
        airflow.wait_for_dag("onboarding")
        yield airflow
