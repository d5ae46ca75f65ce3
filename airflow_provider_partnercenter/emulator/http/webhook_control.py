"""The control API under ``/emulator/webhooks``: the registration without a token, and events that happen now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from airflow_provider_partnercenter.emulator.errors import ApiError
from airflow_provider_partnercenter.emulator.http.control_api import invalid, read_members
from airflow_provider_partnercenter.emulator.http.partner_api import json_answer
from airflow_provider_partnercenter.emulator.scenario.reading import optional, text, whole
from airflow_provider_partnercenter.emulator.webhooks.registration import Registration
from airflow_provider_partnercenter.emulator.webhooks.state import MAX_ATTEMPTS

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.webhooks.state import Webhooks

_EVENT = {"event": text, "customer_id": optional(text), "kind": text, "attempts": optional(whole(1, MAX_ATTEMPTS))}


def webhook_control_routes(webhooks: Webhooks) -> APIRouter:
    """
    Return the routes of the control API for webhooks.

    :param webhooks: the webhooks of the partner's tenant.
    """
    routes = APIRouter(prefix="/emulator/webhooks")

    @routes.get("/registration")
    async def get_registration() -> Response:
        if webhooks.registration is None:
            raise ApiError(404, {"error": "no webhook is registered"})
        return json_answer(webhooks.registration.to_json())

    @routes.put("/registration")
    async def put_registration(request: Request) -> Response:
        try:
            webhooks.registration = Registration.from_json(await request.body())
        except ValueError as error:
            raise invalid(str(error)) from None
        return json_answer(webhooks.registration.to_json())

    @routes.get("")
    async def list_deliveries(
        event_id: str | None = None, event: str | None = None, customer_id: str | None = None
    ) -> Response:
        return json_answer(webhooks.outbox.log.select(event_id, event, customer_id))

    @routes.post("")
    async def send_event(request: Request) -> Response:
        values = await read_members(request, _EVENT)
        if "event" not in values:
            raise invalid("event: is required")
        try:
            event_id = webhooks.send(**values)
        except ValueError as error:
            raise invalid(str(error)) from None
        return json_answer({"event_id": event_id})

    @routes.get("/root")
    async def get_root() -> Response:
        return Response(webhooks.certificates.root_pem, media_type="application/x-pem-file")

    return routes
