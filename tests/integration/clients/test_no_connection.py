"""No connection: both HTTP libraries say which host or proxy failed, why, and what to do about this cause."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import socket
import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from airflow_provider_partnercenter.client.protocol.commands import Request, TransportError
from airflow_provider_partnercenter.client.transport.with_aiohttp import AiohttpTransport
from airflow_provider_partnercenter.client.transport.with_requests import RequestsTransport
from testbed.patience import CALL_PATIENCE
from tests.support.clients.both_clients import KINDS, RawTlsServer, plain_server

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime.now(UTC)
YEAR = timedelta(days=365)
VARIABLES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")
PASSWORD = "wrong-word"
UNREACHED = "the proxy cannot be reached: "


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def failure(kind: str, url: str, ca_file: Path | None = None) -> TransportError:
    """Send a request that gets no connection; return the error."""
    request, ca_bundle = Request("POST", url, {}, b"{}"), str(ca_file) if ca_file else None

    def send() -> object:
        return RequestsTransport(ca_bundle, CALL_PATIENCE).send(request, CALL_PATIENCE)

    async def async_send() -> None:
        transport = AiohttpTransport(ca_bundle, CALL_PATIENCE, 1)
        try:
            await transport.send(request, CALL_PATIENCE)
        finally:
            await transport.close()

    with pytest.raises(TransportError) as caught:
        send() if kind == "requests" else asyncio.run(async_send())
    assert not caught.value.sent
    assert PASSWORD not in f"{caught.value} {caught.value.hint}"
    return caught.value


def nothing(connection: ssl.SSLSocket) -> None:
    connection.recv(65536)


@pytest.mark.parametrize(
    ("names", "validity", "why", "remedy"),
    [
        (("localhost",), {"not_after": NOW - YEAR}, "certificate has expired", "must renew the certificate"),
        (
            ("localhost",),
            {"not_before": NOW + YEAR, "not_after": NOW + 2 * YEAR},
            "certificate is not yet valid",
            "check the clock of this machine",
        ),
        (
            ("api.example.test",),
            {},
            "Hostname mismatch, certificate is not valid for 'localhost'",
            "check 'host' and 'authority'",
        ),
    ],
    ids=["expired", "not-yet-valid", "other-name"],
)
def test_a_certificate_is_refused_for_its_own_reason(
    kind: str, tmp_path: Path, names: tuple[str, ...], validity: dict[str, Any], why: str, remedy: str
) -> None:
    with RawTlsServer(tmp_path, nothing, names, **validity) as server:
        error = failure(kind, f"{server.url}/x", server.ca_file)
        assert str(error) == f"the certificate of {server.url.removeprefix('https://')} is not trusted: {why}"
    assert error.permanent
    assert remedy in str(error.hint)
    assert "'ca_bundle'" not in str(error.hint)


def test_an_unknown_authority_is_the_one_case_for_the_ca_file(kind: str, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    with RawTlsServer(tmp_path, nothing) as server:
        error = failure(kind, f"{server.url}/x", other)
        target = server.url.removeprefix("https://")
    assert str(error) == f"the certificate of {target} is not trusted: unable to get local issuer certificate"
    assert error.permanent
    assert "set 'ca_bundle' in the connection" in str(error.hint)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://nobody.invalid/x", r"nobody\.invalid:443 cannot be reached: \w.*"),
        ("https://localhost:1/x", f"localhost:1 cannot be reached: {os.strerror(errno.ECONNREFUSED)}"),
        ("https://127.0.0.1:1/x", rf"127\.0\.0\.1:1 cannot be reached: {os.strerror(errno.ECONNREFUSED)}"),
    ],
)
def test_a_host_that_cannot_be_reached_is_named_with_the_reason(kind: str, url: str, said: str) -> None:
    error = failure(kind, url)
    assert re.fullmatch(said, str(error)), str(error)
    assert not error.permanent
    assert "check 'host' and 'authority' in the connection" in str(error.hint)


def reset(connection: socket.socket) -> None:
    connection.recv(10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(connection: socket.socket) -> None:
    connection.recv(4096)


def answer(text: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(text)

    return behave


def open_and_close(connection: socket.socket) -> None:
    """Open a tunnel, and close it once something came through it: what comes to a closed one is answered by a reset."""
    answer(b"HTTP/1.1 200 OK\r\n\r\n")(connection)
    close(connection)


@pytest.mark.parametrize(
    ("behave", "why"),
    [
        (reset, os.strerror(errno.ECONNRESET)),
        (close, "the other side closed it"),
        (answer(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "wrong version number"),
    ],
    ids=["reset", "closed", "no-tls"],
)
def test_a_handshake_that_fails_says_why(kind: str, behave: Callable[[socket.socket], None], why: str) -> None:
    with plain_server(behave) as address:
        error = failure(kind, f"https://{address}/x")
        assert str(error) == f"the TLS handshake with {address} failed: {why}"
    assert not error.permanent


@pytest.mark.parametrize(
    ("behave", "why", "remedy"),
    [
        (answer(b"HTTP/1.1 407 X\r\n\r\n"), "it answered HTTP 407", "the user and the password in HTTPS_PROXY"),
        (answer(b"HTTP/1.0 407\r\n\r\n<html>"), "it answered HTTP 407", "the user and the password in HTTPS_PROXY"),
        (answer(b"HTTP/1.1 403 No\r\n\r\n"), "it answered HTTP 403", "must allow connections to api.test:443"),
        (answer(b"HTTP/1.1 502 No\r\n\r\n"), "it answered HTTP 502", "must allow connections to api.test:443"),
        (answer(b"HTTP/1.1 204 No\r\n\r\n"), "it answered HTTP 204", "must allow connections to api.test:443"),
        (answer(b"HTTP/1.1 302 X\r\nLocation: /\r\n\r\n"), "it answered HTTP 302", "must allow connections"),
        (answer(b"SSH-2.0-OpenSSH\r\n\r\n"), "the proxy's answer cannot be read: ", "check 'host'"),
        (answer(b"HTTP/1.1 200 O"), "the other side closed it", "check 'host'"),
        (open_and_close, "the other side closed it", "check 'host'"),
        (close, "the other side closed it", "check 'host'"),
        (reset, os.strerror(errno.ECONNRESET), "check 'host'"),
    ],
    ids=[
        *("407", "407-of-1.0", "403", "502", "204", "302", "no-http"),
        *("half", "closed-after", "closed", "reset"),
    ],
)
def test_a_proxy_that_opens_no_tunnel_is_named_with_the_reason(
    kind: str, monkeypatch: pytest.MonkeyPatch, behave: Callable[[socket.socket], None], why: str, remedy: str
) -> None:
    with plain_server(behave) as address:
        monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:{PASSWORD}@{address}")
        error = failure(kind, "https://api.test/x")
        assert str(error).startswith(f"no connection through the proxy {address} to api.test:443: {why}")
    assert not error.permanent
    assert remedy in str(error.hint)


@pytest.mark.parametrize(
    ("proxy", "permanent", "said"),
    [
        (
            f"http://somebody:{PASSWORD}@localhost:1",
            False,
            "no connection through the proxy localhost:1 to api.test:443: ",
        ),
        (
            f"http://somebody:{PASSWORD}#x@localhost:1",
            True,
            "the URL of the proxy in HTTPS_PROXY is not valid: its port",
        ),
        ("http://localhost:port", True, "the URL of the proxy in HTTPS_PROXY is not valid: its port is no number"),
        ("ftp://localhost", True, "the URL of the proxy in HTTPS_PROXY is not valid: its scheme is none of http"),
    ],
)
def test_the_variable_of_a_proxy_is_named(
    kind: str, monkeypatch: pytest.MonkeyPatch, proxy: str, permanent: bool, said: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    error = failure(kind, "https://api.test/x")
    assert str(error).startswith(said)
    assert error.permanent is permanent


def test_a_socks_proxy_is_not_taken_for_an_http_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bytes] = []
    with plain_server(lambda connection: heard.append(connection.recv(4096))) as address:
        monkeypatch.setenv("HTTPS_PROXY", f"socks5://{address}")
        error = failure("aiohttp", "https://api.test/x")
    assert str(error) == "HTTPS_PROXY names a SOCKS proxy, which the asynchronous client cannot use"
    assert error.permanent
    assert heard == []


def test_a_session_with_an_invalid_proxy_does_not_go_past_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even at the second call, when the session might have been open."""
    asked: list[bytes] = []
    with RawTlsServer(tmp_path, lambda connection: asked.append(connection.recv(65536))) as server:
        monkeypatch.setenv("HTTPS_PROXY", "http://localhost:port")

        async def send_twice() -> None:
            transport = AiohttpTransport(str(server.ca_file), CALL_PATIENCE, 1)
            for _ in range(2):
                with pytest.raises(TransportError, match="the URL of the proxy"):
                    await transport.send(Request("GET", f"{server.url}/x", {}), CALL_PATIENCE)

        asyncio.run(send_twice())
    assert asked == []
