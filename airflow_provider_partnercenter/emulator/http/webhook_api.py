"""The routes of the API under ``/webhooks/v1``; :mod:`.webhooks.state` makes all decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from airflow_provider_partnercenter.emulator.http.partner_api import check_json, json_answer
from airflow_provider_partnercenter.emulator.webhooks.events import EVENTS

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.partner.tokens import Tokens
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
