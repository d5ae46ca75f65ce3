"""The worker and the triggerer of a real Airflow send to StatsD what they are configured to send."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from testbed.local_airflow import LocalAirflow
from tests.support.telemetry.statsd import Recorded, StatsD

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator

DAGS = Path(__file__).parent / "dags"


def test_worker_and_triggerer_send_their_metrics(emulator: Emulator) -> None:
    with StatsD() as statsd:
        environment = {"AIRFLOW_CONN_PARTNERCENTER_DEFAULT": emulator.connection_json(), **statsd.settings()}
        with LocalAirflow(DAGS, environment=environment) as airflow:
            airflow.wait_for_success("measured", airflow.trigger("measured"))
        sent = Recorded(statsd.lines())
    # What the worker knows. A try that is repeated submits nothing again.
    assert sent.counted["submissions,qualification=Education"] == 1
    assert sent.counted["attempts_spent,qualification=Education"] == 1
    # What the triggerer knows.
    assert sent.counted["looks"] >= 1
    assert sent.counted["verdicts_approved,qualification=Education"] >= 1
    [waiting] = [values for name, values in sent.gauges.items() if name.startswith("waiting,hostname=")]
    assert (waiting[0], waiting[-1]) == (1, 0)
    # Both have signed in.
    assert sent.counted["sign_ins,connection=partnercenter_default,mode=App_User"] >= 2
