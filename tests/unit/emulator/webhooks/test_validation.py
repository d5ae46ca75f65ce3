"""What a test of the registration says, in Microsoft's format."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_partnercenter.emulator.webhooks.deliveries import Attempt, Delivery
from airflow_provider_partnercenter.emulator.webhooks.validation import KEPT, ValidationEvent, name_of

NOW = datetime(2017, 12, 8, 21, 39, 48, 238699, UTC)


def outcome(statuses: list[int | None], *, ended: bool) -> ValidationEvent:
    delivery = Delivery("1", "test-created", None, "genuine", 1, "http://localhost/")
    for number, status in enumerate(statuses, 1):
        delivery.add(Attempt(number, NOW, status, "" if status else "refused"))
    if ended:
        delivery.give_up()
    return ValidationEvent("04af2aea", NOW, delivery)


def test_the_result_is_as_in_microsofts_example():
    assert outcome([200], ended=False).to_json("00234d9d") == {
        "correlationId": "04af2aea",
        "partnerId": "00234d9d",
        "status": "completed",
        "callbackUrl": "http://localhost/",
        "results": [
            {
                "responseCode": "OK",
                "responseMessage": "",
                "systemError": False,
                "dateTimeUtc": "2017-12-08T21:39:48.2386990",
            }
        ],
    }


def test_each_attempt_has_a_result():
    document = outcome([503, None], ended=False).to_json("x")
    assert document["status"] == "pending"
    assert [(r["responseCode"], r["responseMessage"], r["systemError"]) for r in document["results"]] == [
        ("ServiceUnavailable", "", False),
        ("", "refused", True),
    ]
    assert outcome([503, None], ended=True).to_json("x")["status"] == "failed"


@pytest.mark.parametrize(
    ("status", "name"),
    [(200, "OK"), (202, "Accepted"), (404, "NotFound"), (500, "InternalServerError"), (418, "ImaTeapot"), (599, "599")],
)
def test_a_status_has_its_name_in_net(status, name):
    assert name_of(status) == name


def test_the_result_is_kept_for_seven_days():
    assert outcome([], ended=False).kept(NOW + KEPT - timedelta(seconds=1))
    assert not outcome([], ended=False).kept(NOW + KEPT)
