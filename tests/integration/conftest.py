"""What tests against the emulator share: a running one, and plain HTTP to it."""

from __future__ import annotations

import asyncio.constants
import time
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator.http import app, tls_server
from airflow_provider_partnercenter.emulator.partner.clock import Clock
from airflow_provider_partnercenter.emulator.server import Emulator
from testbed import examples
from tests.support.plain_api import Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_partnercenter.testing.clock import Clock as TestClock
    from tests.support.tasks.runner import Supervisor


@pytest.fixture(scope="session")
def load_example() -> Callable[[str], Any]:
    """Load an example DAG anew, by its id."""
    return lambda dag_id: getattr(examples.load_example(dag_id), dag_id)()


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    """Answer Airflow's task runner for its API."""
    # Here, because most of these tests need no task runner.
    from tests.support.tasks.runner import supervised

    with supervised() as supervisor:
        yield supervisor


class StillClock(Clock):
    """Shows the time at which the test began, and moves only when the test advances it."""

    began = 0.0

    def __init__(self) -> None:
        super().__init__(lambda: StillClock.began, lambda: StillClock.began)


@pytest.fixture(scope="session", autouse=True)
def _still_clocks() -> Iterator[None]:
    """Let nothing be decided in an emulator, and no limit pass, because this machine was busy for some seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "Clock", StillClock)
        yield


@pytest.fixture(autouse=True)
def _beginning(_still_clocks: None) -> None:
    StillClock.began = time.time()


@pytest.fixture(scope="session")
def running_emulator(_still_clocks: None) -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: Emulator, _beginning: None) -> Emulator:
    """An emulator in its initial state."""
    running_emulator.reset()
    return running_emulator


@pytest.fixture
def clock(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> TestClock:
    """Let waits take no time: they move this clock and the emulator's."""
    # Here, because it imports Airflow.
    from airflow_provider_partnercenter.testing.clock import Clock

    return Clock(emulator).rule(monkeypatch)


@pytest.fixture
def api(emulator: Emulator) -> Iterator[Api]:
    """Plain HTTP to the emulator, with a user's token at hand."""
    api = Api(emulator)
    with api.session:
        yield api


@pytest.fixture
def long_goodbyes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an emulator wait ten minutes at its end for whatever it waits for."""
    monkeypatch.setattr(tls_server, "END_SECONDS", 600)
    # For the other side's end of TLS.
    monkeypatch.setattr(asyncio.constants, "SSL_SHUTDOWN_TIMEOUT", 600.0)
