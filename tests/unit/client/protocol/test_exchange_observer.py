"""What an exchange tells its observer."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.observer import RequestEnded, Throttled
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.client.protocol.budget import RequestBudget
from airflow_provider_partnercenter.client.protocol.commands import TransportError
from airflow_provider_partnercenter.client.protocol.exchange import TooLateError
from tests.support.bench import CUSTOMER, EPOCH, Bench, answer

ARGUMENTS: dict[str, Any] = {
    "customer_id": CUSTOMER,
    "qualification": "Education",
    "education_segment": "K12",
    "validation_code": None,
    "start_date": datetime.now(UTC).date(),
    "correlation_id": "7a6b5c4d-3e2f-4a1b-8c9d-0e1f2a3b4c5d",
    "webhook_url": "https://example.test/hook",
    "webhook_events": ["test-created"],
}


def watched(answers, **options):
    events: list[Any] = []
    return Bench(answers, observer=events.append, **options), events


def ask(bench):
    return bench.run(bench.exchange.send(endpoints.get_customer(CUSTOMER)))


def test_a_request_that_is_answered():
    bench, events = watched([answer(200, {"id": CUSTOMER})], latency=0.25)
    ask(bench)
    [sent] = bench.sent
    assert events == [
        RequestEnded(
            began_at=EPOCH,
            seconds=0.25,
            kind="get_customer",
            method="GET",
            status=200,
            queued=0.0,
            limit=0,
            request_id=sent.headers["MS-RequestId"],
            correlation_id=sent.headers["MS-CorrelationId"],
        )
    ]


def test_each_attempt_is_told_and_the_time_in_the_queue():
    budget = RequestBudget(60)
    budget.reserve(1000.0)
    bench, events = watched([TransportError("gone"), answer(502), answer(200, {"id": CUSTOMER})], budget=budget)
    ask(bench)
    assert [event.status for event in events] == [None, 502, 200]
    assert events[0].queued == pytest.approx(1.0)
    assert {event.limit for event in events} == {60}
    assert len({event.request_id for event in events}) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_a_refusal_is_told_with_its_status(status):
    bench, events = watched(lambda request: answer(status))
    with pytest.raises(PartnerCenterError):
        ask(bench)
    assert {event.status for event in events} == {status}


def test_a_429_is_told_with_the_pause():
    bench, events = watched([answer(429, Retry_After="7"), answer(200, {"id": CUSTOMER})])
    ask(bench)
    refused, throttled, answered = events
    assert (refused.status, answered.status) == (429, 200)
    assert isinstance(throttled, Throttled)
    # As asked, and some jitter.
    assert 7 <= throttled.seconds <= 14
    assert (throttled.kind, throttled.request_id) == ("get_customer", refused.request_id)
    assert answered.queued == pytest.approx(throttled.seconds)


def test_what_was_not_sent_is_not_told():
    bench, events = watched([answer(200, {})])
    bench.exchange.until = EPOCH - 1
    with pytest.raises(TooLateError):
        ask(bench)
    assert events == []

    bench, events = watched([], tokens=[PartnerCenterError("no sign-in", retryable=False)])
    with pytest.raises(PartnerCenterError, match="no sign-in"):
        ask(bench)
    assert events == []


def test_a_request_during_which_the_task_is_stopped_is_not_told():
    stop = clock.Stop()
    bench, events = watched([answer(200, {"id": CUSTOMER})])
    procedure = bench.exchange.send(endpoints.get_customer(CUSTOMER))
    next(procedure)
    procedure.send("token")
    stop.set()
    procedure.close()
    assert events == []


def test_the_work_does_not_depend_on_the_observer():
    def broken(event):
        raise RuntimeError("no room left")

    bench = Bench([answer(200, {"id": CUSTOMER})], observer=broken)
    assert ask(bench).id == CUSTOMER


@pytest.mark.parametrize("name", [name for name in endpoints.__all__ if name.islower() and "read_" not in name])
def test_every_operation_has_its_name_as_its_kind(name):
    operation = getattr(endpoints, name)
    needed = inspect.signature(operation).parameters.values()
    given = {each.name: ARGUMENTS[each.name] for each in needed if each.name in ARGUMENTS}
    assert operation(**given).kind == name
