"""The web application."""

from __future__ import annotations

from fastapi import FastAPI

from airflow_provider_partnercenter.compat import UI_LENDS_COMPONENTS
from airflow_provider_partnercenter.plugins.web.webhook_settings import webhook_is_off


def make_app() -> FastAPI:
    """
    Make the application: the page, and the receiver of webhooks if Airflow's configuration asks for it.

    A mounted application has no authentication of its own. Each route has a check of its own, or it is one that anybody
    may call: the webhook, which verifies a signature.
    """
    # Their pages would be open to everybody, and a redirect would go to the host that the caller names.
    app = FastAPI(title="Partner Center", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    if UI_LENDS_COMPONENTS:
        from airflow_provider_partnercenter.plugins.web.page.routes import add_page

        add_page(app)
    if not webhook_is_off():
        # Not before, because it takes a while.
        from airflow_provider_partnercenter.plugins.web.webhook import make_route

        app.add_route("/webhook", make_route(), methods=["POST"])
    return app
