"""Bytes that are no HTTP, or hardly: both clients end in time, with a value or an error of ours."""

from __future__ import annotations

import gzip
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.protocol.budget import RequestBudget
from airflow_provider_partnercenter.client.protocol.retry import RetryPolicy
from airflow_provider_partnercenter.client.settings import ClientSettings
from tests.support import generated
from tests.support.clients.both_clients import KINDS, RawTlsServer, User
from tests.support.generated import TALLY, examples
from tests.support.invariants import check_error, check_value

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_provider_partnercenter.client.protocol.commands import Response

CALL_TIMEOUT = 0.6
# Most streams end at once; one that does not takes the whole time-out, and on a busy machine some seconds more.
PATIENCE = CALL_TIMEOUT + 60.0


class Server(RawTlsServer):
    """Answers every request with the same bytes, and then closes the connection or not."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, self._answer)
        self.stream, self.closes = b"", True
        self.requests: list[bytes] = []

    def _answer(self, connection: ssl.SSLSocket) -> None:
        while request := connection.recv(65536):
            self.requests.append(request)
            connection.sendall(self.stream)
            if self.closes:
                return


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("raw")) as server:
        yield server


class Token:
    """Stands in for the token source."""

    def cached(self, refused: str | None = None) -> str:
        return "token"


@pytest.fixture(scope="module", params=KINDS)
def user(request: pytest.FixtureRequest, server: Server) -> Iterator[User]:
    who = Credentials("app", "tenant", server.url, "scope/.default", "secret")
    with User(
        request.param, ClientSettings(who, server.url, ca_bundle=str(server.ca_file), timeout=CALL_TIMEOUT)
    ) as user:
        user.client.tokens = Token()
        user.client.exchange.policy = RetryPolicy(attempts=1, total=CALL_TIMEOUT)
        yield user


lines = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.0 200 OK",
        b"HTTP/1.1 200",
        b"HTTP/1.1 204 No Content",
        b"HTTP/1.1 503 Busy",
        b"HTTP/1.1 302 Found",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
        b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 200 OK",
        b"HTTP/1.1 101 Switching Protocols",
        b"HTTP/1.1 000 Zero",
        b"HTTP/1.1 99999 Many",
        b"HTTP/1.1 -200 OK",
        b"HTTP/9.9 200 OK",
        b"HTTP/1.1 200 \xff\xfe\x00",
        b"ICY 200 OK",
        b"",
        b"\x00\x01\x02",
        b"HTTP/1.1 200 " + b"x" * 70_000,
    ]
) | st.binary(max_size=30)
plain = st.sampled_from(
    [
        b"Content-Type: application/json",
        b"Content-Type: text/html; charset=no-such-charset",
        b"Content-Length: 2",
        b"Content-Length: 0",
        b"Content-Length: 100",
        b"Content-Length: 2\r\nContent-Length: 3",
        b"Content-Length: -1",
        b"Content-Length: 99999999999999999999999999",
        b"Content-Length: x",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 2",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: \x00",
        b"Content-Encoding: gzip",
        b"Content-Encoding: deflate",
        b"Content-Encoding: br",
        b"Content-Encoding: zstd",
        b"Content-Encoding: gzip, gzip",
        b"Content-Encoding: no-such-encoding",
        b"Location: https://localhost:1/\xff\xfe",
        b"Location: //[",
        b"Location: /elsewhere",
        b"Set-Cookie: a=b",
        b"Set-Cookie: \x01=\x02; Domain=\xff; Max-Age=x; Expires=never",
        b"Connection: close",
        b"Connection: upgrade\r\nUpgrade: websocket",
        b"Retry-After: \xff",
        b"Link: <\xff>; rel=\x00",
        b"No colon",
        b" folded",
        b": no name",
        b"Na me: x",
        b"Nul: \x00",
        b"Many: x\r\n" * 120 + b"Last: x",
        b"Long: " + b"x" * 70_000,
        b"Bare: a\rb",
    ]
)
heads = st.lists(plain | st.binary(max_size=20), max_size=4)
payloads = st.sampled_from(
    [
        b"",
        b"[]",
        b'[{"qualification": "Education", "vettingStatus": "InReview"}]',
        b"2\r\n[]\r\n0\r\n\r\n",
        b"2\r\n[]\r\n",
        b"-5\r\n[]",
        b"zz\r\n[]",
        b"ffffffffffffffffffff\r\n[]",
        b"2;" + b"x" * 70_000 + b"\r\n[]\r\n0\r\n\r\n",
        b"2\r\n[]xx0\r\n\r\n",
        b"0\r\nTrailer: x\r\n\r\n",
        gzip.compress(b"[]"),
        gzip.compress(b"[]")[:-4],
        gzip.compress(gzip.compress(b"[]")),
        gzip.compress(b"[" + b" " * 20_000_000 + b"]"),
        b"\x1f\x8b\x08\x00",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ]
) | st.binary(max_size=40)


def _stream(line: bytes, head: list[bytes], payload: bytes, end: bytes, cut: int | None) -> bytes:
    stream = end.join([line, *head, b"", payload])
    return stream if cut is None else stream[:cut]


streams = st.builds(
    _stream,
    st.just(b"HTTP/1.1 200 OK") | lines,
    heads,
    payloads,
    st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n"]),
    st.none() | st.none() | st.integers(0, 200),
)


def check(server: Server, user: User, stream: bytes, closes: bool) -> Any:
    """Read with a client; return the value, or the error, checked."""
    TALLY["raw answers"] += 1
    server.stream, server.closes = stream, closes
    server.requests.clear()
    # The request of a case before may arrive only now.
    customer = str(uuid.uuid4())
    # Nothing of one case is for the next.
    user.client.exchange.budget = RequestBudget(0)
    began = time.monotonic()
    try:
        result = user.get_qualifications(customer)
    except PartnerCenterError as error:
        check_error(error)
        result = error
    else:
        check_value(result)
    user.close()
    assert time.monotonic() - began < PATIENCE
    assert sum(customer.encode() in request for request in server.requests) <= 1
    return result


@examples(150)
@given(stream=streams, closes=st.sampled_from([True] * 9 + [False]))
def test_streams(server: Server, user: User, stream: bytes, closes: bool) -> None:
    check(server, user, stream, closes)


@examples(50)
@given(line=lines, response=generated.responses(generated.qualifications), closes=st.just(True))
def test_generated_answers(server: Server, user: User, line: bytes, response: Response, closes: bool) -> None:
    head = [f"{name}: {value}".encode("utf-8", "surrogateescape") for name, value in response.headers.items()]
    check(server, user, b"\r\n".join([line, *head, b"", response.body]), closes)
