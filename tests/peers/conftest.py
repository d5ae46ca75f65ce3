"""What the tests of other identity libraries share: an emulator that they take for Microsoft's login service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.emulator.settings import Settings
from tests.support.login.certificate import self_signed
from tests.support.login.entra import entra

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.emulator.server import Emulator


@pytest.fixture(scope="session")
def key_and_certificate() -> tuple[str, bytes]:
    """The key of the application and its certificate, both as PEM."""
    return self_signed()


@pytest.fixture(scope="session")
def running_emulator(key_and_certificate: tuple[str, bytes]) -> Iterator[Emulator]:
    with entra(Settings(client_certificate=key_and_certificate[1])) as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    running_emulator.reset()
    return running_emulator
