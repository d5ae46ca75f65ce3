"""
The control API under ``/emulator``, for tests and demos: journal, clock, customers, faults, limit, consent.

It needs no token.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response

from airflow_provider_partnercenter.client.wire import loads
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.errors import ApiError
from airflow_provider_partnercenter.emulator.http.partner_api import json_answer
from airflow_provider_partnercenter.emulator.mix import Mix
from airflow_provider_partnercenter.emulator.scenario.customer_list import ListFault
from airflow_provider_partnercenter.emulator.scenario.limits import Limit
from airflow_provider_partnercenter.emulator.scenario.login_refusals import MOST, refusal
from airflow_provider_partnercenter.emulator.scenario.reading import (
    Reader,
    at,
    flag,
    members,
    number,
    one_of,
    optional,
    text,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_partnercenter.emulator.gateway.faults_by_rate import FaultsByRate
    from airflow_provider_partnercenter.emulator.gateway.journal import Journal
    from airflow_provider_partnercenter.emulator.gateway.traffic import Traffic
    from airflow_provider_partnercenter.emulator.login.service import LoginService
    from airflow_provider_partnercenter.emulator.login.tokens import Tokens
    from airflow_provider_partnercenter.emulator.partner.customers import CustomerRecord
    from airflow_provider_partnercenter.emulator.partner.state import State


def describe_customer(record: CustomerRecord, state: State) -> dict[str, Any]:
    """Return the answer of ``GET /emulator/customers/{id}``, without counting it as a read."""
    now = state.clock.now()
    entries = []
    for entry in record.entries:
        verdict = entry.verdict(now)
        entries.append(
            {
                "qualification": str(entry.qualification),
                "vettingStatus": verdict and verdict.status,
                "vettingReason": verdict and verdict.reason,
                "vettingCreatedDate": entry.created.isoformat(),
                "visible": entry.visible_from <= now,
                "reads": entry.reads,
            }
        )
    return {
        "id": record.customer_id,
        "name": record.name,
        "attempts": record.attempts,
        "education_attempts": record.education_attempts,
        "used_code": record.used_code,
        "qualifications": entries,
        "company": asdict(record.company),
    }


def describe_faults(faults: FaultsByRate) -> dict[str, Any]:
    """Return the answer of ``GET /emulator/faults``: the mix, and how often each kind struck."""
    return {**faults.mix.to_json(), "struck": dict(faults.struck)}


def control_routes(
    state: State,
    tokens: Tokens,
    login: LoginService,
    requests: Journal,
    faults: FaultsByRate,
    traffic: Traffic,
    reset: Callable[[], None],
) -> APIRouter:
    """
    Return the routes of the control API.

    :param state: the customers, the codes and the clock.
    :param tokens: the refresh tokens, which a new consent creates and a withdrawn one revokes.
    :param login: the login service, which may be told who signs in and what to refuse.
    :param requests: the journal.
    :param faults: the faults by rate.
    :param traffic: the traffic to the API and its limit.
    :param reset: restores the initial state.
    """
    routes = APIRouter(prefix="/emulator")

    @routes.get("/health")
    async def health() -> Response:
        return json_answer({"status": "ok", "time": state.clock.now().isoformat()})

    @routes.get("/magic")
    async def list_magic() -> Response:
        return json_answer(
            [{"name": name, "customer_id": row_id, "summary": text} for name, row_id, text in magic.rows()]
        )

    @routes.get("/journal")
    async def journal(customer_id: str | None = None, path: str | None = None, method: str | None = None) -> Response:
        return json_answer(requests.select(customer_id, path, method))

    @routes.delete("/journal")
    async def clear_journal() -> Response:
        requests.clear()
        return Response(status_code=204)

    @routes.post("/reset")
    async def reset_all() -> Response:
        reset()
        return Response(status_code=204)

    @routes.post("/clock")
    async def advance_clock(request: Request) -> Response:
        values = await read_members(request, {"advance_seconds": number()})
        if "advance_seconds" not in values:
            raise invalid("advance_seconds: is required")
        try:
            state.clock.advance(values["advance_seconds"])
        except ValueError as error:
            raise invalid(str(at("advance_seconds", error))) from None
        return json_answer({"time": state.clock.now().isoformat()})

    @routes.get("/customers/{customer_id}")
    async def get_customer(customer_id: str) -> Response:
        record = state.find(customer_id)
        if record is None:
            raise ApiError(404, {"error": f"customer {customer_id} does not exist"})
        return json_answer(describe_customer(record, state))

    @routes.put("/customers/{customer_id}")
    async def put_customer(request: Request, customer_id: str) -> Response:
        try:
            record = state.override(customer_id, await read_document(request))
        except ValueError as error:
            raise invalid(str(error)) from error
        return json_answer(describe_customer(record, state))

    @routes.get("/faults")
    async def get_faults() -> Response:
        return json_answer(describe_faults(faults))

    @routes.put("/faults")
    async def put_faults(request: Request) -> Response:
        try:
            faults.use(Mix.from_json(await read_document(request)))
        except ValueError as error:
            raise invalid(str(error)) from error
        return json_answer(describe_faults(faults))

    @routes.get("/traffic")
    async def get_traffic() -> Response:
        return json_answer(traffic.to_json())

    @routes.put("/limit")
    async def put_limit(request: Request) -> Response:
        values = await read_members(request, {"limit": optional(lambda value: Limit.parse(text(value)))})
        traffic.use(values.get("limit"))
        return json_answer(traffic.to_json())

    @routes.put("/customer-list")
    async def put_customer_list(request: Request) -> Response:
        state.list_fault = (await read_members(request, {"fault": optional(_list_fault)})).get("fault")
        return json_answer({"fault": state.list_fault})

    @routes.post("/consent")
    async def consent(request: Request) -> Response:
        mfa = (await read_members(request, {"mfa": flag})).get("mfa", True)
        return json_answer({"refresh_token": tokens.consent(mfa=mfa)})

    @routes.put("/user")
    async def put_user(request: Request) -> Response:
        login.user = (await read_members(request, {"user": optional(text)})).get("user") or state.settings.user
        return json_answer({"user": login.user})

    @routes.put("/login")
    async def put_login(request: Request) -> Response:
        readers = {"refuse": optional(whole(1, MOST)), **dict.fromkeys(("error", "suberror", "claims"), optional(text))}
        values = await read_members(request, readers)
        refused = values.pop("refuse", None)
        login.refuses = None if refused is None else refusal(refused, **values)
        return json_answer({"refuse": refused})

    @routes.post("/federated-token")
    async def federated_token(request: Request) -> Response:
        values = await read_members(request, {"seconds": number(), "subject": text, "issuer": text})
        names = {"subject": "sub", "issuer": "iss"}
        claims = {names[name]: value for name, value in values.items() if name in names}
        return json_answer({"token": login.federated_token(values.get("seconds", 3600), **claims)})

    @routes.post("/revoke")
    async def revoke(request: Request) -> Response:
        values = await read_members(request, {"refresh_token": optional(_secret)})
        try:
            tokens.revoke(values.get("refresh_token"))
        except KeyError:
            raise invalid("refresh_token: is not a known refresh token") from None
        return Response(status_code=204)

    return routes


async def read_document(request: Request) -> Any:
    """Return the JSON document of a control request, or refuse one without."""
    try:
        return loads(await request.body())
    except ValueError:
        raise invalid("the body must be a JSON object") from None


async def read_members(request: Request, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Return the members of a control request; see :func:`.reading.members`."""
    try:
        return members(await read_document(request), readers)
    except ValueError as error:
        raise invalid(str(error)) from None


def _secret(value: object) -> str:
    if not isinstance(value, str):
        # The message does not repeat the value.
        raise ValueError("must be text")
    return value


def _list_fault(value: object) -> ListFault:
    return ListFault(one_of(ListFault)(value))


def invalid(message: str) -> ApiError:
    """Return the refusal of a control request."""
    return ApiError(400, {"error": message})
