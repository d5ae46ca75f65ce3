"""The ASGI application, which combines the login service, the API and the control API."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from airflow_provider_partnercenter.emulator.errors import ApiError, refused_by_gateway
from airflow_provider_partnercenter.emulator.gateway.faults_by_rate import FaultsByRate
from airflow_provider_partnercenter.emulator.gateway.journal import Journal
from airflow_provider_partnercenter.emulator.gateway.middleware import Middleware
from airflow_provider_partnercenter.emulator.gateway.spelling import Spelling
from airflow_provider_partnercenter.emulator.gateway.traffic import Traffic
from airflow_provider_partnercenter.emulator.http.control_api import control_routes
from airflow_provider_partnercenter.emulator.http.login_api import login_routes
from airflow_provider_partnercenter.emulator.http.partner_api import api_routes, json_answer
from airflow_provider_partnercenter.emulator.http.webhook_api import (
    certificate_fault,
    certificate_routes,
    webhook_routes,
)
from airflow_provider_partnercenter.emulator.http.webhook_control import webhook_control_routes
from airflow_provider_partnercenter.emulator.login.service import LoginService
from airflow_provider_partnercenter.emulator.login.tokens import Tokens
from airflow_provider_partnercenter.emulator.partner.clock import Clock
from airflow_provider_partnercenter.emulator.partner.state import State
from airflow_provider_partnercenter.emulator.scenario.unimplemented import methods_of, unimplemented
from airflow_provider_partnercenter.emulator.webhooks.state import Webhooks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from starlette.types import ASGIApp

    from airflow_provider_partnercenter.emulator.gateway.request import FaultSource, ReceivedRequest
    from airflow_provider_partnercenter.emulator.scenario.faults import Fault
    from airflow_provider_partnercenter.emulator.settings import Settings


@dataclass(frozen=True, slots=True)
class Application:
    """
    One emulated Partner Center.

    :param asgi: the ASGI application that a server runs.
    :param state: the customers, the codes and the clock.
    :param tokens: the access and refresh tokens.
    :param login: the login service.
    :param journal: the journal of requests.
    :param traffic: the traffic to the API and its limit.
    :param faults: the faults by rate.
    :param webhooks: the registration for webhooks, and what is sent.
    """

    asgi: ASGIApp
    state: State
    tokens: Tokens
    login: LoginService
    journal: Journal
    traffic: Traffic
    faults: FaultsByRate
    webhooks: Webhooks

    def reset(self) -> None:
        """Restore the initial state; access tokens that were issued stay valid."""
        # The state resets the clock, so it comes first: the others start at the clock's time.
        self.state.reset()
        self.tokens.reset()
        self.login.reset()
        self.journal.clear()
        self.traffic.reset()
        self.faults.reset()
        self.webhooks.reset()


def create_application(
    settings: Settings,
    clock: Clock | None = None,
    sources: Sequence[FaultSource] = (),
    base_url: Callable[[], str] = lambda: "https://localhost",
) -> Application:
    """
    Create an emulator.

    :param settings: the settings of the emulator.
    :param clock: the emulator's clock; real time by default.
    :param sources: further sources of faults, in addition to the request limit, the faults of single customers and the
        faults by rate.
    :param base_url: returns the URL of the server that serves the application.
    :raises ValueError: if the client certificate or the federated key of the settings is not PEM, or not RSA, or its
        authorities for webhooks are not PEM certificates.
    """
    clock = clock or Clock()
    faults, journal, traffic = FaultsByRate(settings.faults), Journal(), Traffic(settings.limit, clock.elapsed)
    webhooks = Webhooks(settings, clock, base_url)
    state, tokens = State(settings, clock, lambda: faults.mix, webhooks.joined), Tokens(settings, clock)
    login = LoginService(settings, clock, tokens)

    def customers(exchange: ReceivedRequest) -> Fault | None:
        return state.next_fault(exchange.method, exchange.path)

    def not_implemented(exchange: ReceivedRequest) -> Fault | None:
        return unimplemented(exchange.method, exchange.path, exchange.query)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        webhooks.outbox.open()
        yield
        await webhooks.outbox.close()

    app = FastAPI(
        title="Partner Center emulator",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    api = APIRouter()
    api.include_router(api_routes(state, tokens))
    api.include_router(webhook_routes(webhooks, tokens))
    # The limit comes first: what it refuses goes no further. A customer's own faults come before those by rate.
    gateway = Middleware(
        app, journal, clock, tokens, [traffic, *sources, not_implemented, certificate_fault, customers, faults]
    )
    application = Application(
        Spelling(gateway, (route.path for route in api.routes if isinstance(route, Route))),
        state,
        tokens,
        login,
        journal,
        traffic,
        faults,
        webhooks,
    )
    app.include_router(control_routes(state, tokens, login, journal, faults, traffic, application.reset))
    app.include_router(webhook_control_routes(webhooks))
    app.include_router(api)
    app.include_router(certificate_routes(webhooks.certificates))
    app.include_router(login_routes(login, clock))
    app.add_exception_handler(ApiError, _answer_refusal)
    app.add_exception_handler(HTTPException, _answer_gateway)
    return application


async def _answer_refusal(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    return json_answer(error.body, error.status, error.headers)


async def _answer_gateway(request: Request, error: Exception) -> Response:
    """Answer requests to unknown paths and methods as the gateway in front of the API does."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code in (404, 405) and (methods := _methods(request)):
        return await _answer_refusal(request, refused_by_gateway(405, "Method Not Allowed", {"Allow": methods}))
    message = "Resource not found" if error.status_code == 404 else str(error.detail)
    return await _answer_refusal(request, refused_by_gateway(error.status_code, message, error.headers))


def _methods(request: Request) -> str:
    """
    Return all methods of a path, also those that are documented but not implemented.

    Each method of the API is a route of its own, and the router names only the first one's.
    """
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    methods = {m for route in routes if route.matches(request.scope)[0] is not Match.NONE for m in route.methods or ()}
    return ", ".join(sorted(methods.union(methods_of(request.scope["path"]))))
