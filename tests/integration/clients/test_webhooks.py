"""The webhook registration, read and changed by both clients at the emulator."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.client import operations
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterInvalidRequestError,
    PartnerCenterNotFoundError,
    PartnerCenterServiceUnavailableError,
)
from airflow_provider_partnercenter.client.models import WebhookRegistration
from testbed.patience import wait_until
from tests.support.clients.both_clients import KINDS, User, settings_of
from tests.support.webhooks.recording import Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.emulator.server import Emulator

URL = "https://airflow.example/partnercenter/webhook"
EVENTS = ("reseller-relationship-accepted-by-customer", "test-created")


@pytest.fixture(params=KINDS)
def user(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[User]:
    with User(request.param, settings_of(emulator)) as user:
        yield user


def test_from_none_to_another_one(user: User) -> None:
    assert user.get_webhook_registration() is None
    assert set(EVENTS) < set(user.get_webhook_events())
    made = user.create_webhook_registration(URL, EVENTS)
    assert made.same_as(WebhookRegistration(URL, EVENTS))
    assert made.subscriber_id
    assert user.get_webhook_registration().same_as(made)
    other = user.replace_webhook_registration(f"{URL}/2", ["test-created"], signature_token_to_ms_signature_header=True)
    assert other.same_as(WebhookRegistration(f"{URL}/2", ("test-created",), True))
    assert user.get_webhook_registration().same_as(other)


def test_there_is_one_for_a_tenant(user: User) -> None:
    with pytest.raises(PartnerCenterNotFoundError, match="create it first"):
        user.replace_webhook_registration(URL, EVENTS)
    user.create_webhook_registration(URL, EVENTS)
    with pytest.raises(PartnerCenterInvalidRequestError, match="replace it instead") as caught:
        user.create_webhook_registration(f"{URL}/2", EVENTS)
    assert caught.value.status == 409
    assert user.get_webhook_registration().webhook_url == URL


@pytest.mark.parametrize("kind", KINDS)
def test_an_app_only_connection_can_do_it_too(kind: str, emulator: Emulator) -> None:
    with User(kind, settings_of(emulator, credentials={"refresh_token": None})) as app:
        assert app.create_webhook_registration(URL, EVENTS).webhook_url == URL


def end_of_trouble_at_the_first_read(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing go wrong any more once the registration is read."""
    read = operations.get_webhook_registration

    def read_after_the_trouble() -> operations.Steps[WebhookRegistration | None]:
        emulator.faults()
        return read()

    monkeypatch.setattr(operations, "get_webhook_registration", read_after_the_trouble)


@pytest.mark.parametrize("fault", ["close-after", "reset-after", "truncated-after", "empty-after"])
def test_a_creation_whose_answer_is_lost_is_read(
    user: User, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    end_of_trouble_at_the_first_read(emulator, monkeypatch)
    assert user.get_webhook_registration() is None  # signs in
    emulator.faults(rate=1, kinds=(fault,))
    assert user.create_webhook_registration(URL, EVENTS).webhook_url == URL
    requests = emulator.journal(path="/webhooks/")
    assert [request["method"] for request in requests] == ["GET", "POST", "GET"]


def test_a_creation_that_was_not_carried_out_is_not_unknown(
    user: User, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_of_trouble_at_the_first_read(emulator, monkeypatch)
    assert user.get_webhook_registration() is None
    emulator.faults(rate=1, kinds=("close-before",))
    with pytest.raises(PartnerCenterServiceUnavailableError, match="a read shows that it was not created") as caught:
        user.create_webhook_registration(URL, EVENTS)
    assert not caught.value.outcome_unknown


def test_a_validation_event(user: User) -> None:
    with Receiver() as receiver:
        user.create_webhook_registration(receiver.url, EVENTS)
        event_id = user.send_validation_event()
        wait_until(lambda: user.get_validation_event(event_id).ended, "the event is dealt with")
        event = user.get_validation_event(event_id)
    assert (event.delivered, event.correlation_id, event.callback_url) == (True, event_id, receiver.url)
    (attempt,) = event.results
    assert (attempt.response_code, attempt.system_error) == ("OK", False)
    (arrived,) = receiver.arrived
    assert json.loads(arrived.body)["EventName"] == "test-created"
    assert event_id in json.loads(arrived.body)["ResourceUri"]


def test_an_event_that_nobody_has_sent(user: User) -> None:
    with pytest.raises(PartnerCenterNotFoundError, match="check the correlation id"):
        user.get_validation_event(str(uuid.uuid4()))
