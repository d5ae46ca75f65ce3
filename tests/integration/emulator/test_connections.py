"""Connections whose client falls silent: they are closed, and no others."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from typing import TYPE_CHECKING

import pytest
import requests

from airflow_provider_partnercenter.emulator.http import tls_server
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.server import Emulator
from testbed.patience import CALL_PATIENCE
from tests.support.clients.busy import TooBusyError, at_its_pace
from tests.support.plain_api import Api

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seconds. A machine that is too busy for it gets more.
IDLE = 1.0
CUSTOMER = ordinary_id(1)
HEAD = b"POST /v1/customers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n"
COMPLETE = b"GET /emulator/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextlib.contextmanager
def impatient(idle: float) -> Iterator[Emulator]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tls_server, "IDLE_SECONDS", idle)
        with Emulator() as emulator:
            yield emulator


def connect(emulator: Emulator) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(emulator.ca_file))
    # Who is not left in this time is not left.
    plain = socket.create_connection(("127.0.0.1", emulator.port), timeout=CALL_PATIENCE)
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
def test_a_client_that_falls_silent_is_left(capfd: pytest.CaptureFixture[str], sent: bytes, answered: bool) -> None:
    def attempt(idle: float) -> None:
        with impatient(idle) as emulator:
            began = time.monotonic()
            try:
                with connect(emulator) as client:
                    client.sendall(sent)
                    received = read_to_the_end(client)
            except ConnectionError as late:
                raise TooBusyError from late
            assert time.monotonic() - began >= idle
            if answered and not received:
                raise TooBusyError
            assert received.startswith(b"HTTP/1.1 200 ") if answered else received == b""
            assert emulator.journal() == []
            assert capfd.readouterr().err == ""

    at_its_pace(attempt, IDLE)


def test_a_client_that_sends_slowly_is_not_left() -> None:
    def attempt(idle: float) -> None:
        with impatient(idle) as emulator:
            try:
                with connect(emulator) as client:
                    for place in range(0, len(COMPLETE), 8):
                        client.sendall(COMPLETE[place : place + 8])
                        time.sleep(idle / 6)
                    received = client.recv(15)
            except ConnectionError as late:
                raise TooBusyError from late
            if not received:
                raise TooBusyError
            assert received == b"HTTP/1.1 200 OK"

    at_its_pace(attempt, IDLE)


def test_a_client_that_waits_for_a_slow_answer_is_not_left() -> None:
    def attempt(idle: float) -> None:
        with impatient(idle) as emulator:
            try:
                api = Api(emulator)
                with api.session:
                    emulator.faults(rate=1, kinds=("slow-headers",), slow=3 * idle)
                    assert api.read(CUSTOMER).json() == []
            except requests.ConnectionError as late:
                raise TooBusyError from late

    at_its_pace(attempt, IDLE)
