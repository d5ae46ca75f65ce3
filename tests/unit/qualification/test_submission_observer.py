"""What a submission tells the observer."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.qualification.records import SubmissionEnded
from tests.support.bench import CUSTOMER, EPOCH
from tests.support.desk import DENIED, LOST, REFUSED, Desk, Killed, there


def observed(desk, **arguments):
    """Submit, and return what the observer is told about it, if anything."""
    events: list[Any] = []
    desk.bench.exchange = replace(desk.bench.exchange, observer=events.append)
    with contextlib.suppress(PartnerCenterError, Killed):
        desk.submit(**arguments)
    return [event for event in events if isinstance(event, SubmissionEnded)]


CASES: dict[str, Any] = {
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
