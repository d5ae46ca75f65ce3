"""What a poll tells the observer."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.protocol.budget import Lane, RequestBudget
from airflow_provider_partnercenter.client.protocol.commands import TransportError
from airflow_provider_partnercenter.client.protocol.retry import RetryPolicy
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome
from airflow_provider_partnercenter.qualification.waiting.polling import poll
from airflow_provider_partnercenter.qualification.waiting.sighting import NOTHING_YET, PollEnded, Sighting
from airflow_provider_partnercenter.qualification.waiting.wait import WAIT_TIMEOUT, Wait
from tests.support.bench import CUSTOMER, EPOCH, Bench, answer
from tests.support.desk import DENIED

APPROVED = {"qualification": "Education", "vettingStatus": "Approved"}
REVIEW = {"qualification": "Education", "vettingStatus": "InReview"}
SEEN = Sighting(Judgement(Outcome.IN_REVIEW), ended=False)


def wait(**options):
    given = {"customer_id": CUSTOMER, "qualification": "Education", "started_at": EPOCH - 600}
    return Wait(**{**given, "deadline": EPOCH + WAIT_TIMEOUT, **options})


def polled(answers, last=NOTHING_YET, **options):
    events: list[Any] = []
    bench = Bench(answers, observer=events.append, policy=RetryPolicy(attempts=1), latency=0.5)
    with contextlib.suppress(PartnerCenterError):
        bench.run(poll(bench.exchange, wait(**options), last))
    return [event for event in events if isinstance(event, PollEnded)]


POLLS: dict[str, Any] = {
    "in review": ([answer(200, [REVIEW])], SEEN, {}, {"failed": False, "verdict": None, "waited": None}),
    "approved": ([answer(200, [APPROVED])], SEEN, {}, {"verdict": "approved", "waited": pytest.approx(600.5)}),
    "denied, with the date of the request": (
        [answer(200, [{**DENIED, "vettingCreatedDate": "2025-06-15T15:06:30Z"}])],
        SEEN,
        {},
        {"verdict": "denied", "waited": pytest.approx(10.5)},
    ),
    "approved at the first poll": ([answer(200, [APPROVED])], NOTHING_YET, {}, {"verdict": "approved", "waited": None}),
    "approved at the first poll of the next process": (
        [answer(200, [APPROVED])],
        NOTHING_YET,
        {"seen": "Education InReview"},
        {"verdict": "approved", "waited": pytest.approx(600.5)},
    ),
    "an outage": ([answer(502)], SEEN, {}, {"failed": True, "verdict": None, "error": None}),
    "no answer": ([TransportError("gone")], SEEN, {}, {"failed": True, "error": None}),
    "no access": ([answer(403)], SEEN, {}, {"failed": True, "error": "PartnerCenterPermissionError"}),
}


@pytest.mark.parametrize("case", POLLS)
def test_a_poll(case):
    answers, last, options, expected = POLLS[case]
    [event] = polled(answers, last, **options)
    assert {name: getattr(event, name) for name in expected} == expected
    assert (event.customer_id, event.began_at, event.seconds) == (CUSTOMER, EPOCH, 0.5)


def test_a_poll_whose_turn_comes_too_late_is_not_told():
    events: list[Any] = []
    budget = RequestBudget(1)
    bench = Bench([], observer=events.append, budget=budget)
    budget.reserve(bench.clock.monotonic(), Lane.WORK)
    assert bench.run(poll(bench.exchange, wait(deadline=EPOCH))) == replace(NOTHING_YET, ended=False)
    assert events == []


def test_without_an_observer_no_event_is_made(monkeypatch):
    def made(*args, **kwargs):
        raise AssertionError("made for nobody")

    monkeypatch.setattr(PollEnded, "__init__", made)
    bench = Bench([answer(200, [APPROVED])])
    assert bench.run(poll(bench.exchange, wait())).ended
