"""One emulator and one real Airflow for all system tests."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator.server import Emulator
from testbed.examples import copy_examples, edit
from testbed.local_airflow import LocalAirflow
from testbed.mail_server import MailServer

if TYPE_CHECKING:
    from collections.abc import Iterator

TEST_DAGS = Path(__file__).parent / "dags"
# What is wrong with the connections of tests/system/dags/endings.py.
NOBODY_LISTENS = "https://localhost:1"
FAULTY: dict[str, dict[str, Any]] = {
    "missing_field": {"extra": {"tenant_id": ""}},
    "wrong_secret": {"password": "wrong"},
    "unreachable_host": {"host": NOBODY_LISTENS},
    "unreachable_login": {"extra": {"authority": NOBODY_LISTENS}},
}


def changed(connection: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a connection with other members."""
    return {**connection, **changes, "extra": {**connection["extra"], **changes.get("extra", {})}}


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """A Partner Center to which the Airflow of these tests is connected."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    """Where the Airflow of these tests sends its mail."""
    with MailServer() as server:
        yield server


# The example with a deadline of days, as one with a deadline of seconds.
WITHIN_SECONDS = {
    "timedelta(days=5)": "timedelta(seconds=15)",
    "def onboard_with_deadline()": "def onboard_within_seconds()",
    "\nonboard_with_deadline()": "\nonboard_within_seconds()",
}


@pytest.fixture(scope="session")
def airflow(
    emulator: Emulator, mail_server: MailServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalAirflow]:
    """A running Airflow with the DAGs of these tests and the example DAGs."""
    connections: dict[str, dict[str, Any]] = {"partnercenter_default": {}, **FAULTY}
    environment = {
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW_CONN_SMTP_DEFAULT": mail_server.connection,
        **{
            f"AIRFLOW_CONN_{conn_id.upper()}": json.dumps(changed(emulator.connection(), changes))
            for conn_id, changes in connections.items()
        },
    }
    examples = copy_examples(tmp_path_factory.mktemp("examples") / "dags_examples")
    if (example := examples / "onboard_with_deadline.py").exists():
        shutil.copy(example, hasty := examples / "onboard_within_seconds.py")
        edit(hasty, WITHIN_SECONDS)
    with LocalAirflow(TEST_DAGS, examples, environment=environment) as airflow:
        yield airflow


@pytest.fixture(scope="session")
def storage(airflow: LocalAirflow, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where runs keep what is too large for Airflow's database; the examples look it up."""
    storage = f"file://{tmp_path_factory.mktemp('storage')}"
    airflow.rest("POST", "/variables", json={"key": "partnercenter_storage", "value": storage})
    return storage
