"""
The middleware around the application: ids and headers, the journal, and the faults.

Faults come from *sources*: functions that take a request and may return a fault. The limit, the customers and the mix
by rate are the built-in sources. To add another one, give it to :func:`.app.create_application`.
"""

from __future__ import annotations

import json
import secrets
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.emulator.gateway.delivery import Answer, answer_of, close, deliver, spoil
from airflow_provider_partnercenter.emulator.gateway.request import ReceivedRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from airflow_provider_partnercenter.emulator.gateway.journal import Journal
    from airflow_provider_partnercenter.emulator.gateway.request import FaultSource
    from airflow_provider_partnercenter.emulator.partner.clock import Clock
    from airflow_provider_partnercenter.emulator.partner.tokens import Tokens
    from airflow_provider_partnercenter.emulator.scenario.faults import Fault

_REQUEST_CONTEXT = "appId=cid-v1:7d3f5b7e-9a41-4c3c-8f1d-2f6f0f3a9b10"


class Middleware:
    """
    An ASGI application that wraps the emulator's application.

    :param app: the wrapped application.
    :param journal: the journal that records the requests.
    :param clock: the emulator's clock.
    :param tokens: used to find the kind of a request's token.
    :param sources: the sources of faults; the first one that returns a fault wins.
    """

    def __init__(
        self, app: ASGIApp, journal: Journal, clock: Clock, tokens: Tokens, sources: Sequence[FaultSource]
    ) -> None:
        self._app = app
        self._journal = journal
        self._clock = clock
        self._tokens = tokens
        self._sources = sources

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/emulator/"):
            await self._app(scope, receive, send)
            return
        exchange = await _read(scope, receive)
        if exchange is None:
            return
        # The journal shows the time of arrival, although a request is recorded only once its status is known.
        at = self._clock.now().isoformat()
        own_headers = self._own_headers(exchange)
        fault = next((fault for source in self._sources if (fault := source(exchange))), None)
        answer = Answer()
        if fault is None or fault.kind.acts:
            await self._app(scope, _replay(exchange.body), answer.collect)
        # If the application did not answer, the default status is 500, a failure.
        carried_out = answer.status < HTTPStatus.BAD_REQUEST
        if fault is not None and fault.kind.answers:
            answer = answer_of(fault, exchange.headers.get("host", "localhost"), exchange.path)
        elif fault is not None:
            spoil(answer, fault, self._tokens.shortened)
        closes = fault is not None and fault.kind.closes
        for name, value in own_headers.items():
            answer.set(name, value)
        self._note(exchange, at, own_headers, None if closes else answer.status, fault, carried_out)
        if fault is not None and closes:
            await close(fault, scope, receive)
        else:
            await deliver(answer, fault, scope, receive, send)

    def _own_headers(self, exchange: ReceivedRequest) -> dict[str, str]:
        if not exchange.to_api:
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

    def _note(
        self,
        exchange: ReceivedRequest,
        at: str,
        own_headers: dict[str, str],
        status: int | None,
        fault: Fault | None,
        carried_out: bool,
    ) -> None:
        # A followed redirect counts as a request to the API here, so its token and its body are recorded.
        to_api = exchange.path.startswith(("/v1/", "/redirected/"))
        self._journal.add(
            at=at,
            method=exchange.method,
            path=exchange.path,
            query=exchange.query,
            customer_id=exchange.customer_id,
            request_id=own_headers.get("MS-RequestId"),
            correlation_id=own_headers.get("MS-CorrelationId"),
            authorization=self._tokens.kind(exchange.headers.get("authorization")) if to_api else None,
            status=status,
            fault=fault.label if fault else None,
            carried_out=carried_out,
            # Only bodies of requests to the API: those to the login service contain secrets.
            body=_document(exchange.body) if to_api else None,
            grant_type=exchange.grant_type,
        )


async def _read(scope: Scope, receive: Receive) -> ReceivedRequest | None:
    """Read a request; return ``None`` if the client disconnected before it was complete."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return ReceivedRequest(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, body)


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _document(body: bytes) -> Any:
    """Return a body for the journal: the JSON document, or the first 1000 characters if it is not JSON."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")[:1000]
