"""One emulator, one Redis and one real Airflow for all tests of events that start onboardings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.emulator.server import Emulator
from testbed.local_airflow import LocalAirflow
from testbed.processes import MissingProgramError
from testbed.redis_server import RedisServer
from tests.support.events.examples import EXAMPLES
from tests.support.events.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "smoke: what takes less than two minutes")


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    """A Redis that keeps what it has answered, even if it is killed."""
    try:
        with RedisServer(durable=True) as redis:
            yield redis
    except MissingProgramError as error:
        pytest.exit(str(error), returncode=2)


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """A Partner Center to which the Airflow of these tests is connected."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def airflow(emulator: Emulator, redis: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAirflow]:
    """A running Airflow with the example DAGs."""
    environment = {
        "AIRFLOW_CONN_PARTNERCENTER_DEFAULT": emulator.connection_json(),
        "AIRFLOW_CONN_REDIS_DEFAULT": redis.url,
    }
    # pytest keeps the logs of the last sessions there.
    with LocalAirflow(EXAMPLES, home=tmp_path_factory.mktemp("airflow"), environment=environment) as airflow:
        yield airflow


@pytest.fixture
def stream(airflow: LocalAirflow, redis: RedisServer) -> Stream:
    """The stream of this Airflow, with events of this test's own."""
    return Stream(airflow, redis)
