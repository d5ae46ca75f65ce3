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

from airflow_provider_partnercenter.client.wire import loads
from airflow_provider_partnercenter.emulator.gateway.admission import failure, refusal, too_deep
from airflow_provider_partnercenter.emulator.gateway.delivery import Answer, answer_of, close, deliver, spoil
from airflow_provider_partnercenter.emulator.gateway.request import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from airflow_provider_partnercenter.emulator.gateway.journal import Journal
    from airflow_provider_partnercenter.emulator.gateway.request import FaultSource, ReceivedRequest
    from airflow_provider_partnercenter.emulator.login.tokens import Tokens
    from airflow_provider_partnercenter.emulator.partner.clock import Clock
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
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = await read(scope, receive)
        if exchange is None:
            return
        # The journal shows the time of arrival, although a request is recorded only once its status is known.
        now = self._clock.now()
        own_headers = self._own_headers(exchange)
        try:
            answer, fault, carried_out = await self._meet(exchange, scope)
        except Exception as error:  # noqa: BLE001  # whatever it is, the client gets an answer and the journal a record
            answer, fault, carried_out = Answer.of(failure(exchange, error, now)), None, False
        closes = fault is not None and fault.kind.closes
        for name, value in own_headers.items():
            answer.set(name, value)
        if not exchange.to_control:
            status = None if closes else answer.status
            self._note(exchange, now.isoformat(), own_headers, status, fault, carried_out)
        if fault is not None and closes:
            await close(fault, scope, receive)
        else:
            await deliver(answer, fault, scope, receive, send)

    async def _meet(self, exchange: ReceivedRequest, scope: Scope) -> tuple[Answer, Fault | None, bool]:
        """Return the answer, the fault that the request met, and whether the request was carried out."""
        if exchange.to_control:
            return await self._ask(exchange, scope), None, False
        fault = next((fault for source in self._sources if (fault := source(exchange))), None)
        acts = fault is None or fault.kind.acts
        answer = await self._ask(exchange, scope) if acts else Answer()
        carried_out = acts and answer.status < HTTPStatus.BAD_REQUEST
        if fault is not None and fault.kind.answers:
            answer = answer_of(fault, exchange.headers.get("host", "localhost"), exchange.path)
        elif fault is not None:
            spoil(answer, fault, self._tokens.shortened)
        return answer, fault, carried_out

    async def _ask(self, exchange: ReceivedRequest, scope: Scope) -> Answer:
        """Let the application answer, unless it should not get the request."""
        if error := refusal(exchange):
            return Answer.of(error)
        answer = Answer()
        await self._app(scope, _replay(exchange.body), answer.collect)
        return answer

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
        to_api = exchange.to_api or exchange.path.startswith("/redirected/")
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


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _document(body: bytes) -> Any:
    """Return a body for the journal: the JSON document, or the first 1000 characters if it cannot be read."""
    try:
        if not too_deep(body):
            document = loads(body)
            # 1e999 is read as an infinite number, which is not valid JSON when it is written.
            json.dumps(document, allow_nan=False)
            return document
    except ValueError:
        pass
    return body.decode(errors="replace")[:1000]
