"""
What this provider adds to Airflow's API server.

Every process of Airflow imports this module, those of tasks included. So it imports next to nothing: the web
application is made at the first request to it, and only the API server gets one.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.compat import AirflowPlugin

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

#: Where the API server serves it, below its own address.
PREFIX = "/partnercenter"


class LazyApp:
    """The web application, made at its first request."""

    def __init__(self) -> None:
        self._app: ASGIApp | None = None
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._turn:
            if self._app is None:
                from airflow_provider_partnercenter.threads import in_thread

                # The API server has other requests to answer meanwhile.
                self._app = await in_thread(_make_app)
        await self._app(scope, receive, send)


def _make_app() -> ASGIApp:
    app: ASGIApp = import_module("airflow_provider_partnercenter.plugins.web.app").make_app()
    return app


class PartnerCenterPlugin(AirflowPlugin):
    """
    The plugin; Airflow finds it by the entry point ``airflow.plugins``.

    It must have no listener: where a plugin has one, Airflow refuses every DAG, of whomever, that has a task with
    ``end_from_trigger=True``.
    """

    name = "partnercenter"
    fastapi_apps = [{"app": LazyApp(), "url_prefix": PREFIX, "name": "Partner Center"}]  # noqa: RUF012  # as Airflow has it
