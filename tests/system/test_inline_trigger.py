"""`airflow dags test`, which runs the trigger in its own process and resumes the task whatever it ends with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.emulator import magic
from testbed.local_airflow import LocalAirflow

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator

DAGS = Path(__file__).parent / "inline_dags"


def test_a_task_that_its_trigger_ends_succeeds_in_its_first_try(emulator: Emulator, tmp_path: Path) -> None:
    customer = magic.approved_after(2)
    environment = {"AIRFLOW_CONN_PARTNERCENTER_DEFAULT": emulator.connection_json()}
    airflow = LocalAirflow(DAGS, home=tmp_path, environment=environment)
    for command in (["db", "migrate"], ["dags", "test", "inline", "-c", json.dumps({"customer_id": customer})]):
        done = airflow.cli(*command)
        assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout + done.stderr
    assert f"{customer}: approved" in said
    assert "Trigger completed" in said
    assert len(emulator.journal(customer, method="POST")) == 1
