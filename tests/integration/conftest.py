"""What tests against the emulator share: a running one, and plain HTTP to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.emulator.server import Emulator
from tests.support.plain_api import Api

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    """An emulator in its initial state."""
    running_emulator.reset()
    return running_emulator


@pytest.fixture
def api(emulator: Emulator) -> Iterator[Api]:
    """Plain HTTP to the emulator, with a user's token at hand."""
    api = Api(emulator)
    with api.session:
        yield api
