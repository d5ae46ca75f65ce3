from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterNotFoundError,
    PartnerCenterPermissionError,
    PartnerCenterServiceUnavailableError,
)
from airflow_provider_partnercenter.client.models import DeliveryAttempt, ValidationEvent
from airflow_provider_partnercenter.client.protocol.commands import TransportError
from airflow_provider_partnercenter.qualification.webhooks.validation import (
    ATTEMPTS,
    follow_validation_event,
    is_over,
)
from tests.support.bench import Bench, answer

EVENT = "04af2aea-d413-42db-824e-f328001484d1"
OK, BAD = DeliveryAttempt("OK"), DeliveryAttempt("NotFound")


def state(status: str, *codes: str):
    return answer(200, {"correlationId": EVENT, "status": status, "results": [{"responseCode": c} for c in codes]})


def follow(bench, timeout=300.0):
    told = []
    procedure = follow_validation_event(
        bench.exchange, EVENT, timeout, lambda number, attempt: told.append((number, attempt.response_code))
    )
    return bench.run(procedure), told


@pytest.mark.parametrize(
    ("event", "over"),
    [
        (ValidationEvent(), False),
        (ValidationEvent(status="pending"), False),
        (ValidationEvent(status="pending", results=(BAD,) * (ATTEMPTS - 1)), False),
        (ValidationEvent(status="pending", results=(BAD,) * ATTEMPTS), True),
        (ValidationEvent(status="pending", results=(BAD, OK)), True),
        (ValidationEvent(status="completed"), True),
        (ValidationEvent(status="completed", results=(BAD,)), True),
        (ValidationEvent(status="failed", results=(BAD,)), True),
    ],
)
def test_when_an_event_is_over(event, over):
    assert is_over(event) is over


def test_a_delivery_at_once():
    bench = Bench([state("completed", "OK")])
    event, told = follow(bench)
    assert (event.delivered, told, bench.slept) == (True, [(1, "OK")], [])


def test_each_attempt_is_told_once_and_in_order():
    bench = Bench(
        [
            state("pending"),
            state("pending", "NotFound"),
            state("pending", "NotFound"),
            state("pending", "NotFound", "", "503"),
            state("completed", "NotFound", "", "503", "OK"),
        ]
    )
    event, told = follow(bench)
    assert event.delivered
    assert told == [(1, "NotFound"), (2, ""), (3, "503"), (4, "OK")]
    assert bench.slept == [1.0, 1.5, 2.25, 3.375]
    assert len({request.headers["MS-CorrelationId"] for request in bench.sent}) == 1


def test_an_event_that_is_given_up():
    bench = Bench([state("pending"), state("failed", "NotFound")])
    event, told = follow(bench)
    assert (event.delivered, event.ended, told) == (False, True, [(1, "NotFound")])


@pytest.mark.parametrize(
    "trouble",
    [answer(404), answer(503), TransportError("gone"), answer(429, Retry_After="2")],
    ids=["not-visible-yet", "outage", "no-answer", "throttled"],
)
def test_trouble_is_waited_out(trouble):
    bench = Bench([trouble] * 3 + [state("completed", "OK")])
    event, _ = follow(bench)
    assert event.delivered


def test_what_no_wait_can_cure_ends_it():
    with pytest.raises(PartnerCenterPermissionError):
        follow(Bench([state("pending"), answer(403)]))


def test_the_time_is_up():
    bench = Bench(lambda request: state("pending", "NotFound"))
    event, told = follow(bench, 60)
    assert not is_over(event)
    assert told == [(1, "NotFound")]
    # The last read comes at the end.
    assert bench.clock.passed == pytest.approx(60)
    assert sum(bench.slept) == pytest.approx(60)
    assert max(bench.slept) == 15.0


@pytest.mark.parametrize(
    ("trouble", "error"),
    [(answer(404), PartnerCenterNotFoundError), (answer(503), PartnerCenterServiceUnavailableError)],
)
def test_an_event_that_is_never_seen_is_an_error_in_time(trouble, error):
    bench = Bench(lambda request: trouble)
    with pytest.raises(error):
        follow(bench, 60)
    assert 60 <= bench.clock.passed <= 70 + 0.001


def test_an_event_that_was_seen_once_is_no_error():
    answers = [state("pending"), *[answer(404)] * 50]
    event, _ = follow(Bench(answers), 30)
    assert event == ValidationEvent(EVENT, "pending")
