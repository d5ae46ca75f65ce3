"""Which routes there are, and that each of them has a check."""

from __future__ import annotations

import asyncio

import pytest
from starlette.routing import Route

from airflow_provider_partnercenter.compat import EVENTS_HAVE_PARTITIONS
from airflow_provider_partnercenter.plugins.partnercenter import PREFIX, PartnerCenterPlugin
from airflow_provider_partnercenter.plugins.web.app import make_app
from airflow_provider_partnercenter.qualification.webhooks.refusal import ANSWER
from tests.support.webhooks.in_process import send

# Each route that is not one of the page's (page/test_routes.py), its method, and its check.
ROUTES = {("/webhook", "POST"): "the signature of Microsoft"}


def routes_of(app):
    assert all(isinstance(route, Route) for route in app.routes)
    return {(route.path, method) for route in app.routes for method in route.methods if method != "GET"}


@pytest.fixture
def enabled(monkeypatch):
    monkeypatch.setenv("AIRFLOW__PARTNERCENTER__WEBHOOK_ENABLED", "True")


def test_nothing_is_received_without_configuration():
    assert routes_of(make_app()) == set()


@pytest.mark.usefixtures("enabled")
def test_every_route_is_known_with_its_check():
    assert routes_of(make_app()) == set(ROUTES)


@pytest.mark.usefixtures("enabled")
def test_the_receiver_takes_what_comes_to_its_route():
    expected = (403, ANSWER) if EVENTS_HAVE_PARTITIONS else (503, "The event cannot be taken now. Send it again.")
    assert asyncio.run(send(make_app(), [], [b"{}"])) == expected


def test_there_are_no_pages_of_its_interface():
    app = make_app()
    assert (app.docs_url, app.redoc_url, app.openapi_url) == (None, None, None)


@pytest.mark.usefixtures("enabled")
def test_nobody_is_sent_elsewhere():
    assert asyncio.run(send(make_app(), [("Host", "evil.example")], [b"{}"], path="/webhook/"))[0] == 404


def test_a_switch_that_is_neither_on_nor_off_is_told(monkeypatch, caplog):
    monkeypatch.setenv("AIRFLOW__PARTNERCENTER__WEBHOOK_ENABLED", "perhaps")
    assert asyncio.run(send(make_app(), [], [b"{}"]))[0] == 503
    if EVENTS_HAVE_PARTITIONS:
        assert "[partnercenter] webhook_enabled is 'perhaps'" in caplog.text
        assert "What to do: set it to True or to False" in caplog.text
    else:
        assert "What to do: upgrade to Airflow 3.2 or newer." in caplog.text


@pytest.mark.usefixtures("enabled")
def test_no_webhook_is_lost_while_the_configuration_is_wrong(monkeypatch, caplog):
    monkeypatch.setenv("AIRFLOW__PARTNERCENTER__WEBHOOK_ROOT_CERTIFICATES", "/not/there.pem")
    assert asyncio.run(send(make_app(), [], [b"{}"]))[0] == 503
    if EVENTS_HAVE_PARTITIONS:
        assert "Webhooks of Partner Center are not received. The file '/not/there.pem' cannot be read" in caplog.text
    else:
        assert "What to do: upgrade to Airflow 3.2 or newer." in caplog.text


def test_the_plugin_has_no_listener():
    """Airflow would refuse everybody's DAGs with ``end_from_trigger=True``."""
    assert list(PartnerCenterPlugin.listeners) == []


def test_the_plugin_makes_it_at_its_first_request():
    (mounted,) = PartnerCenterPlugin.fastapi_apps
    assert mounted["url_prefix"] == PREFIX == "/partnercenter"
    status = []

    async def ask():
        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def keep(message):
            if message["type"] == "http.response.start":
                status.append(message["status"])

        scope = {"type": "http", "method": "GET", "path": "/docs", "headers": [], "query_string": b""}
        await mounted["app"](scope, receive, keep)

    asyncio.run(ask())
    assert status == [404]
