"""The Test button of Airflow's connection form, by the request that it sends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.local_airflow import LocalAirflow

HIDDEN = "***"


def test_a_connection_can_be_tested(airflow: LocalAirflow, emulator: Emulator) -> None:
    connection = emulator.connection()
    given = {**connection, "connection_id": "given", "port": 443, "extra": json.dumps(connection["extra"])}
    answer = airflow.rest("POST", "/connections/test", {**given, "schema": ""})
    assert "this connection can read and submit qualifications" in answer["message"]
    assert answer["status"] is True


@pytest.mark.since_airflow("3.1", "the Test button uses the saved secrets")
def test_a_saved_connection_with_a_port_can_be_tested(airflow: LocalAirflow, emulator: Emulator) -> None:
    connection = emulator.connection()
    saved = {**connection, "connection_id": "saved", "port": 443, "extra": json.dumps(connection["extra"])}
    airflow.rest("POST", "/connections", saved)
    # The form has no secrets, and sends what it shows in their place.
    shown = {**connection["extra"], "refresh_token": HIDDEN}
    answer = airflow.rest(
        "POST", "/connections/test", {**saved, "password": HIDDEN, "extra": json.dumps(shown), "schema": ""}
    )
    assert answer["status"] is True
    assert "this connection can read and submit qualifications" in answer["message"]
