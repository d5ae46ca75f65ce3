"""The delivery of an answer to the client: complete, changed, slowly, in part or not at all."""

from __future__ import annotations

import asyncio
import json
import math
import re
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from airflow_provider_partnercenter.emulator.errors import JSON
from airflow_provider_partnercenter.emulator.scenario.faults import Fault, FaultKind, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import Message, Receive, Scope, Send

    from airflow_provider_partnercenter.emulator.errors import ApiError

WIRE = "partnercenter.wire"
"""The ASGI extension through which the server gives the application the connection (see :mod:`.http.connection`)."""

_LINGER = 5.0
"""Seconds that a client has to close the connection after an answer with ``Connection: close``."""

_PORT = re.compile(r":(\d+)$")
_RAW = (FaultKind.SLOW_HEADERS, FaultKind.SLOW_BODY, FaultKind.TRUNCATED)


class Wire(Protocol):
    """The TLS connection under an HTTP request."""

    def write(self, data: bytes) -> None:
        """Send raw bytes over the connection."""

    def close(self, *, hard: bool = False) -> None:
        """Close the connection at once, with a TCP reset if ``hard``."""


@dataclass(slots=True)
class Answer:
    """An answer that has not been sent yet; the names of headers are in lower case."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    @classmethod
    def of(cls, error: ApiError) -> Answer:
        """Return the answer that refuses a request."""
        answer = cls(error.status)
        answer.replace_body(json.dumps(error.body).encode())
        answer.set("content-type", JSON)
        for name, value in error.headers.items():
            answer.set(name, value)
        return answer

    async def collect(self, message: Message) -> None:
        """Store an ASGI message of the application instead of sending it."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    def set(self, name: str, value: str) -> None:
        """Set a header, replacing existing ones with that name."""
        key = name.lower().encode()
        self.headers = [pair for pair in self.headers if pair[0] != key]
        self.headers.append((key, value.encode("latin-1")))

    def replace_body(self, body: bytes) -> None:
        """Replace the body and adjust the ``Content-Length``."""
        self.body = body
        # A 204 must not have a Content-Length.
        if self.status != HTTPStatus.NO_CONTENT:
            self.set("content-length", str(len(body)))

    def head(self) -> bytes:
        """Return the status line and the headers, for a connection that is closed afterwards."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}".encode()]
        lines += [name + b": " + value for name, value in self.headers]
        return b"\r\n".join([*lines, b"connection: close", b"", b""])

    async def send(self, send: Send) -> None:
        """Send the answer as ASGI messages."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


def answer_of(fault: Fault, host: str, path: str) -> Answer:
    """
    Return the fault's own answer.

    :param host: the host and port that the client used.
    :param path: the path that the client requested.
    """
    answer = Answer(fault.status)
    answer.replace_body(fault.body.encode())
    if fault.content_type and fault.body:
        answer.set("content-type", fault.content_type)
    for name, value in fault.headers:
        answer.set(name, value)
    if fault.retry_after is not None:
        # The client compares a date with its own clock, which shows real time.
        date = formatdate(math.ceil(time.time() + fault.retry_after), usegmt=True)
        answer.set("retry-after", date if fault.retry_date else number(fault.retry_after))
    if fault.elsewhere:
        port = _PORT.search(host)
        # The other name of the emulator: if the client follows, the journal shows with which credentials.
        other = "localhost" if host.startswith("127.0.0.1") else "127.0.0.1"
        answer.set("location", f"https://{other}:{port[1] if port else 443}/redirected{quote(path)}")
    return answer


def spoil(answer: Answer, fault: Fault, shorten: Callable[[str, float], str]) -> None:
    """
    Change an answer as its fault requires; an answer without a body stays as it is.

    :param shorten: returns a copy of an access token that is valid for only the given number of seconds.
    """
    if fault.kind is FaultKind.CONTENT_TYPE and answer.body:
        answer.set("content-type", fault.content_type)
    elif fault.kind is FaultKind.EMPTY:
        answer.replace_body(b"")
    elif fault.kind is FaultKind.CUT_OFF:
        answer.replace_body(answer.body[: len(answer.body) // 2])
    elif fault.kind is FaultKind.EARLY_EXPIRY and answer.status == HTTPStatus.OK:
        document = json.loads(answer.body)
        document["access_token"] = shorten(document["access_token"], fault.seconds)
        answer.replace_body(json.dumps(document).encode())


def pieces(data: bytes, wanted: int) -> list[bytes]:
    """Cut bytes into at most ``wanted`` pieces of about the same length."""
    size = max(1, math.ceil(len(data) / max(1, wanted)))
    return [data[start : start + size] for start in range(0, len(data), size)]


def schedule(answer: Answer, fault: Fault) -> Iterator[tuple[float, bytes]]:
    """Yield the raw bytes to send, each piece with the pause before it in seconds."""
    head, body = answer.head(), answer.body
    if fault.kind is FaultKind.TRUNCATED:
        # Without a body, cut the headers instead.
        yield 0.0, head + body[: len(body) // 2] if body else head[: len(head) // 2]
        return
    slow = head if fault.kind is FaultKind.SLOW_HEADERS or not body else body
    if slow is body:
        yield 0.0, head
    drops = pieces(slow, fault.pieces)
    for drop in drops:
        yield fault.seconds / len(drops), drop
    if slow is head:
        yield 0.0, body


async def deliver(answer: Answer, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer, and apply its fault, if any: for example a delay, or a connection that breaks."""
    if fault is None or fault.kind not in _RAW:
        await answer.send(send)
        return
    wire: Wire = scope["extensions"][WIRE]
    gone = asyncio.ensure_future(_gone(receive))
    try:
        for pause, data in schedule(answer, fault):
            if pause:
                await asyncio.wait([gone], timeout=pause)
            if gone.done():
                return
            wire.write(data)
        if fault.kind is not FaultKind.TRUNCATED:
            await asyncio.wait([gone], timeout=_LINGER)
    finally:
        wire.close(hard=fault.hard)
        await gone


async def close(fault: Fault, scope: Scope, receive: Receive) -> None:
    """Close the connection without an answer."""
    wire: Wire = scope["extensions"][WIRE]
    wire.close(hard=fault.hard)
    await _gone(receive)


async def _gone(receive: Receive) -> None:
    """
    Wait until the client is disconnected.

    The server sends a 500 if the application returns before it has noticed the end of the connection.
    """
    while (await receive())["type"] != "http.disconnect":
        pass
