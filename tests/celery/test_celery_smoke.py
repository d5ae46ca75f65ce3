"""One customer is onboarded by an Airflow whose tasks run on a Celery worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.server import Emulator
from testbed.examples import copy_examples
from testbed.local_airflow import LocalAirflow
from testbed.postgres import postgres
from testbed.processes import MissingProgramError
from testbed.redis_server import redis_server

if TYPE_CHECKING:
    from collections.abc import Iterator

DAG_ID = "onboard_customer"
# The first poll comes after half a minute; by then it is decided.
CUSTOMER = magic.approved_after(15)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="module")
def airflow(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAirflow]:
    try:
        with postgres() as database, redis_server() as broker:
            settings = {
                "CORE__EXECUTOR": "CeleryExecutor",
                "CELERY__BROKER_URL": broker,
                "CELERY__RESULT_BACKEND": f"db+{database}",
                "CELERY__WORKER_CONCURRENCY": 2,
            }
            with LocalAirflow(
                copy_examples(tmp_path_factory.mktemp("examples") / "dags_examples"),
                home=tmp_path_factory.mktemp("airflow"),
                environment={"AIRFLOW_CONN_PARTNERCENTER_DEFAULT": emulator.connection_json()},
                database=database,
                settings=settings,
                workers={"celery-worker": ["celery", "worker", "--skip-serve-logs"]},
            ) as airflow:
                yield airflow
    except MissingProgramError as error:
        pytest.exit(str(error), returncode=2)


def test_an_approved_customer(airflow: LocalAirflow, emulator: Emulator) -> None:
    airflow.wait_for_dag(DAG_ID)
    conf = {"customer_id": CUSTOMER, "qualification": "Education", "education_segment": "HigherEducation"}
    run_id = airflow.trigger(DAG_ID, conf)
    airflow.wait_for_success(DAG_ID, run_id)
    assert airflow.task_states(DAG_ID, run_id)["approved"] == "success"
    assert airflow.xcom(DAG_ID, run_id, "wait")["vetting_status"] == "Approved"
    assert len(emulator.journal(CUSTOMER, method="POST")) == 1
    # The tasks were Celery's, not those of a LocalExecutor that Airflow fell back to.
    assert "execute_workload" in airflow.log_tail("celery-worker", lines=10_000)
    assert airflow.task_processes() == []
