"""
The routes of the API under ``/webhooks/v1``, and those of the certificates that webhooks are signed with.

:mod:`.webhooks.state` makes all decisions.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from airflow_provider_partnercenter.emulator.errors import refused_by_gateway
from airflow_provider_partnercenter.emulator.http.partner_api import check_json, json_answer
from airflow_provider_partnercenter.emulator.webhooks.events import EVENTS
from airflow_provider_partnercenter.emulator.webhooks.kinds import (
    CERTIFICATE_FAULTS,
    CERTIFICATES,
    OVERSIZED,
    chain_of,
)

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.gateway.request import ReceivedRequest
    from airflow_provider_partnercenter.emulator.login.tokens import Tokens
    from airflow_provider_partnercenter.emulator.scenario.faults import Fault
    from airflow_provider_partnercenter.emulator.webhooks.certificates import Certificates
    from airflow_provider_partnercenter.emulator.webhooks.state import Webhooks


def webhook_routes(webhooks: Webhooks, tokens: Tokens) -> APIRouter:
    """
    Return the routes of the registration.

    :param webhooks: the webhooks of the partner's tenant.
    :param tokens: checks the callers' access tokens, of which both kinds are accepted.
    """
    routes = APIRouter(prefix="/webhooks/v1/registration")

    def authorize(request: Request) -> None:
        tokens.judge(request.headers.get("authorization"))

    @routes.get("")
    async def get_registration(request: Request) -> Response:
        authorize(request)
        return json_answer(webhooks.show())

    @routes.post("")
    async def create_registration(request: Request) -> Response:
        authorize(request)
        check_json(request)
        return json_answer(webhooks.register(await request.body()))

    @routes.put("")
    async def replace_registration(request: Request) -> Response:
        authorize(request)
        check_json(request)
        return json_answer(webhooks.replace(await request.body()))

    @routes.get("/events")
    async def list_events(request: Request) -> Response:
        authorize(request)
        return json_answer(list(EVENTS))

    @routes.post("/validationEvents")
    async def create_validation_event(request: Request) -> Response:
        authorize(request)
        return json_answer({"correlationId": webhooks.request_test()})

    @routes.get("/validationEvents/{correlation_id}")
    async def get_validation_event(request: Request, correlation_id: str) -> Response:
        authorize(request)
        return json_answer(webhooks.test_results(correlation_id))

    return routes


def certificate_routes(certificates: Certificates) -> APIRouter:
    """Return the routes at which a receiver fetches the certificate that a webhook names. They need no token."""
    routes = APIRouter(prefix="/cert")

    @routes.get("/{name}.cer")
    async def get_certificate(name: str) -> Response:
        if name not in CERTIFICATES:
            raise refused_by_gateway(404, "Resource not found")
        # Making a key may take a second.
        pem = await asyncio.to_thread(certificates.pem, chain_of(name))
        padding = b"\n" * OVERSIZED if name == "oversized" else b""
        return Response(pem + padding, media_type="application/octet-stream")

    return routes


def certificate_fault(exchange: ReceivedRequest) -> Fault | None:
    """Return the fault of a request for a certificate; ``None`` for any other request."""
    return CERTIFICATE_FAULTS.get(exchange.path)
