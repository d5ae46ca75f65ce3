"""
What happens to every request around the application: ids and headers, the journal, and everything that goes wrong.

Faults come from *sources*: functions that look at a request and may return a fault. The magic customers are one; a
further one is added to the list that :func:`.app.create_application` is given, and nothing else has to change.
"""

from __future__ import annotations

import json
import re
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from airflow_provider_partnercenter.emulator.behaviour import Fault, FaultKind
from airflow_provider_partnercenter.emulator.state import GUID, State

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from airflow_provider_partnercenter.emulator.tokens import Tokens

ABORT = "partnercenter.abort"
"""The ASGI extension by which the server lets a connection be closed without an answer (see :mod:`.protocol`)."""

_CUSTOMER_PATH = re.compile(r"/v1/customers/([^/]+)")
_REQUEST_CONTEXT = "appId=cid-v1:7d3f5b7e-9a41-4c3c-8f1d-2f6f0f3a9b10"


@dataclass(frozen=True, slots=True)
class Exchange:
    """
    One request, read completely.

    :param headers: with names in lower case.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def customer_id(self) -> str | None:
        """The customer that the path names."""
        match = _CUSTOMER_PATH.match(self.path)
        return match[1].lower() if match and GUID.fullmatch(match[1].lower()) else None

    @property
    def grant_type(self) -> str | None:
        """The grant of a request to the token endpoint."""
        if not self.path.endswith("/token"):
            return None
        return parse_qs(self.body.decode("latin-1")).get("grant_type", [None])[0]


FaultSource = Callable[[Exchange], Fault | None]


@dataclass(slots=True)
class Answer:
    """An answer that was not sent yet."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def collect(self, message: Message) -> None:
        """Take a message of the application instead of sending it."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    async def send(self, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})

    @classmethod
    def of(cls, fault: Fault) -> Answer:
        """Return the answer that a fault sends."""
        headers = [("content-type", fault.content_type), ("content-length", str(len(fault.body.encode())))]
        if fault.retry_after is not None:
            headers.append(("retry-after", str(fault.retry_after)))
        return cls(fault.status, [(name.encode(), value.encode()) for name, value in headers], fault.body.encode())


class Middleware:
    """
    The ASGI application around the application.

    :param app: the application.
    :param state: whose journal is kept.
    :param tokens: to tell who is asking.
    :param sources: where faults come from; the first that returns one wins.
    """

    def __init__(self, app: ASGIApp, state: State, tokens: Tokens, sources: Sequence[FaultSource]) -> None:
        self._app = app
        self._state = state
        self._tokens = tokens
        self._sources = sources

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/emulator/"):
            await self._app(scope, receive, send)
            return
        exchange = await _read(scope, receive)
        if exchange is None:
            return
        # The time of arrival: a request is journalled once its status is known.
        at = self._state.clock.now().isoformat()
        own_headers = self._own_headers(exchange)
        fault = next((fault for source in self._sources if (fault := source(exchange))), None)
        answer: Answer | None = None
        if fault is None or fault.kind is FaultKind.LOST_ANSWER:
            answer = Answer()
            await self._app(scope, _replay(exchange.body), answer.collect)
        elif fault.kind is FaultKind.ANSWER:
            answer = Answer.of(fault)
        lost = answer is None or (fault is not None and fault.kind is FaultKind.LOST_ANSWER)
        self._note(exchange, at, own_headers, None if answer is None or lost else answer.status)
        if answer is None or lost:
            await _close(scope, receive)
            return
        answer.headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in own_headers.items()]
        await answer.send(send)

    def _own_headers(self, exchange: Exchange) -> dict[str, str]:
        if not exchange.path.startswith("/v1/"):
            return {}
        locale = exchange.headers.get("x-locale", "en-US")
        headers = {
            "MS-RequestId": exchange.headers.get("ms-requestid") or str(uuid.uuid4()),
            "MS-CorrelationId": exchange.headers.get("ms-correlationid") or str(uuid.uuid4()),
            "MS-CV": f"{secrets.token_urlsafe(12)}.0",
            "MS-ServerId": "0000112D",
            "Request-Context": _REQUEST_CONTEXT,
            "X-Locale": f"{locale},{locale}",
        }
        if exchange.headers.get("validatemfa", "").lower() == "true":
            compliant = self._tokens.mfa_compliant(exchange.headers.get("authorization"))
            if compliant is not None:
                headers["isMfaCompliant"] = str(compliant).lower()
        return headers

    def _note(self, exchange: Exchange, at: str, own_headers: dict[str, str], status: int | None) -> None:
        to_api = exchange.path.startswith("/v1/")
        self._state.journal.add(
            at=at,
            method=exchange.method,
            path=exchange.path,
            query=exchange.query,
            customer_id=exchange.customer_id,
            request_id=own_headers.get("MS-RequestId"),
            correlation_id=own_headers.get("MS-CorrelationId"),
            authorization=self._tokens.kind(exchange.headers.get("authorization")) if to_api else None,
            status=status,
            # Only bodies of the API: those of the login service are secrets.
            body=_document(exchange.body) if to_api else None,
            grant_type=exchange.grant_type,
        )


async def _read(scope: Scope, receive: Receive) -> Exchange | None:
    """Read a request; ``None`` if the client went away before it was complete."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Exchange(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, body)


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _close(scope: Scope, receive: Receive) -> None:
    """Close the connection without an answer."""
    scope["extensions"][ABORT]()
    # The server sends a 500 by itself if the application returns before it has noticed the end of the connection.
    while (await receive())["type"] != "http.disconnect":
        pass


def _document(body: bytes) -> Any:
    """Return a body for the journal: its JSON document, or its text if it is none."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")[:1000]
