"""
A thousand sensors in one triggerer, with a stored refresh token, some of them cancelled while they ask for something.

All of them speak to Airflow's API through one channel, which below Airflow 3.2.2 does not survive what is done in an
unsuitable thread or is cancelled on its way. Needs PostgreSQL.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Settings
from testbed.local_airflow import LocalAirflow
from testbed.patience import wait_until
from testbed.postgres import postgres

DAGS = Path(__file__).parent / "dags"
SENSORS = int(os.environ.get("SENSORS", "1000"))
CANCELLED = SENSORS // 10
VARIABLE = "partner_token"
# Seconds. Each sign-in reads the Variable, and the first writes it. A request may wait this long for a connection, if a
# thousand sensors poll at once on a busy machine.
TOKEN_LIFETIME = 300
STEPS = 10


def entry(vetting_status: str) -> list[dict[str, str]]:
    return [{"qualification": "Education", "vettingStatus": vetting_status}]


def test_the_triggerer_outlives_cancelled_waits_and_all_verdicts_arrive(tmp_path: Path) -> None:
    with Emulator(Settings(customers=SENSORS, token_lifetime=TOKEN_LIFETIME)) as emulator, postgres() as database:
        for number in range(1, SENSORS + 1):
            emulator.configure(ordinary_id(number), qualifications=entry("InReview"))
        connection = emulator.connection()
        connection["extra"] |= {"credential_variable": VARIABLE, "requests_per_minute": 0}
        with LocalAirflow(
            DAGS,
            home=tmp_path / "airflow",
            environment={"AIRFLOW_CONN_PARTNERCENTER_DEFAULT": json.dumps(connection)},
            database=database,
            settings={"TRIGGERER__CAPACITY": SENSORS, "CORE__MAX_ACTIVE_TASKS_PER_DAG": 16},
        ) as airflow:
            airflow.wait_for_dag("waiting")
            run = airflow.trigger("waiting", {"number": SENSORS})
            tasks = f"/dags/waiting/dagRuns/{run}/taskInstances"

            def count(state: str) -> int:
                return int(airflow.rest("GET", tasks, task_id="wait", state=state, limit=1)["total_entries"])

            for step in range(1, STEPS + 1):
                wait_until(lambda: count("deferred") >= SENSORS * step // STEPS, "more sensors are deferred")  # noqa: B023

            # The next triggerer begins all waits at once, and all of them ask for the connection.
            airflow.kill("triggerer")
            airflow.start("triggerer")
            before = len(emulator.journal(path="/v1/"))
            wait_until(lambda: len(emulator.journal(path="/v1/")) > before, "the new triggerer polls")

            def cancel(index: int) -> None:
                airflow.rest("PATCH", f"{tasks}/wait/{index}", json={"new_state": "failed"})

            with ThreadPoolExecutor(4) as people:
                list(people.map(cancel, range(CANCELLED)))

            for number in range(CANCELLED + 1, SENSORS + 1):
                emulator.configure(ordinary_id(number), qualifications=entry("Approved"))
            wait_until(lambda: count("deferred") == 0, "no sensor waits")

            assert (count("success"), count("failed")) == (SENSORS - CANCELLED, CANCELLED)
            assert airflow.processes()["triggerer"].poll() is None
            log = airflow.log_tail("triggerer", 10**6)
            assert "out of order" not in log
            assert "Trigger runner process has died" not in log
            assert "refresh_token" in airflow.cli("variables", "get", VARIABLE).stdout
