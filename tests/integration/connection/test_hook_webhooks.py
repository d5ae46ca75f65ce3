"""The methods of the hook that are about webhooks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.client.models import WebhookRegistration
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from testbed.patience import wait_until
from tests.support.webhooks.recording import Receiver

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator

URL = "https://airflow.example/partnercenter/webhook"
EVENTS = ("reseller-relationship-accepted-by-customer", "test-created")


@pytest.fixture
def hook(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> PartnerCenterHook:
    monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", emulator.connection_json())
    return PartnerCenterHook()


def test_from_none_to_a_delivery(hook: PartnerCenterHook) -> None:
    assert hook.get_webhook_registration() is None
    assert set(EVENTS) <= set(hook.get_webhook_events())
    made = hook.create_webhook_registration(URL, EVENTS, signature_token_to_ms_signature_header=True)
    assert made.same_as(WebhookRegistration(URL, EVENTS, True))
    with Receiver() as receiver:
        hook.replace_webhook_registration(receiver.url, EVENTS)
        assert hook.get_webhook_registration().same_as(WebhookRegistration(receiver.url, EVENTS))
        event_id = hook.send_validation_event()
        wait_until(lambda: hook.get_validation_event(event_id).delivered, "the event is delivered")
    assert len(receiver.arrived) == 1


def test_the_async_client_has_the_same_operations(hook: PartnerCenterHook) -> None:
    hook.create_webhook_registration(URL, EVENTS)

    async def read() -> tuple[object, ...]:
        async with await hook.get_async_conn() as client:
            return await client.get_webhook_registration(), await client.get_webhook_events()

    assert asyncio.run(read()) == (hook.get_webhook_registration(), hook.get_webhook_events())
