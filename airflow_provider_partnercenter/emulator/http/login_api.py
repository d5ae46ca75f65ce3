"""The routes of the login service; :mod:`.service` makes all decisions."""

from __future__ import annotations

import html
import uuid
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Request, Response

from airflow_provider_partnercenter.emulator.errors import ApiError, LoginRefusedError, refused_by_login
from airflow_provider_partnercenter.emulator.http.partner_api import json_answer, media_type
from airflow_provider_partnercenter.emulator.login.discovery import instance
from airflow_provider_partnercenter.emulator.login.request import LoginRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from airflow_provider_partnercenter.emulator.login.authorize import Return
    from airflow_provider_partnercenter.emulator.login.service import LoginService
    from airflow_provider_partnercenter.emulator.partner.clock import Clock

_HTML = "text/html; charset=utf-8"
_NOT_STORED = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}


class _Ids:
    """
    The ids of a request and its answer.

    :param request: the request; the client may send a correlation id.
    """

    def __init__(self, request: Request) -> None:
        self.trace = str(uuid.uuid4())
        asked = request.headers.get("client-request-id", "")
        self.correlation = asked if _is_id(asked) else str(uuid.uuid4())
        self._returned = request.headers.get("return-client-request-id", "").lower() == "true"

    def headers(self) -> dict[str, str]:
        own = {"x-ms-request-id": self.trace}
        return {**own, "client-request-id": self.correlation} if self._returned else own

    def refused(self, error: LoginRefusedError, clock: Clock) -> ApiError:
        return refused_by_login(error, clock.now(), trace_id=self.trace, correlation_id=self.correlation)


def login_routes(login: LoginService, clock: Clock) -> APIRouter:
    """
    Return the routes of the login service.

    :param login: the login service.
    :param clock: the emulator's clock, for the times of refusals.
    """
    routes = APIRouter()

    def answer(
        request: Request, decide: Callable[[], dict[str, Any]], headers: dict[str, str] | None = None
    ) -> Response:
        ids = _Ids(request)
        headers = {**(headers or {}), **ids.headers()}
        try:
            return json_answer(decide(), headers=headers)
        except LoginRefusedError as error:
            refused = ids.refused(error, clock)
            return json_answer(refused.body, refused.status, headers)

    @routes.get("/common/discovery/instance")
    async def instances(request: Request) -> Response:
        endpoint = request.query_params.get("authorization_endpoint", "")
        return answer(request, lambda: instance(_base(request), endpoint))

    for version, v1 in (("v2.0/", False), ("", True)):
        _add_version(routes, login, clock, answer, version, v1=v1)
    return routes


def _add_version(
    routes: APIRouter,
    login: LoginService,
    clock: Clock,
    answer: Callable[..., Response],
    version: str,
    *,
    v1: bool,
) -> None:
    """
    Add the routes of one version of the service.

    :param answer: returns the answer to a request that is answered with JSON.
    :param version: the version in the paths, with a slash; empty for v1.
    """

    @routes.get(f"/{{tenant}}/{version}.well-known/openid-configuration")
    async def discovery(request: Request, tenant: str) -> Response:
        return answer(request, lambda: login.discovery(_base(request), tenant, v1=v1))

    @routes.get(f"/{{tenant}}/discovery/{version}keys")
    async def keys(request: Request, tenant: str) -> Response:
        return answer(request, lambda: login.keys(tenant))

    @routes.api_route(f"/{{tenant}}/oauth2/{version}authorize", methods=["GET", "POST"])
    async def authorize(request: Request, tenant: str) -> Response:
        form = dict(request.query_params) if request.method == "GET" else await _form(request)
        asked, ids = LoginRequest(_base(request), tenant, form, v1), _Ids(request)

        def describe(error: LoginRefusedError) -> str:
            return str(ids.refused(error, clock).body["error_description"])

        try:
            return _returned(login.authorize(asked, describe))
        except LoginRefusedError as error:
            return _page(
                400, "Sign in", f"<p>Sorry, but we're having trouble signing you in.</p><p>{_text(describe(error))}</p>"
            )

    @routes.post(f"/{{tenant}}/oauth2/{version}token")
    async def token(request: Request, tenant: str) -> Response:
        authorization = request.headers.get("authorization")
        asked = LoginRequest(_base(request), tenant, await _form(request), v1, authorization)
        return answer(request, lambda: login.token(asked), _NOT_STORED)


def _base(request: Request) -> str:
    # Use the host that the client used, because both localhost and 127.0.0.1 work.
    return f"https://{request.headers.get('host', 'localhost')}"


async def _form(request: Request) -> dict[str, str]:
    # Microsoft's service reads nothing else, and so finds no parameter in it.
    is_form = media_type(request) == "application/x-www-form-urlencoded"
    body = (await request.body()).decode("latin-1") if is_form else ""
    return dict(parse_qsl(body, keep_blank_values=True))


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _returned(back: Return) -> Response:
    """Send the browser back to the application."""
    if back.mode == "form_post":
        fields = "".join(
            f'<input type="hidden" name="{_text(n)}" value="{_text(v)}"/>' for n, v in back.members.items()
        )
        form = f'<form method="post" action="{_text(back.uri)}">{fields}<input type="submit" value="Continue"/></form>'
        return _page(200, "Working...", f"{form}<script>document.forms[0].submit();</script>")
    members = urlencode(back.members)
    if back.mode == "fragment":
        where = f"{back.uri}#{members}"
    else:
        where = f"{back.uri}{'&' if urlsplit(back.uri).query else '?'}{members}"
    return Response(status_code=302, headers={"Location": where, **_NOT_STORED})


def _page(status: int, title: str, body: str) -> Response:
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>"
    return Response(page, status, _NOT_STORED, _HTML)


def _text(text: str) -> str:
    return html.escape(text)
