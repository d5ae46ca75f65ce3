"""The web application."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fastapi import FastAPI

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.compat import AIRFLOW_VERSION, EVENTS_HAVE_PARTITIONS
from airflow_provider_partnercenter.plugins.web.webhook_settings import read_webhook_settings, webhook_is_enabled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

log = logging.getLogger(__name__)


def make_app() -> FastAPI:
    """
    Make the application, with the routes that Airflow's configuration asks for.

    A mounted application has no authentication of its own. Each route has a check of its own, or it is one that anybody
    may call: the webhook, which verifies a signature.
    """
    # Their pages would be open to everybody, and a redirect would go to the host that the caller names.
    app = FastAPI(title="Partner Center", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    if receive := _receiver():
        app.add_route("/webhook", receive, methods=["POST"])
    return app


def _receiver() -> Callable[[Request], Awaitable[Response]] | None:
    """Return what receives webhooks, or ``None`` if nobody wants any."""
    try:
        if not webhook_is_enabled():
            return None
        # Not before, because it takes a while.
        from airflow_provider_partnercenter.plugins.web.webhook import make_receiver, unavailable

        if EVENTS_HAVE_PARTITIONS:
            return make_receiver(read_webhook_settings()).receive
        log.error(
            "Webhooks of Partner Center are not received: Airflow %s has no partitioned asset events.\n"
            "What to do: upgrade to Airflow 3.2 or newer.",
            AIRFLOW_VERSION,
        )
    except PartnerCenterConfigurationError as error:
        from airflow_provider_partnercenter.plugins.web.webhook import unavailable

        log.error("Webhooks of Partner Center are not received. %s", error)  # noqa: TRY400  # the text says it all
    return unavailable
