"""The same bytes are the same answer for both HTTP libraries, or the same kind of failure: a table of raw answers."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import http.client
import zlib
from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.client.protocol.commands import Request, TransportError
from airflow_provider_partnercenter.client.transport.http_rules import MAX_HEADERS, MAX_LINE
from airflow_provider_partnercenter.client.transport.with_aiohttp import AiohttpTransport
from airflow_provider_partnercenter.client.transport.with_requests import RequestsTransport
from testbed.patience import CALL_PATIENCE
from tests.support.clients.both_clients import RawTlsServer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

Transports = tuple[RequestsTransport, AiohttpTransport, asyncio.Runner]

OK = b"HTTP/1.1 200 OK\r\n"
BODY = b"Content-Length: 2\r\n\r\n[]"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
END = b"\r\n0\r\n\r\n"
ZIPPED = gzip.compress(b"[]")

#: What comes of an answer: its status and body, or why there is none.
READ = (200, b"[]")
UNREADABLE = "the answer cannot be read"
BROKEN = "the connection broke"
FAILED = "failed"
TOO_LARGE = "the answer is larger than"


def headers(number: int) -> bytes:
    return b"".join(b"X-%d: y\r\n" % i for i in range(number))


def status(line: bytes) -> bytes:
    return line + b"\r\n" + BODY


def header(line: bytes) -> bytes:
    return OK + line + b"\r\n" + BODY


def framed(line: bytes) -> bytes:
    return OK + line + b"\r\n\r\n[]"


def chunks(stream: bytes) -> bytes:
    return OK + CHUNKED + stream


def encoded(encoding: bytes, body: bytes) -> bytes:
    return OK + b"Content-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (encoding, len(body)) + body


STATUS_LINES: dict[str, tuple[bytes, object]] = {
    "plain": (status(b"HTTP/1.1 403 Forbidden"), (403, b"[]")),
    "no-reason": (status(b"HTTP/1.1 403"), (403, b"[]")),
    "blank-for-a-reason": (status(b"HTTP/1.1 403 "), (403, b"[]")),
    "long-reason": (status(b"HTTP/1.1 403 " + b"x" * MAX_LINE), (403, b"[]")),
    "longer-reason": (status(b"HTTP/1.1 403 " + b"x" * (MAX_LINE + 1)), UNREADABLE),
    "reason-that-does-not-end": (b"HTTP/1.1 403 " + b"x" * 200_000, UNREADABLE),
    "http-1.0": (status(b"HTTP/1.0 403 No"), (403, b"[]")),
    "http-2.0": (status(b"HTTP/2.0 403 No"), UNREADABLE),
    "http-2": (status(b"HTTP/2 403 No"), UNREADABLE),
    "http-in-lower-case": (status(b"http/1.1 403 No"), UNREADABLE),
    "icecast": (status(b"ICY 200 OK"), UNREADABLE),
    "a-page": (b"<html>busy</html>\r\n\r\n", UNREADABLE),
    "nothing": (b"", BROKEN),
    "half-a-line": (b"HTTP/1.1 20", BROKEN),
    **{
        f"status-{number.decode()}": (status(b"HTTP/1.1 %b X" % number), (int(number), b"[]"))
        for number in (b"201", b"299", b"399", b"418", b"499", b"599", b"600", b"777", b"999")
    },
    **{
        f"status-{number.decode()}": (status(b"HTTP/1.1 %b X" % number), UNREADABLE)
        for number in (b"000", b"001", b"099", b"99", b"1000", b"-200", b"2_0", b"2O0", b"200.1")
    },
}

HEADERS: dict[str, tuple[bytes, object]] = {
    "as-many-as-possible": (OK + headers(MAX_HEADERS - 1) + BODY, READ),
    "one-too-many": (OK + headers(MAX_HEADERS) + BODY, UNREADABLE),
    "far-too-many": (OK + headers(5000) + BODY, UNREADABLE),
    "long": (b"HTTP/1.1 403 No\r\nX: " + b"x" * 8190 + b"\r\n" + BODY, (403, b"[]")),
    "as-long-as-possible": (header(b"X: " + b"x" * (MAX_LINE - 1)), READ),
    "too-long": (header(b"X: " + b"x" * MAX_LINE), UNREADABLE),
    "long-name": (header(b"x" * 9000 + b": y"), READ),
    "too-long-name": (header(b"x" * (MAX_LINE + 1) + b": y"), UNREADABLE),
    "large-altogether": (OK + (b"X: " + b"x" * 60_000 + b"\r\n") * 90 + BODY, READ),
    "folded": (header(b"X: a\r\n b\r\n\tc"), READ),
    "folded-and-too-long": (header(b"X: a" + (b"\r\n " + b"b" * 8000) * 10), UNREADABLE),
    "latin": (header(b"X: Gen\xe8ve"), READ),
    "utf-8": (header("X: 10 €".encode()), READ),
    "control-characters": (header(b"X: a\x01b\x0b\x0c\x1c\x7f\x85"), READ),
    "return": (header(b"X: a\rb"), UNREADABLE),
    "line-feed-only": ((OK + BODY).replace(b"\r\n", b"\n"), READ),
    "no-value": (header(b"X:"), READ),
    "no-name": (header(b": a"), UNREADABLE),
    "no-colon": (header(b"hello"), UNREADABLE),
    "blank-before-the-colon": (header(b"X : a"), UNREADABLE),
    "blank-in-the-name": (header(b"X y: a"), UNREADABLE),
    "name-that-is-no-token": (header(b"X(y): a"), UNREADABLE),
    "name-that-is-not-ascii": (header(b"X\xe9: a"), UNREADABLE),
    "end-is-missing": (OK + b"X: y\r\n", BROKEN),
    "half": (OK + b"X: ", BROKEN),
}

LENGTHS: dict[str, tuple[bytes, object]] = {
    "until-the-end": (OK + b"\r\n[]", READ),
    "until-the-end-of-1.0": (b"HTTP/1.0 200 OK\r\n\r\n[]", READ),
    "zeros": (framed(b"Content-Length: 0002"), READ),
    "blanks": (framed(b"Content-Length:   2  "), READ),
    "none": (OK + b"Content-Length: 0\r\n\r\n", (200, b"")),
    "too-short": (framed(b"Content-Length: 5"), BROKEN),
    "twice": (framed(b"Content-Length: 2\r\nContent-Length: 2"), UNREADABLE),
    "two-different": (framed(b"Content-Length: 2\r\nContent-Length: 3"), UNREADABLE),
    "list": (framed(b"Content-Length: 2, 2"), UNREADABLE),
    "list-of-different": (framed(b"Content-Length: 2, 3"), UNREADABLE),
    **{
        f"length-{length.decode()}": (framed(b"Content-Length: " + length), UNREADABLE)
        for length in (b"", b"-2", b"+2", b"0x2", b"0_2", b"2.0", b"2 3", b"two", b"9" * 25, b"9" * 5000)
    },
    "and-chunks": (OK + b"Content-Length: 9\r\n" + CHUNKED + b"2\r\n[]" + END, UNREADABLE),
    "after-chunks": (OK + b"Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n2\r\n[]" + END, UNREADABLE),
    "and-identity": (framed(b"Transfer-Encoding: identity\r\nContent-Length: 2"), UNREADABLE),
    "identity": (framed(b"Transfer-Encoding: identity"), READ),
    "unknown-coding": (framed(b"Transfer-Encoding: xchunked"), READ),
    "no-coding": (framed(b"Transfer-Encoding:"), READ),
    "chunks-twice": (OK + b"Transfer-Encoding: chunked\r\n" + CHUNKED + b"2\r\n[]" + END, READ),
    "chunks-first": (OK + b"Transfer-Encoding: chunked, gzip\r\n\r\n[]", READ),
    "chunks-of-1.0": (b"HTTP/1.0 200 OK\r\n" + CHUNKED + b"2\r\n[]" + END, READ),
    "no-content": (b"HTTP/1.1 204 No Content\r\n\r\n", (204, b"")),
    "no-content-with-a-length": (b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n", (204, b"")),
    "not-modified": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", (304, b"")),
    "reset-content": (b"HTTP/1.1 205 Reset\r\n" + BODY, (205, b"[]")),
    "empty-lines-after": (OK + BODY + b"\r\n\r\n", READ),
    "another-answer-after": (OK + BODY + b"HTTP/1.1 500 X\r\n" + BODY, READ),
    "half-of-another-answer-after": (OK + BODY + b"HT", READ),
    "upgrade-of-another-status": (header(b"Upgrade: h2c\r\nConnection: Upgrade"), READ),
}

CHUNKS: dict[str, tuple[bytes, object]] = {
    "two": (chunks(b"1\r\n[\r\n1\r\n]" + END), READ),
    "leading-zeros": (chunks(b"0" * 20 + b"2\r\n[]" + END), READ),
    "blanks-after-the-length": (chunks(b"2  \r\n[]" + END), READ),
    "extension": (chunks(b"2;a=b;c\r\n[]" + END), READ),
    "extension-after-blanks": (chunks(b"2 ;a=b\r\n[]" + END), READ),
    "quoted-extension": (chunks(b'2;a="b \\" c";d\r\n[]' + END), READ),
    "extension-without-a-value": (chunks(b"2;a=\r\n[]" + END), READ),
    "extension-without-a-name": (chunks(b"2;=b\r\n[]" + END), READ),
    **{
        f"length-{length.decode(errors='replace')}": (chunks(length + b"\r\n[]" + END), UNREADABLE)
        for length in (b"-2", b"zz")
    },
    "largest-length": (chunks(b"F" * 16 + b"\r\n[]" + END), BROKEN),
    "nothing-after-the-data": (chunks(b"2\r\n[]0\r\n\r\n"), UNREADABLE),
    "longer-than-its-length": (chunks(b"1\r\n[]" + END), UNREADABLE),
    "shorter-than-its-length": (chunks(b"5\r\n[]"), BROKEN),
    "no-last-one": (chunks(b"2\r\n[]\r\n"), BROKEN),
    "trailers": (chunks(b"2\r\n[]\r\n0\r\nX: y\r\n\r\n"), READ),
    "trailers-do-not-count-as-headers": (
        b"HTTP/1.1 429 No\r\n" + CHUNKED + b"2\r\n[]\r\n0\r\nRetry-After: 7\r\n\r\n",
        (429, b"[]"),
    ),
    "long-trailer": (chunks(b"2\r\n[]\r\n0\r\nX: " + b"x" * 9000 + b"\r\n\r\n"), READ),
    "trailers-without-end": (chunks(b"2\r\n[]\r\n0\r\nX: y\r\n"), BROKEN),
}

ENCODINGS: dict[str, tuple[bytes, object]] = {
    "gzip": (encoded(b"gzip", ZIPPED), READ),
    "x-gzip": (encoded(b"x-gzip", ZIPPED), READ),
    "gzip-in-upper-case": (encoded(b" GZIP ", ZIPPED), READ),
    "gzip-in-chunks": (
        OK + b"Content-Encoding: gzip\r\n" + CHUNKED + b"".join(b"1\r\n%c\r\n" % byte for byte in ZIPPED) + END[2:],
        READ,
    ),
    "gzip-in-parts": (encoded(b"gzip", gzip.compress(b"[") + gzip.compress(b" ") * 2000 + gzip.compress(b"]")), None),
    "gzip-of-nothing": (encoded(b"gzip", gzip.compress(b"")), (200, b"")),
    "nothing-for-gzip": (encoded(b"gzip", b""), (200, b"")),
    "no-content-for-gzip": (b"HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n", (204, b"")),
    "no-gzip": (encoded(b"gzip", b"[]"), UNREADABLE),
    "gzip-without-end": (encoded(b"gzip", ZIPPED[:-3]), UNREADABLE),
    "gzip-with-a-wrong-sum": (encoded(b"gzip", ZIPPED[:-8] + b"1234" + ZIPPED[-4:]), UNREADABLE),
    "gzip-and-more": (encoded(b"gzip", ZIPPED + b"more"), UNREADABLE),
    "gzip-beyond-the-limit": (encoded(b"gzip", gzip.compress(b" " * 30_000_000)), TOO_LARGE),
    "identity": (encoded(b"identity", b"[]"), READ),
    "no-encoding": (encoded(b"", b"[]"), READ),
    "unknown": (encoded(b"none", b"[]"), READ),
    # These are not asked for, and not every installation can decode them.
    **{
        f"unasked-{encoding.decode()}": (encoded(encoding, b"\x1b..."), (200, b"\x1b..."))
        for encoding in (b"br", b"zstd", b"compress", b"gzip, gzip", b"deflate, gzip")
    },
    "unasked-deflate": (encoded(b"deflate", zlib.compress(b"[]")), (200, zlib.compress(b"[]"))),
}

INTERIM: dict[str, tuple[bytes, object]] = {
    "continue": (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + BODY, READ),
    "hints": (b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" * 3 + OK + BODY, READ),
    "with-a-length": (b"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n" + OK + BODY, READ),
    "with-chunks": (b"HTTP/1.1 103 Early Hints\r\n" + CHUNKED + OK + BODY, READ),
    "only": (b"HTTP/1.1 103 Early Hints\r\n\r\n", BROKEN),
    "unknown": (b"HTTP/1.1 199 X\r\n\r\n" + OK + BODY, READ),
    "switching": (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", UNREADABLE),
    "switching-to": (b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nxx", UNREADABLE),
}

CASES = {
    f"{group}-{name}": case
    for group, table in {
        "status": STATUS_LINES,
        "header": HEADERS,
        "length": LENGTHS,
        "chunk": CHUNKS,
        "encoding": ENCODINGS,
        "interim": INTERIM,
    }.items()
    for name, case in table.items()
}


class Server(RawTlsServer):
    """Gives the answer that it is told, to one request for each connection; keeps what was asked and said."""

    answer = b""
    asked: list[bytes]
    said: list[str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    def behave(connection: ssl.SSLSocket) -> None:
        running.asked.append(connection.recv(65536))
        connection.sendall(running.answer)
        # The client may have gone.
        with contextlib.suppress(OSError):
            connection.unwrap()

    with Server(tmp_path_factory.mktemp("tls"), behave) as running:
        yield running


@pytest.fixture(scope="module")
def transports(server: Server) -> Iterator[Transports]:
    with asyncio.Runner() as runner:
        yield (
            RequestsTransport(str(server.ca_file), CALL_PATIENCE),
            AiohttpTransport(str(server.ca_file), CALL_PATIENCE, 8),
            runner,
        )


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def results(server: Server, transports: Transports, answer: bytes) -> list[tuple[object, ...]]:
    """Return what each of the transports makes of an answer."""
    server.answer, server.asked, server.said = answer, [], []
    request = Request("GET", f"{server.url}/x", {})
    with_requests, with_aiohttp, runner = transports
    found: list[tuple[object, ...]] = []
    for call in (
        lambda: with_requests.send(request, CALL_PATIENCE),
        lambda: runner.run(with_aiohttp.send(request, CALL_PATIENCE)),
    ):
        try:
            response = call()
            told = (response.header("Retry-After"), response.header("Date"), response.header("X"))
            found.append((response.status, response.body, response.reason, *told))
        except TransportError as error:
            server.said.append(str(error))
            found.append((FAILED, error.sent, error.permanent))
    with_requests.close()
    runner.run(with_aiohttp.close())
    return found


@pytest.mark.parametrize(("answer", "expected"), CASES.values(), ids=CASES)
def test_an_answer_is_the_same_for_both(
    server: Server, transports: Transports, answer: bytes, expected: object
) -> None:
    one, other = results(server, transports, answer)
    assert one == other
    for text in server.said:
        assert len(text) < 200
        assert "xxx" not in text
    if isinstance(expected, tuple):
        assert one[:2] == expected
    elif expected:
        assert one == (FAILED, True, expected == TOO_LARGE)
        assert any(said.startswith(str(expected)) for said in server.said)


@pytest.mark.since_airflow("3.2", "an aiohttp that counts the headers of an interim answer")
def test_an_interim_answer_with_too_many_headers(server: Server, transports: Transports) -> None:
    answer = b"HTTP/1.1 100 Continue\r\n" + headers(150) + b"\r\n" + OK + BODY
    assert results(server, transports, answer) == [(FAILED, True, False)] * 2
    assert any(said.startswith(UNREADABLE) for said in server.said)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (b"Retry-After: 7\r\nretry-after: 9", ("7", None, None)),
        (b"Retry-After:\r\n 7", ("7", None, None)),
        (b"Retry-After: Tue, 15 Nov\r\n\t1994 08:12:31 GMT", ("Tue, 15 Nov 1994 08:12:31 GMT", None, None)),
        (b"Retry-After: 7\r\nDate: a\r\nDate: b", ("7", "a", None)),
        (b"X: \t a \t ", (None, None, "a")),
        ("X: 10 €".encode(), (None, None, "10 €")),
        (b"X: Gen\xe8ve", (None, None, "Gen\ufffdve")),
    ],
    ids=["twice", "folded", "folded-date", "date-twice", "blanks", "utf-8", "latin"],
)
def test_headers_are_read_alike(
    server: Server, transports: Transports, lines: bytes, told: tuple[str | None, ...]
) -> None:
    one, other = results(server, transports, b"HTTP/1.1 429 No\r\n" + lines + b"\r\n" + BODY)
    assert one == other == (429, b"[]", "No", *told)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [(b"  So  what ", "So what"), ("Garçon".encode(), "Garçon"), (b"Gar\xe7on", "Gar\ufffdon"), (b"", "")],
)
def test_reasons_are_read_alike(server: Server, transports: Transports, sent: bytes, reason: str) -> None:
    one, other = results(server, transports, b"HTTP/1.1 403 " + sent + b"\r\n" + BODY)
    assert one == other
    assert one[:3] == (403, b"[]", reason)


def test_only_what_both_can_decode_is_asked_for(server: Server, transports: Transports) -> None:
    results(server, transports, OK + BODY)
    assert len(server.asked) == 2
    for text in server.asked:
        lines = [line for line in text.split(b"\r\n") if line.lower().startswith(b"accept-encoding")]
        assert lines == [b"Accept-Encoding: gzip"]


def test_the_limits_of_other_code_in_this_process_stay_as_they_are() -> None:
    assert vars(http.client)["_MAXHEADERS"] == 100
    assert vars(http.client)["_MAXLINE"] == 65536
