"""
An emulator in the place of ``login.microsoftonline.com``, so that identity libraries run with their defaults.

They then ask whether the authority is genuine, and keep accounts by its names. Only libraries that send with urllib3
are led there; nothing leaves this machine.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import urllib3.util.connection

from airflow_provider_partnercenter.emulator.server import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.emulator.settings import Settings

HOST = "login.microsoftonline.com"
AUTHORITY = f"https://{HOST}"
LOCAL = ("localhost", "127.0.0.1")


@contextmanager
def entra(settings: Settings | None = None) -> Iterator[Emulator]:
    """Run an emulator that is reached, and trusted, as ``login.microsoftonline.com``."""
    connect = urllib3.util.connection.create_connection

    with Emulator(settings, names=[HOST]) as emulator, pytest.MonkeyPatch.context() as patch:

        def connect_here(address: tuple[str, int], *rest: Any, **options: Any) -> Any:
            host, _ = address
            assert host in LOCAL or address == (HOST, 443), f"{address} is outside this machine"
            return connect(address if host in LOCAL else ("127.0.0.1", emulator.port), *rest, **options)

        patch.setattr(urllib3.util.connection, "create_connection", connect_here)
        patch.setenv("REQUESTS_CA_BUNDLE", str(emulator.ca_file))
        patch.setenv("NO_PROXY", "*")
        yield emulator
