"""One emulator and one real Airflow for all system tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.emulator.server import Emulator
from testbed.local_airflow import LocalAirflow

if TYPE_CHECKING:
    from collections.abc import Iterator

TEST_DAGS = Path(__file__).parent / "dags"
EXAMPLE_DAGS = Path(__file__).parents[2] / "dags_examples"


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """A Partner Center to which the Airflow of these tests is connected."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def airflow(emulator: Emulator) -> Iterator[LocalAirflow]:
    """A running Airflow with the DAGs of these tests and the example DAGs."""
    environment = {"AIRFLOW_CONN_PARTNERCENTER_DEFAULT": emulator.connection_json()}
    with LocalAirflow(TEST_DAGS, EXAMPLE_DAGS, environment=environment) as airflow:
        yield airflow
