"""The web application."""

from __future__ import annotations

import logging

from fastapi import FastAPI

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.compat import AIRFLOW_VERSION, EVENTS_HAVE_PARTITIONS
from airflow_provider_partnercenter.plugins.web.webhook import WebhookReceiver, make_receiver, unavailable
from airflow_provider_partnercenter.plugins.web.webhook_settings import read_webhook_settings, webhook_is_enabled

log = logging.getLogger(__name__)


def make_app() -> FastAPI:
    """
    Make the application, with the routes that Airflow's configuration asks for.

    A mounted application has no authentication of its own. Each route has a check of its own, or it is one that anybody
    may call: the webhook, which verifies a signature.
    """
    # Their pages would be open to everybody.
    app = FastAPI(title="Partner Center", docs_url=None, redoc_url=None, openapi_url=None)
    if webhook_is_enabled():
        receiver = _receiver()
        app.add_route("/webhook", receiver.receive if receiver else unavailable, methods=["POST"])
    return app


def _receiver() -> WebhookReceiver | None:
    if not EVENTS_HAVE_PARTITIONS:
        log.error(
            "Webhooks of Partner Center are not received: Airflow %s has no partitioned asset events.\n"
            "What to do: upgrade to Airflow 3.2 or newer.",
            AIRFLOW_VERSION,
        )
        return None
    try:
        return make_receiver(read_webhook_settings())
    except PartnerCenterConfigurationError as error:
        log.error("Webhooks of Partner Center are not received. %s", error)  # noqa: TRY400  # the text says it all
        return None
