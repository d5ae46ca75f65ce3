"""The routes of the API under ``/v1``; :mod:`.state` and :mod:`.rules` make all decisions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from airflow_provider_partnercenter.emulator.errors import (
    JSON,
    ApiError,
    refused,
    refused_by_customer_service,
    refused_by_gateway,
)
from airflow_provider_partnercenter.emulator.http import render
from airflow_provider_partnercenter.emulator.http.paging import requested_page
from airflow_provider_partnercenter.emulator.partner.rules import read_filter
from airflow_provider_partnercenter.emulator.scenario.customer_list import spoiled

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.login.tokens import Tokens
    from airflow_provider_partnercenter.emulator.partner.customers import CustomerRecord
    from airflow_provider_partnercenter.emulator.partner.state import State

JSON_TYPES = ("application/json", "text/json")
_FILTERS = {"CompanyName": "company_name", "Domain": "domain"}


def json_answer(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return an answer with a JSON document."""
    return Response(json.dumps(document), status, headers, JSON)


def media_type(request: Request) -> str:
    """Return the media type of a request's body, in lower case and without parameters; empty if it names none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def check_json(request: Request) -> None:
    """Refuse a request whose body is not JSON by its media type."""
    if media_type(request) not in JSON_TYPES:
        raise refused(415, 800002, f"Invalid request input: the Content-Type must be {JSON_TYPES[0]}.")


def _bytes_answer(status: int, body: bytes) -> Response:
    return Response(body, status, media_type=JSON if body else None)


def api_routes(state: State, tokens: Tokens) -> APIRouter:
    """
    Return the routes of the API.

    :param state: the emulated Partner Center.
    :param tokens: checks the callers' access tokens.
    """
    routes = APIRouter(prefix="/v1")

    def authorize(request: Request, *, user_only: bool = False) -> None:
        caller = tokens.judge(request.headers.get("authorization"))
        if not caller.has_role:
            raise refused(403, 900308, "The signed-in user has no role in Partner Center that allows this.")
        if user_only and not caller.user:
            raise refused(403, 900329, "This operation does not accept App-only tokens.")

    def authorize_write(request: Request) -> None:
        authorize(request, user_only=True)
        check_json(request)

    def legacy() -> None:
        if state.settings.legacy_retired:
            raise refused_by_gateway(404, "Resource not found")

    @routes.get("/customers")
    async def list_customers(request: Request) -> Response:
        authorize(request)
        page = requested_page(request, "filter")
        customers = _filtered(state.listed(), page.given.get("filter", ""))
        uri = f"/v1/customers?size={page.size}&seekOperation=Next"
        following = (uri, page.following.token) if page.following.offset < len(customers) else None
        items = [render.listed_customer(record) for record in page.of(customers)]
        document = render.collection(items, f"/customers?{request.url.query}", following)
        return json_answer(spoiled(document, state.list_fault, first=page.first, uri=uri, token=page.token))

    @routes.get("/auditrecords")
    async def list_audit_records(request: Request) -> Response:
        authorize(request, user_only=True)
        page = requested_page(request, "startDate", "endDate", "filter")
        deeds = state.audit.select(page.given, state.clock.now(), first=page.first)
        uri = f"/v1/auditrecords?{urlencode({**page.given, 'size': page.size, 'seekOperation': 'Next'})}"
        following = (uri, page.following.token) if page.following.offset < len(deeds) else None
        items = [render.audit_record(deed, state.settings) for deed in page.of(deeds)]
        return json_answer(render.collection(items, f"/auditrecords?{request.url.query}", following))

    @routes.get("/customers/all/validations")
    async def list_codes(request: Request) -> Response:
        authorize(request)
        return json_answer([code.to_json(state.settings.tenant_id) for code in state.codes.values()])

    @routes.get("/customers/{customer_id}")
    async def get_customer(request: Request, customer_id: str) -> Response:
        authorize(request)
        return json_answer(render.customer(state.customer(customer_id)))

    @routes.get("/customers/{customer_id}/profiles/company")
    async def get_company_profile(request: Request, customer_id: str) -> Response:
        authorize(request)
        return json_answer(render.customer(state.customer(customer_id))["companyProfile"])

    @routes.get("/customers/{customer_id}/profiles/billing")
    async def get_billing_profile(request: Request, customer_id: str) -> Response:
        authorize(request)
        return json_answer(render.customer(state.customer(customer_id))["billingProfile"])

    @routes.get("/customers/{customer_id}/qualifications")
    async def get_qualifications(request: Request, customer_id: str) -> Response:
        authorize(request)
        customer = state.customer(customer_id)
        return _bytes_answer(*render.qualifications(customer.behaviour, state.read(customer)))

    @routes.post("/customers/{customer_id}/qualifications")
    async def create_qualification(request: Request, customer_id: str, code: str | None = None) -> Response:
        authorize_write(request)
        customer = state.customer(customer_id)
        key = (customer.customer_id, request.headers.get("ms-requestid", "").lower())
        replayable = bool(key[1]) and state.settings.idempotent_request_ids
        if replayable and (first := state.first_answers.get(key)):
            return _bytes_answer(*first)
        try:
            entry = state.submit(customer, await request.body(), code)
            status, body = render.created(customer.behaviour, entry)
        except ApiError as error:
            status, body = error.status, json.dumps(error.body).encode()
        if replayable:
            state.first_answers[key] = status, body
        return _bytes_answer(status, body)

    @routes.get("/customers/{customer_id}/qualification")
    async def get_qualification(request: Request, customer_id: str) -> Response:
        legacy()
        authorize(request)
        return json_answer(render.squashed(state.read_legacy(state.customer(customer_id))))

    @routes.put("/customers/{customer_id}/qualification")
    async def set_qualification(request: Request, customer_id: str, code: str | None = None) -> Response:
        legacy()
        authorize_write(request)
        customer = state.customer(customer_id)
        return json_answer(render.squashed(state.set_legacy(customer, await request.body(), code)))

    @routes.get("/customers/{customer_id}/validations")
    async def get_used_code(request: Request, customer_id: str) -> Response:
        authorize(request)
        customer = state.customer(customer_id)
        if customer.used_code is None:
            raise refused(404, 1000, f"Not found: no validation code was used for customer {customer_id}.")
        code = state.codes[customer.used_code]
        return json_answer(
            {
                "partnerId": state.settings.tenant_id,
                "customerId": customer.customer_id,
                "validationId": code.validation_id,
                "organizationName": code.organization_name,
                "eTag": code.etag,
            }
        )

    @routes.get("/customers/{customer_id}/validationStatus")
    async def get_account_status(request: Request, customer_id: str) -> Response:
        authorize(request, user_only=True)
        customer = state.customer(customer_id)
        if request.query_params.get("type", "").lower() != "account":
            raise refused(400, 800002, "Invalid request input: 'type' is required and can only be 'account'.")
        if (status := customer.behaviour.account_status) is None:
            text = f"Account Status for the customer, {customer_id} was not found."
            raise refused_by_customer_service(404, 600074, "AccountStatusNotFound", text)
        # Microsoft's sample has no time zone.
        since = f"{state.clock.now():%Y-%m-%dT00:00:00}"
        return json_answer({"type": "account", "status": status, "lastUpdateDateTime": since})

    return routes


def _filtered(customers: list[CustomerRecord], text: str) -> list[CustomerRecord]:
    """Return the customers that match a filter; ``starts_with`` is the only operator for customers."""
    field, value = read_filter(text, dict.fromkeys(_FILTERS, "starts_with"))
    if not field:
        return customers
    return [c for c in customers if getattr(c.company, _FILTERS[field]).lower().startswith(value.lower())]
