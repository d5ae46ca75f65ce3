"""The log of what was sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from airflow_provider_partnercenter.emulator.webhooks import deliveries
from airflow_provider_partnercenter.emulator.webhooks.deliveries import Attempt, Delivery, DeliveryLog, Fate

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
CUSTOMER = "00000000-0000-4000-8000-000000000001"


def delivery(event_id="1", event="invoice-ready", customer_id=None) -> Delivery:
    return Delivery(event_id, event, customer_id, "genuine", 1, "http://localhost/")


@pytest.mark.parametrize(
    ("status", "accepted"),
    [(200, True), (202, True), (299, True), (300, False), (199, False), (503, False), (None, False)],
)
def test_only_a_2xx_says_that_an_event_was_taken(status, accepted):
    one = delivery()
    assert one.add(Attempt(1, NOW, status, "")) is accepted
    one.give_up()
    assert one.fate is (Fate.ACCEPTED if accepted else Fate.DROPPED)


def test_a_delivery_can_be_written_as_json():
    one = delivery(customer_id=CUSTOMER)
    one.add(Attempt(1, NOW, 503, "later"))
    assert json.loads(json.dumps(one.to_json())) == {
        "event_id": "1",
        "event": "invoice-ready",
        "customer_id": CUSTOMER,
        "kind": "genuine",
        "copy": 1,
        "url": "http://localhost/",
        "fate": "pending",
        "attempts": [{"number": 1, "at": "2026-11-27T12:00:00+00:00", "status": 503, "text": "later"}],
    }


def test_the_log_can_be_searched():
    log = DeliveryLog()
    for each in (delivery("1"), delivery("2", "test-created"), delivery("3", customer_id=CUSTOMER)):
        log.add(each)
    assert [each["event_id"] for each in log.select()] == ["1", "2", "3"]
    assert [each["event_id"] for each in log.select(event_id="2")] == ["2"]
    assert [each["event_id"] for each in log.select(event="invoice-ready")] == ["1", "3"]
    assert [each["event_id"] for each in log.select(customer_id=CUSTOMER.upper())] == ["3"]
    log.clear()
    assert log.select() == []


def test_the_log_is_bounded(monkeypatch):
    monkeypatch.setattr(deliveries, "MAX_DELIVERIES", 3)
    log = DeliveryLog()
    for number in range(5):
        log.add(delivery(str(number)))
    assert [each["event_id"] for each in log.select()] == ["2", "3", "4"]
