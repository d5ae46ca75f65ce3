"""One emulator, one Redis and one real Airflow for all tests of events that start onboardings."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Settings
from testbed.crashes import NOTICE_CRASHES_SOON, end_abandoned_transactions
from testbed.local_airflow import LocalAirflow
from testbed.patience import wait_until
from testbed.postgres import postgres
from testbed.redis_server import RedisServer
from tests.support.events import held_commits
from tests.support.events.bursts import ONBOARDING
from tests.support.events.examples import edited_examples
from tests.support.events.stream import Stream
from tests.support.needed import needed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "smoke: what takes less than two minutes")


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    """A Redis that keeps what it has answered, even if it is killed."""
    with needed(RedisServer(durable=True)) as redis:
        yield redis


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    with needed(postgres()) as url:
        yield url


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """A Partner Center to which the Airflow of these tests is connected."""
    with Emulator(Settings(webhook_pause=3)) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def airflow(
    emulator: Emulator, redis: RedisServer, database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalAirflow]:
    """A running Airflow with the example DAGs, which notices soon that a process was killed."""
    environment = {
        "AIRFLOW_CONN_PARTNERCENTER_DEFAULT": emulator.connection_json(),
        "AIRFLOW_CONN_REDIS_DEFAULT": redis.url,
        "AIRFLOW__PARTNERCENTER__WEBHOOK_ENABLED": "True",
        "AIRFLOW__PARTNERCENTER__WEBHOOK_CERTIFICATE_HOSTS": emulator.webhooks.certificate_host,
        "AIRFLOW__PARTNERCENTER__WEBHOOK_ROOT_CERTIFICATES": str(emulator.webhooks.root_file),
        "AIRFLOW__PARTNERCENTER__WEBHOOK_CA_BUNDLE": str(emulator.ca_file),
    }
    home = tmp_path_factory.mktemp("airflow")
    (home / "plugins").mkdir()
    shutil.copy(held_commits.__file__, home / "plugins")
    with LocalAirflow(
        edited_examples(tmp_path_factory.mktemp("examples") / "dags_examples"),
        # pytest keeps the logs of the last sessions there.
        home=home,
        environment=environment,
        database=database,
        # Webhooks may come to either process of the API server.
        settings={**NOTICE_CRASHES_SOON, "API__WORKERS": 2},
    ) as airflow:
        end_abandoned_transactions(database)
        yield airflow


@pytest.fixture
def stream(airflow: LocalAirflow, redis: RedisServer) -> Stream:
    """The stream of this Airflow, with events of this test's own."""
    return Stream(airflow, redis)


@pytest.fixture
def queued_onboardings(airflow: LocalAirflow) -> Iterator[None]:
    """Let onboardings only be queued: their DAG is paused. Afterwards they are forgotten."""
    airflow.pause(ONBOARDING, paused=True)
    yield
    for run in airflow.runs(ONBOARDING, state="queued"):
        airflow.rest("DELETE", f"/dags/{ONBOARDING}/dagRuns/{run['dag_run_id']}")
    airflow.pause(ONBOARDING, paused=False)


@pytest.fixture
def held(airflow: LocalAirflow) -> Iterator[Path]:
    """The folder in which a test says when a process that stores an event is to be kept waiting."""
    folder = airflow.home / "held"
    folder.mkdir()
    yield folder
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


@pytest.fixture
def kill(airflow: LocalAirflow, redis: RedisServer) -> Callable[[str], None]:
    """Kill a process and start it again."""

    def kill_and_start(victim: str) -> None:
        if victim == "nothing":
            return
        if victim == "redis":
            redis.kill()
            redis.start()
        elif victim == "task":
            wait_until(airflow.task_processes, "a task is executed")
            for process in airflow.task_processes():
                process.kill()
        else:
            airflow.kill(victim)
            airflow.start(victim)
            airflow.wait_until_healthy()

    return kill_and_start
