"""The commands of ``airflow partnercenter``, where an Airflow has its connections in its database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.local_airflow import LocalAirflow

URL = "https://airflow.example/partnercenter/webhook"


@pytest.mark.since_airflow("3.2", "commands of providers")
def test_a_connection_of_the_database_is_found(airflow: LocalAirflow, emulator: Emulator) -> None:
    connection = emulator.connection()
    # The Variable is read from the database too.
    extra = {**connection["extra"], "credential_variable": "partnercenter_command"}
    saved = {**connection, "connection_id": "of_the_database", "extra": json.dumps(extra)}
    airflow.rest("POST", "/connections", saved)
    command = ("partnercenter", "webhook", "register", "--conn-id", "of_the_database", "--url", URL, "-o", "json")
    done = airflow.cli(*command)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["webhook_url"] == URL
    assert emulator.client_secret not in done.stdout + done.stderr
    assert emulator.refresh_token not in done.stdout + done.stderr
