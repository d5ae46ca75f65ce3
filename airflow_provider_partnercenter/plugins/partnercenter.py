"""
What this provider adds to Airflow's API server, and to the timetables of DAGs.

Every process of Airflow imports this module, those of tasks included. So it imports next to nothing: the web
application is made at the first request to it, and only the API server gets one.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_provider_partnercenter import __version__
from airflow_provider_partnercenter.compat import UI_LENDS_COMPONENTS, AirflowPlugin, conf
from airflow_provider_partnercenter.partition_mappers import UniqueKeyMapper

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


def pages() -> list[dict[str, str]]:
    """
    Return where Airflow's UI shows something of ours, and what it loads for that.

    Each place has a module of its own, because a browser runs a module once for each address. The names are what people
    read, and global variables of the UI too: each module puts what it has made under the name of its place.

    :return: the entries for ``react_apps``; none if the UI of this Airflow cannot show them.
    """
    if not UI_LENDS_COMPONENTS:
        return []
    # Airflow may be served below a path. Before 3.3, its UI finds only addresses that are complete.
    path = urlsplit(conf.get("api", "base_url", fallback=None) or "").path.rstrip("/")
    # A new version has new addresses, so that no browser mixes the modules of two.
    static = f"{path}{PREFIX}/static/{__version__}"
    return [
        {
            "name": "Partner Center",
            "destination": "nav",
            "category": "browse",
            "url_route": "partnercenter",
            "bundle_url": f"{static}/nav.js",
            "icon": f"{static}/icon.svg",
            "icon_dark_mode": f"{static}/icon-dark.svg",
        },
        {
            "name": "Qualification",
            "destination": "dag_run",
            "url_route": "partnercenter-run",
            "bundle_url": f"{static}/run.js",
        },
        {
            "name": "Qualification",
            "destination": "task_instance",
            "url_route": "partnercenter-task",
            "bundle_url": f"{static}/task.js",
        },
        {
            "name": "Partner Center in a line",
            "destination": "dashboard",
            "url_route": "partnercenter-line",
            "bundle_url": f"{static}/dashboard.js",
        },
    ]


class PartnerCenterPlugin(AirflowPlugin):
    """
    The plugin; Airflow finds it by the entry point ``airflow.plugins``.

    It must have no listener: where a plugin has one, Airflow refuses every DAG, of whomever, that has a task with
    ``end_from_trigger=True``.
    """

    name = "partnercenter"
    fastapi_apps = [{"app": LazyApp(), "url_prefix": PREFIX, "name": "Partner Center"}]  # noqa: RUF012  # as Airflow has it
    react_apps = pages()
    partition_mappers = [UniqueKeyMapper]  # noqa: RUF012  # the same
