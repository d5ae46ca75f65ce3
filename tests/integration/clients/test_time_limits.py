"""Answers that come too slowly, too long or not as HTTP: both clients end in time and with an error of ours."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import re
import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from urllib3.connection import HTTPSConnection

from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterUnexpectedResponseError,
)
from airflow_provider_partnercenter.client.protocol import commands
from airflow_provider_partnercenter.client.protocol.commands import Request, TransportError
from airflow_provider_partnercenter.client.settings import CALL_TIMEOUT, CONNECT_TIMEOUT, ClientSettings
from airflow_provider_partnercenter.client.transport.with_requests import RequestsTransport
from testbed.patience import CALL_PATIENCE
from tests.support.clients.both_clients import KINDS, RawTlsServer, TlsServer, User, plain_server, send
from tests.support.clients.busy import TooBusyError, at_its_pace, keep_silent

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    Behave = Callable[[ssl.SSLSocket], None]

CUSTOMER = "5f0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f"
#: Seconds that a call may take whose answer comes too slowly.
TOTAL = 0.5
#: Seconds that a call may take which should not need them. Whoever uses them up is too late for ``CALL_PATIENCE``.
ENOUGH = 2 * CALL_PATIENCE
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


class Token:
    """Stands in for the token source."""

    def cached(self, refused: str | None = None) -> str:
        return "token"


@contextlib.contextmanager
def user_of(kind: str, url: str, ca_file: Path, *, timeout: float = ENOUGH) -> Iterator[User]:
    who = Credentials("app", "tenant", url, "scope/.default", "secret")
    settings = ClientSettings(who, url, ca_bundle=str(ca_file), requests_per_minute=0, timeout=timeout)
    with User(kind, settings) as user:
        user.client.tokens = Token()
        yield user


def fail(user: User, operation: str = "get_qualifications") -> tuple[PartnerCenterError, float]:
    """Call an operation that fails; return the error and how long it took."""
    began = time.monotonic()
    with pytest.raises(PartnerCenterError) as caught:
        getattr(user, operation)(CUSTOMER)
    return caught.value, time.monotonic() - began


def drip(connection: ssl.SSLSocket, data: bytes, *, every: float = 0.05) -> None:
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(every)


def drip_status(connection: ssl.SSLSocket) -> None:
    connection.recv(65536)
    drip(connection, b"HTTP/1.1 200 " + b"O" * 1000)


def drip_headers(connection: ssl.SSLSocket) -> None:
    connection.recv(65536)
    connection.sendall(OK)
    drip(connection, b"X: y\r\n" * 1000)


def drip_body(connection: ssl.SSLSocket) -> None:
    connection.recv(65536)
    connection.sendall(OK + b"Content-Length: 1000\r\n\r\n")
    drip(connection, b" " * 1000)


def drip_size_of_chunk(connection: ssl.SSLSocket) -> None:
    connection.recv(65536)
    connection.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    drip(connection, b"1;" + b"x" * 1000)


def drip_trailers(connection: ssl.SSLSocket) -> None:
    connection.recv(65536)
    connection.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n")
    drip(connection, b"X: y\r\n" * 1000)


def interim_answers(status: bytes) -> Behave:
    def behave(connection: ssl.SSLSocket) -> None:
        connection.recv(65536)
        for _ in range(300_000):
            connection.sendall(b"HTTP/1.1 " + status + b"\r\nLink: <x>\r\n\r\n")
            time.sleep(0.002)

    return behave


def silence(connection: ssl.SSLSocket) -> None:
    connection.recv(65536)
    keep_silent(connection)


TOO_SLOW: dict[str, Behave] = {
    "status": drip_status,
    "headers": drip_headers,
    "body": drip_body,
    "size-of-a-chunk": drip_size_of_chunk,
    "trailers": drip_trailers,
    "continue": interim_answers(b"100 Continue"),
    "early-hints": interim_answers(b"103 Early Hints"),
    "silence": silence,
}


@pytest.mark.parametrize("behave", TOO_SLOW.values(), ids=TOO_SLOW)
def test_what_comes_too_slowly_ends_in_time(kind: str, tmp_path: Path, behave: Behave) -> None:
    def attempt(total: float) -> None:
        with user_of(kind, server.url, server.ca_file, timeout=total) as user:
            error, took = fail(user)
        if "no connection" in str(error):
            raise TooBusyError(error)
        assert isinstance(error, PartnerCenterServiceUnavailableError)
        assert "no answer in time" in str(error)
        assert error.retryable
        assert 0.8 * total <= took <= total + CALL_PATIENCE

    with RawTlsServer(tmp_path, behave) as server:
        at_its_pace(attempt, TOTAL)


@pytest.mark.parametrize("behave", TOO_SLOW.values(), ids=TOO_SLOW)
def test_so_does_the_login(tmp_path: Path, behave: Behave) -> None:
    def attempt(total: float) -> None:
        transport = RequestsTransport(str(server.ca_file), 10, total)
        for send_it in (transport.get, transport.post):
            began = time.monotonic()
            with pytest.raises(TransportError) as caught:
                send_it(f"{server.url}/tenant", timeout=1000)
            if "no connection" in str(caught.value):
                raise TooBusyError(caught.value)
            assert str(caught.value) == "no answer in time"
            assert time.monotonic() - began <= total + CALL_PATIENCE

    with RawTlsServer(tmp_path, behave) as server:
        at_its_pace(attempt, TOTAL)


def test_a_connection_that_is_used_again_keeps_to_the_time_of_each_call(kind: str, tmp_path: Path) -> None:
    def attempt(total: float) -> None:
        def behave(connection: ssl.SSLSocket) -> None:
            for _ in range(3):
                connection.recv(65536)
                time.sleep(0.6 * total)
                connection.sendall(OK + b"Content-Length: 2\r\n\r\n[]")
            drip_status(connection)

        with RawTlsServer(tmp_path, behave) as server, user_of(kind, server.url, server.ca_file, timeout=total) as user:
            try:
                # More than the time of one call, altogether.
                assert [user.get_qualifications(CUSTOMER) for _ in range(3)] == [[], [], []]
            except PartnerCenterServiceUnavailableError as late:
                raise TooBusyError from late
            error, took = fail(user)
        assert "no answer in time" in str(error)
        assert took <= total + CALL_PATIENCE

    at_its_pace(attempt, TOTAL)


def test_a_call_that_gets_no_connection_in_time_was_not_sent(tmp_path: Path) -> None:
    def attempt(total: float) -> None:
        with user_of("aiohttp", server.url, server.ca_file, timeout=total) as user:
            user.client.max_connections = 1
            user.client.exchange.policy = replace(user.client.exchange.policy, attempts=1)

            async def both() -> list[Any]:
                submit = user.client.create_qualification
                submissions = (submit(CUSTOMER, "StateOwnedEntity") for _ in range(2))
                return await asyncio.gather(*submissions, return_exceptions=True)

            sent, queued = asyncio.run(both())
        if "no connection" in str(sent):
            raise TooBusyError(sent)
        assert (sent.outcome_unknown, queued.outcome_unknown) == (True, False)
        assert re.search(r"no connection to localhost:\d+ in time", str(queued))

    with RawTlsServer(tmp_path, silence) as server:
        at_its_pace(attempt, TOTAL)


def test_a_call_whose_time_is_over_once_it_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def attempt(total: float) -> None:
        def connect(connection: HTTPSConnection) -> None:
            connect_at_once(connection)
            time.sleep(1.1 * total)

        monkeypatch.setattr(HTTPSConnection, "connect", connect)
        with (
            user_of("requests", server.url, server.ca_file, timeout=total) as user,
            pytest.raises(PartnerCenterServiceUnavailableError) as caught,
        ):
            user.create_qualification(CUSTOMER, "StateOwnedEntity")
        if "no connection" in str(caught.value):
            raise TooBusyError(caught.value)
        assert "no answer in time" in str(caught.value)
        assert caught.value.outcome_unknown

    connect_at_once = HTTPSConnection.connect
    with RawTlsServer(tmp_path, silence) as server:
        at_its_pace(attempt, TOTAL)


# -- before the answer ------------------------------------------------------------------------------------------------


def drip_handshake(connection: socket.socket) -> None:
    connection.recv(65536)
    for byte in b"\x16\x03\x03\x40\x00\x02" + b"\x00" * 16_000:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def test_a_handshake_that_drips(kind: str, tmp_path: Path) -> None:
    with (
        TlsServer(tmp_path, lambda handler: None) as server,
        plain_server(drip_handshake) as address,
        user_of(kind, f"https://{address}", server.ca_file, timeout=TOTAL) as user,
    ):
        error, took = fail(user)
    assert "in time" in str(error) or "cannot be reached" in str(error)
    assert not error.outcome_unknown
    assert took <= TOTAL + CALL_PATIENCE


def drip_tunnel(connection: socket.socket) -> None:
    connection.recv(65536)
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def test_a_proxy_that_drips(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        TlsServer(tmp_path, lambda handler: send(handler, 200, b"[]")) as server,
        plain_server(drip_tunnel) as address,
        user_of(kind, server.url, server.ca_file, timeout=TOTAL) as user,
    ):
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://{address}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        error, took = fail(user)
    assert isinstance(error, PartnerCenterServiceUnavailableError)
    assert "in time" in str(error)
    assert server.requests == []
    assert took <= TOTAL + CALL_PATIENCE


def test_one_address_that_does_not_answer_leaves_time_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        TlsServer(tmp_path, lambda handler: send(handler, 200, b"[]")) as server,
        socket.create_server(("127.0.0.1", 0), backlog=0) as full,
        contextlib.ExitStack() as waiting,
    ):
        address = full.getsockname()
        # A listener whose queue is full leaves whoever knocks without an answer.
        for _ in range(4):
            knock = waiting.enter_context(socket.socket())
            knock.setblocking(False)
            knock.connect_ex(address)
        there = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", where) for where in (address, address, there)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: found)
        transport = RequestsTransport(str(server.ca_file), ENOUGH)

        def attempt(total: float) -> None:
            try:
                assert transport.send(Request("GET", f"{server.url}/x", {}), total).body == b"[]"
            except TransportError as late:
                raise TooBusyError from late

        at_its_pace(attempt, 1.5)
        transport.close()
        # If each of them got the whole time, that would be ten minutes.
        found[:] = found[:1] * 1000
        began = time.monotonic()
        with pytest.raises(TransportError, match=r"no connection to localhost:\d+ in time") as caught:
            transport.send(Request("GET", f"{server.url}/x", {}), 0.6)
        assert not caught.value.sent
        assert time.monotonic() - began < CALL_PATIENCE


# -- what is no HTTP, or lies about itself ----------------------------------------------------------------------------

BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "no-http": b"SSH-2.0-OpenSSH\r\n\r\n",
    "no-status": b"HTTP/1.1 OK\r\n\r\n",
    "status-of-one-digit": b"HTTP/1.1 2 OK\r\n\r\n",
    "half-a-status-line": b"HTTP/1.1 204 No Con",
    "half-a-header": b"HTTP/1.1 204 No Content\r\nContent-Len",
    "headers-without-end": b"HTTP/1.1 204 No Content\r\nDate: x\r\n",
    "length-that-got-lost": OK + b"Content-Le",
    "long-status-line": b"HTTP/1.1 200 " + b"x" * 100_000 + b"\r\n\r\n",
    "long-header": OK + b"X: " + b"x" * 100_000 + b"\r\n\r\n",
    "body-too-short": OK + b"Content-Length: 100\r\n\r\n[]",
    "chunk-too-short": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n[]",
    "no-last-chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n",
    "size-of-a-chunk-is-no-number": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n0\r\n\r\n",
    "no-gzip": OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]",
    "half-of-a-gzip": OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"[" + b" " * 9999 + b"]")[:-20],
}


@pytest.mark.parametrize("stream", BROKEN.values(), ids=BROKEN)
def test_what_is_no_answer_is_no_empty_list(kind: str, tmp_path: Path, stream: bytes) -> None:
    def behave(connection: ssl.SSLSocket) -> None:
        connection.recv(65536)
        connection.sendall(stream)

    with RawTlsServer(tmp_path, behave) as server, user_of(kind, server.url, server.ca_file) as user:
        error, took = fail(user)
        assert isinstance(error, PartnerCenterServiceUnavailableError | PartnerCenterUnexpectedResponseError)
        assert error.retryable
        assert took < CALL_PATIENCE
        with pytest.raises(PartnerCenterError) as caught:
            user.create_qualification(CUSTOMER, "Education")
        assert caught.value.outcome_unknown


@pytest.mark.parametrize("hints", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
def test_interim_answers_are_passed_over(kind: str, tmp_path: Path, hints: bytes) -> None:
    def behave(connection: ssl.SSLSocket) -> None:
        for number in (1, 2):
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 " + hints + b"\r\nLink: <x>\r\n\r\n")
            body = json.dumps([{"qualification": f"Q{number}"}]).encode()
            connection.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    with RawTlsServer(tmp_path, behave) as server, user_of(kind, server.url, server.ca_file) as user:
        # The second read must not get the answer to the first.
        for name in ("Q1", "Q2"):
            assert [entry.qualification for entry in user.get_qualifications(CUSTOMER)] == [name]


# -- redirects --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("location", ["https://localhost:1/x", "//[", "/\xff\xfe", "\u20ac"])
def test_a_redirect_is_neither_followed_nor_read_to_its_end(kind: str, tmp_path: Path, location: str) -> None:
    served: list[int] = []

    def behave(connection: ssl.SSLSocket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: " + location.encode("utf-8") + b"\r\n\r\n")
        while True:
            served.append(connection.send(b"x" * 65536))

    with RawTlsServer(tmp_path, behave) as server, user_of(kind, server.url, server.ca_file) as user:
        error, _ = fail(user)
    assert "the answer is larger than 10 MiB" in str(error)
    assert sum(served) < 4 * commands.MAX_BODY


@pytest.mark.parametrize("location", ["//[", "/\xff\xfe", "http://localhost/x"])
def test_a_redirect_to_nowhere(kind: str, tmp_path: Path, location: str) -> None:
    def redirect(handler: BaseHTTPRequestHandler) -> None:
        send(handler, 307, b"", Location=location)

    with TlsServer(tmp_path, redirect) as server, user_of(kind, server.url, server.ca_file) as user:
        error, _ = fail(user)
        assert isinstance(error, PartnerCenterUnexpectedResponseError)
        assert error.status == 307
        transport = RequestsTransport(str(server.ca_file), ENOUGH, ENOUGH)
        for send_it in (transport.get, transport.post):
            assert send_it(server.url).status_code == 307
        assert len(server.requests) == 3


def test_the_login_sends_nothing_in_the_clear(tmp_path: Path) -> None:
    heard: list[bytes] = []
    with plain_server(lambda connection: heard.append(connection.recv(65536))) as address:
        transport = RequestsTransport()
        for send_it in (transport.get, transport.post):
            with pytest.raises(TransportError, match="URL"):
                send_it(f"http://{address}/token", data={"client_secret": "secret"})
    assert heard == []


def test_a_password_in_an_address_does_not_replace_the_token(tmp_path: Path) -> None:
    with TlsServer(tmp_path, lambda handler: send(handler, 200, b"[]")) as server:
        address = server.url.replace("https://", "https://somebody:else@")
        transport = RequestsTransport(str(server.ca_file), ENOUGH)
        transport.send(Request("GET", address, {"Authorization": "Bearer token"}), ENOUGH)
    [(_, _, headers)] = server.requests
    assert headers["Authorization"] == "Bearer token"


def test_a_call_has_its_limits_without_being_told(kind: str) -> None:
    who = Credentials("app", "tenant", "https://localhost", "scope/.default", "secret")
    with User(kind, ClientSettings(who, "https://localhost")) as user:
        assert user.client.exchange.policy.total == CALL_TIMEOUT == 100
        assert CONNECT_TIMEOUT == 10


def test_headers_of_an_answer_that_make_no_sense(kind: str, tmp_path: Path) -> None:
    """The request was sent, so it may have been carried out."""

    def behave(connection: ssl.SSLSocket) -> None:
        connection.recv(65536)
        connection.sendall(OK + b"Content-Length: 2, 3\r\n\r\n[]")

    with RawTlsServer(tmp_path, behave) as server, user_of(kind, server.url, server.ca_file) as user:
        with pytest.raises(PartnerCenterServiceUnavailableError) as caught:
            user.create_qualification(CUSTOMER, "StateOwnedEntity")
        assert caught.value.outcome_unknown
