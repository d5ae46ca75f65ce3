"""The ASGI application: login service, API and control API put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.exceptions import HTTPException

from airflow_provider_partnercenter.emulator.api import api_routes, json_answer
from airflow_provider_partnercenter.emulator.clock import Clock
from airflow_provider_partnercenter.emulator.control import control_routes
from airflow_provider_partnercenter.emulator.errors import ApiError, refused_by_gateway
from airflow_provider_partnercenter.emulator.login import LoginService
from airflow_provider_partnercenter.emulator.middleware import Exchange, FaultSource, Middleware
from airflow_provider_partnercenter.emulator.state import State
from airflow_provider_partnercenter.emulator.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp

    from airflow_provider_partnercenter.emulator.faults import Fault
    from airflow_provider_partnercenter.emulator.settings import Settings


@dataclass(frozen=True, slots=True)
class Application:
    """
    One emulated Partner Center.

    :param asgi: what a server runs.
    """

    asgi: ASGIApp
    state: State
    tokens: Tokens

    def reset(self) -> None:
        """Bring everything back to the start; access tokens that were issued stay valid."""
        self.state.reset()
        self.tokens.reset()


def create_application(
    settings: Settings, clock: Clock | None = None, sources: Sequence[FaultSource] = ()
) -> Application:
    """
    Put an emulator together.

    :param clock: tells the time; real time by default.
    :param sources: where faults come from, besides the limit, the customers and the mix by rate.
    :raises ValueError: if the settings cannot be used.
    """
    clock = clock or Clock()
    state, tokens = State(settings, clock), Tokens(settings, clock)

    def customers(exchange: Exchange) -> Fault | None:
        return state.next_fault(exchange.method, exchange.path)

    app = FastAPI(title="Partner Center emulator", docs_url=None, redoc_url=None, openapi_url=None)
    application = Application(
        # A request that is refused for its rate goes no further; a customer's own fate comes before that of the many.
        Middleware(app, state, tokens, [state.traffic, *sources, customers, state.faults]),
        state,
        tokens,
    )
    app.include_router(control_routes(state, tokens, application.reset))
    app.include_router(api_routes(state, tokens))
    app.include_router(_login_routes(LoginService(settings, clock, tokens)))
    app.add_exception_handler(ApiError, _answer_refusal)
    app.add_exception_handler(HTTPException, _answer_gateway)
    return application


def _login_routes(login: LoginService) -> APIRouter:
    routes = APIRouter()

    def base(request: Request) -> str:
        # The host that the caller used: localhost and 127.0.0.1 both work.
        return f"https://{request.headers.get('host', 'localhost')}"

    @routes.get("/{tenant}/v2.0/.well-known/openid-configuration")
    async def discovery(request: Request, tenant: str) -> Response:
        return json_answer(login.discovery(base(request), tenant))

    @routes.post("/{tenant}/oauth2/v2.0/token")
    async def token(request: Request, tenant: str) -> Response:
        form = dict(parse_qsl((await request.body()).decode("latin-1"), keep_blank_values=True))
        answer = login.token(base(request), tenant, form)
        return json_answer(answer, headers={"Cache-Control": "no-store"})

    return routes


async def _answer_refusal(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    return json_answer(error.body, error.status, error.headers)


async def _answer_gateway(request: Request, error: Exception) -> Response:
    """Answer for paths and methods that do not exist, as the gateway in front of the API does."""
    if not isinstance(error, HTTPException):
        raise error
    message = "Resource not found" if error.status_code == 404 else str(error.detail)
    return await _answer_refusal(request, refused_by_gateway(error.status_code, message))
