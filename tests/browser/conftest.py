"""One emulator and one real Airflow for all tests in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from airflow_provider_partnercenter.emulator.server import Emulator
from testbed.browser import Browser
from testbed.examples import copy_examples
from testbed.local_airflow import LocalAirflow
from testbed.patience import PATIENCE
from testbed.postgres import postgres
from tests.support.needed import needed
from tests.support.ui import users

if TYPE_CHECKING:
    from collections.abc import Iterator

# In milliseconds. Its default of five seconds would let a busy machine decide.
expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """Not SQLite: the UI asks for many things at once, while tasks write."""
    with needed(postgres()) as url:
        yield url


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """A Partner Center to which the Airflow of these tests is connected."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def airflow(emulator: Emulator, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAirflow]:
    """A running Airflow with the example DAGs. Everybody is its admin who does not bring a token of another user."""
    with LocalAirflow(
        copy_examples(tmp_path_factory.mktemp("examples") / "dags_examples"),
        Path(__file__).parent / "dags",
        # pytest keeps the logs of the last sessions there.
        home=tmp_path_factory.mktemp("airflow"),
        environment={
            "AIRFLOW_CONN_PARTNERCENTER_DEFAULT": emulator.connection_json(),
            # Where the auth manager is.
            "PYTHONPATH": str(Path(__file__).parents[2]),
        },
        settings={"CORE__AUTH_MANAGER": f"{users.__name__}.PickyAuthManager"},
        database=database,
    ) as airflow:
        yield airflow


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser that has not seen anything yet."""
    with needed(Browser()) as browser:
        yield browser
