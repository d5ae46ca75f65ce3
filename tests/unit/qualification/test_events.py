"""What submissions and polls tell the observer."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.protocol.commands import TransportError
from airflow_provider_partnercenter.client.protocol.retry import RetryPolicy
from airflow_provider_partnercenter.qualification.events import PollEnded, SubmissionEnded
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome
from airflow_provider_partnercenter.qualification.waiting.polling import poll
from airflow_provider_partnercenter.qualification.waiting.sighting import NOTHING_YET, Sighting
from airflow_provider_partnercenter.qualification.waiting.wait import WAIT_TIMEOUT, Wait
from tests.support.bench import CUSTOMER, EPOCH, Bench, answer
from tests.support.desk import DENIED, LOST, REFUSED, Desk, Killed, there

APPROVED = {"qualification": "Education", "vettingStatus": "Approved"}
REVIEW = {"qualification": "Education", "vettingStatus": "InReview"}
SEEN = Sighting(Judgement(Outcome.IN_REVIEW), ended=False)


# -- submissions ------------------------------------------------------------------------------------------------------


def observed(desk, **arguments):
    """Submit, and return what the observer is told about it, if anything."""
    events = []
    desk.bench.exchange = replace(desk.bench.exchange, observer=events.append)
    with contextlib.suppress(PartnerCenterError, Killed):
        desk.submit(**arguments)
    return [event for event in events if isinstance(event, SubmissionEnded)]


CASES = {
    "sent": (Desk, {}, {"outcome": "in_review", "sent": True, "attempt": True}),
    "decided at once": (
        lambda: Desk(becomes=DENIED),
        {},
        {"outcome": "denied", "sent": True, "attempt": True},
    ),
    "not vetted": (Desk, {"wanted": "StateOwnedEntity"}, {"sent": True, "attempt": False}),
    "there already": (lambda: Desk([there("Approved")]), {}, {"outcome": "approved", "sent": False, "attempt": False}),
    "lost, but carried out": (lambda: Desk(posts=["lost after"]), {}, {"sent": True, "attempt": True}),
    "refused": (
        lambda: Desk(posts=[REFUSED]),
        {},
        {"sent": False, "unknown": False, "error": "PartnerCenterInvalidRequestError"},
    ),
    "unknown": (
        lambda: Desk(posts=[LOST, LOST]),
        {},
        {"sent": False, "unknown": True, "error": "PartnerCenterUnknownOutcomeError"},
    ),
    "beaten by another task": (lambda: Desk(posts=["beaten"]), {}, {"outcome": "in_review", "sent": False}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_submission(case):
    make, arguments, expected = CASES[case]
    [event] = observed(make(), **arguments)
    assert {name: getattr(event, name) for name in expected} == expected
    assert (event.customer_id, event.qualification) == (CUSTOMER, arguments.get("wanted", "Education"))
    assert event.correlation_id


def test_an_attempt_is_counted_by_the_try_that_learns_of_it():
    desk = Desk(posts=["killed"])
    assert observed(desk) == []
    [second] = observed(desk)
    assert (second.sent, second.attempt) == (True, True)
    [third] = observed(Desk([there("InReview")], note=replace(desk.notes.saved[-1], carried_out=True)))
    assert (third.outcome, third.sent, third.attempt) == ("in_review", False, False)


def test_a_submission_has_the_time_that_it_took():
    [event] = observed(Desk(posts=["lost after"], delay=30.0))
    assert event.began_at == EPOCH
    assert event.seconds >= 30


# -- polls ------------------------------------------------------------------------------------------------------------


def wait(**options):
    given = {"customer_id": CUSTOMER, "qualification": "Education", "started_at": EPOCH - 600}
    return Wait(**{**given, "deadline": EPOCH + WAIT_TIMEOUT, **options})


def polled(answers, last=NOTHING_YET, **options):
    events = []
    bench = Bench(answers, observer=events.append, policy=RetryPolicy(attempts=1), latency=0.5)
    with contextlib.suppress(PartnerCenterError):
        bench.run(poll(bench.exchange, wait(**options), last))
    return [event for event in events if isinstance(event, PollEnded)]


POLLS = {
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
    events = []
    bench = Bench([], observer=events.append)
    bench.exchange.budget.throttled(bench.exchange.budget.reserve(1000.0), 1000.0, 0.0)
    late = wait(deadline=EPOCH)
    bench.exchange = replace(bench.exchange, now=lambda: EPOCH + bench.clock.passed)
    procedure = poll(bench.exchange, late)
    bench.exchange.budget.reserve = lambda *args: None
    assert bench.run(procedure) == replace(NOTHING_YET, ended=False)
    assert events == []


def test_without_an_observer_no_event_is_made(monkeypatch):
    def made(*args, **kwargs):
        raise AssertionError("made for nobody")

    monkeypatch.setattr(PollEnded, "__init__", made)
    bench = Bench([answer(200, [APPROVED])])
    assert bench.run(poll(bench.exchange, wait())).ended
