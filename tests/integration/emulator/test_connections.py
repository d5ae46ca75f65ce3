"""Connections whose client falls silent: they are closed, and no others."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.emulator.http import tls_server
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.server import Emulator
from tests.support.plain_api import Api

if TYPE_CHECKING:
    from collections.abc import Iterator

IDLE = 1.0
CUSTOMER = ordinary_id(1)
HEAD = b"POST /v1/customers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n"
COMPLETE = b"GET /emulator/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    monkeypatch.setattr(tls_server, "IDLE_SECONDS", IDLE)
    with Emulator() as emulator:
        yield emulator


def connect(emulator: Emulator) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(emulator.ca_file))
    plain = socket.create_connection(("127.0.0.1", emulator.port), timeout=10)
    return context.wrap_socket(plain, server_hostname="localhost")


def read_to_the_end(client: ssl.SSLSocket) -> bytes:
    received = b""
    while piece := client.recv(65_536):
        received += piece
    return received


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"", False),
        (b"GET /v1/cust", False),
        (COMPLETE[:-2], False),
        (HEAD, False),
        (HEAD + b"{", False),
        (COMPLETE, True),
        (COMPLETE + b"GET /", True),
        (COMPLETE + HEAD + b"{", True),
    ],
)
def test_a_client_that_falls_silent_is_left(
    impatient: Emulator, capfd: pytest.CaptureFixture[str], sent: bytes, answered: bool
) -> None:
    with connect(impatient) as client:
        began = time.monotonic()
        client.sendall(sent)
        received = read_to_the_end(client)
        assert IDLE <= time.monotonic() - began < 8
    assert received.startswith(b"HTTP/1.1 200 ") if answered else received == b""
    assert impatient.journal() == []
    assert capfd.readouterr().err == ""


def test_a_client_that_sends_slowly_is_not_left(impatient: Emulator) -> None:
    pace = threading.Event()
    with connect(impatient) as client:
        for place in range(0, len(COMPLETE), 8):
            client.sendall(COMPLETE[place : place + 8])
            pace.wait(IDLE / 6)
        assert client.recv(15) == b"HTTP/1.1 200 OK"


def test_a_client_that_waits_for_a_slow_answer_is_not_left(impatient: Emulator) -> None:
    api = Api(impatient)
    with api.session:
        impatient.faults(rate=1, kinds=("slow-headers",), slow=3 * IDLE)
        assert api.read(CUSTOMER).json() == []
