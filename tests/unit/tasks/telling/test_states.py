from __future__ import annotations

import json
from dataclasses import replace

import pytest

from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification, VettingStatus
from airflow_provider_partnercenter.client.wire import moment
from airflow_provider_partnercenter.qualification.asking.answer import Answer
from airflow_provider_partnercenter.qualification.bulk.report import Entry
from airflow_provider_partnercenter.qualification.states.customer import ACTORS, Happening, State
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome, describe
from airflow_provider_partnercenter.qualification.waiting.sighting import NOTHING_YET, Sighting
from airflow_provider_partnercenter.qualification.waiting.wait import Wait, WaitOptions, begin_wait
from airflow_provider_partnercenter.tasks.telling.many import many
from airflow_provider_partnercenter.tasks.telling.states import Source, asking, ended, failed, waiting
from airflow_provider_partnercenter.triggers.payloads import ending_of, make_event, read_ending
from tests.support.bench import CUSTOMER, EPOCH
from tests.support.records import SUBMISSION

pytestmark = pytest.mark.usefixtures("stopped_clock")

SOURCE = Source("partner", "Contoso", "global")
EDUCATION = Qualification.EDUCATION
ANSWER = Answer("Resubmit", "anna", "7", "2026-11-27T08:00:00+00:00")


def entry(status, reason=None):
    return CustomerQualification(EDUCATION, status, reason)


def sighting(outcome, status=None, reason=None, **others):
    found = entry(status, reason) if status else None
    return Sighting(Judgement(outcome, found), ended=outcome is not Outcome.IN_REVIEW, correlation_id="c", **others)


IN_REVIEW = sighting(Outcome.IN_REVIEW, VettingStatus.IN_REVIEW)
WAIT = Wait(CUSTOMER, "Education", EPOCH, deadline=EPOCH + 3600)


def told(state):
    """Return what happened, and what the database reads."""
    return [happened.what for happened in state.story], state.to_dict()


@pytest.mark.parametrize(
    ("wait", "seen", "submission", "state", "story"),
    [
        (WAIT, IN_REVIEW, None, "in_review", ["read", "waiting"]),
        (WAIT, NOTHING_YET, None, "absent", ["waiting"]),
        (WAIT, sighting(Outcome.ABSENT), None, "absent", ["waiting"]),
        (replace(WAIT, submitted="at …"), sighting(Outcome.ABSENT), SUBMISSION, "in_review", None),
        # The denial is the one before the submission.
        (
            replace(WAIT, submitted="at …"),
            sighting(Outcome.ABSENT, VettingStatus.DENIED),
            SUBMISSION,
            "in_review",
            ["read", "requested", "waiting"],
        ),
        (WAIT, None, SUBMISSION, "in_review", ["read", "requested", "waiting"]),
    ],
)
def test_waiting(wait, seen, submission, state, story):
    found, plain = told(waiting(SOURCE, wait, seen=seen, submission=submission))
    assert (plain["state"], plain["phase"]) == (state, "waiting")
    assert story in (None, found)
    assert (plain["customer_id"], plain["qualification"]) == (CUSTOMER, "Education")
    assert (plain["connection_id"], plain["company_name"], plain["cloud"]) == ("partner", "Contoso", "global")
    assert (plain["waiting_since"], plain["until"]) == (moment(EPOCH), moment(EPOCH + 3600))
    assert plain["max_wait"] == 3600
    assert "ended_at" not in plain


def test_what_is_known_of_a_request():
    _, plain = told(waiting(SOURCE, WAIT, submission={**SUBMISSION, "submitted_at": "2026-11-27T08:00:00.123+00:00"}))
    assert plain["request_id"] == SUBMISSION["request_id"]
    assert plain["correlation_id"] == SUBMISSION["correlation_id"]
    # To the second, because a database compares it as text.
    assert plain["requested_at"] == "2026-11-27T08:00:00+00:00"
    read, requested, _ = plain["story"]
    assert read["correlation_id"] == requested["correlation_id"] == SUBMISSION["correlation_id"]
    assert requested["request_id"] == SUBMISSION["request_id"]


def ending(outcome, status=None, reason=None, *, began=EPOCH - 3600, over=True, submission=None, changes=()):
    wait = begin_wait(CUSTOMER, EDUCATION, WaitOptions(), started_at=began, company_name="Fabrikam", cloud="china")
    found = replace(sighting(outcome, status, reason, changes=changes), ended=over)
    return read_ending(json.loads(json.dumps(make_event(ending_of(wait, found, submission)))))


@pytest.mark.parametrize(
    ("how", "state", "news"),
    [
        (ending(Outcome.APPROVED, VettingStatus.APPROVED), "approved", True),
        # At the first look.
        (ending(Outcome.APPROVED, VettingStatus.APPROVED, began=EPOCH), "approved", False),
        (ending(Outcome.DENIED, VettingStatus.DENIED, "why"), "denied", True),
        (ending(Outcome.ABSENT), "absent", True),
        (ending(Outcome.IN_REVIEW, VettingStatus.IN_REVIEW, over=False), "timed_out", True),
    ],
)
def test_the_end_of_a_wait(how, state, news):
    _, plain = told(ended(SOURCE, how.result, EPOCH, ending=how))
    assert (plain["state"], plain["phase"]) == (state, "ended")
    assert ("ended_at" in plain) == news
    # As the process knew that began to wait.
    assert (plain["company_name"], plain["cloud"], plain["connection_id"]) == ("Fabrikam", "china", "partner")
    assert plain["correlation_id"] == "c"
    assert plain["story"][-1]["what"] == "ended"


def test_the_whole_story_of_a_wait():
    look = ("2026-11-27T07:00:00+00:00", "Education InReview", "look-7")
    how = ending(Outcome.DENIED, VettingStatus.DENIED, "NotAnAcademicDomain", changes=(look,))
    found, plain = told(ended(SOURCE, how.result, EPOCH, ending=how, submission=SUBMISSION))
    assert found == ["read", "requested", "waiting", "look", "ended"]
    looked, last = plain["story"][-2:]
    assert looked == {"what": "look", "at": look[0], "text": look[1], "correlation_id": "look-7"}
    assert last["text"] == "denied: NotAnAcademicDomain"
    assert (plain["reason"], plain["hint"][:10], plain["attempts_left"]) == ("NotAnAcademicDomain", "the custom", 3)


@pytest.mark.parametrize(
    ("result", "story", "news"),
    [
        (SUBMISSION, ["read", "requested"], False),
        ({**SUBMISSION, "outcome": "approved"}, ["read", "requested", "ended"], True),
        ({**SUBMISSION, "outcome": "approved", "submitted": False}, ["read", "ended"], False),
        (describe(CUSTOMER, Judgement(Outcome.APPROVED), EDUCATION), ["ended"], False),
    ],
)
def test_an_end_without_a_wait(result, story, news):
    found, plain = told(ended(SOURCE, result, EPOCH))
    assert (found, "ended_at" in plain, "waiting_since" in plain) == (story, news, False)


def test_an_answer_comes_first():
    found, plain = told(ended(SOURCE, SUBMISSION, EPOCH, answer=ANSWER))
    assert found == ["answered", "read", "requested"]
    assert plain["story"][0] == {"what": "answered", "at": ANSWER.at, "text": "Resubmit (anna)"}


def test_asking():
    denial = describe(
        CUSTOMER, Judgement(Outcome.DENIED, entry(VettingStatus.DENIED, "why"), attempts_left=1), EDUCATION
    )
    found, plain = told(asking(SOURCE, State.DENIED, denial, EPOCH, "Resubmit?"))
    assert (plain["state"], plain["phase"], plain["attempts_left"]) == ("denied", "asking", 1)
    assert (plain["reason"], plain["waiting_since"], found) == ("why", moment(EPOCH), ["read", "asked"])
    about = {"customer_id": CUSTOMER, "qualification": "GovernmentCommunityCloud"}
    _, plain = told(asking(SOURCE, State.NEEDS_CODE, about, EPOCH, "A code?"))
    assert (plain["state"], plain["hint"]) == ("needs_code", "A code?")


def test_failed():
    found, plain = told(
        failed(SOURCE, CUSTOMER, "Education", EPOCH, state=State.UNKNOWN, reason="lost", correlation_id="c")
    )
    assert (plain["state"], plain["phase"], plain["reason"], found) == ("unknown", "ended", "lost", ["ended"])
    assert plain["story"][0]["text"] == "unknown: lost"


@pytest.mark.parametrize("length", [10, 100_000])
def test_it_stays_small(length):
    text = "x" * length
    how = ending(Outcome.DENIED, VettingStatus.DENIED, text, changes=((text, text, text),) * 100)
    source = Source(text, text, text)
    assert len(json.dumps(ended(source, how.result, EPOCH, ending=how).to_dict())) < 60_000
    entries = [Entry((0,), text, text, "failed", error=text) for _ in range(100)]
    assert len(json.dumps(many(entries, connection_id=text, path=None, waits=True).to_dict())) < 200_000
    if length == 10:
        assert len(json.dumps(ended(source, how.result, EPOCH, ending=replace(how, wait={})).to_dict())) < 1000


def test_every_state_has_somebody_who_acts():
    assert set(ACTORS) == set(State)
    assert {str(each) for each in Happening} == {"read", "requested", "waiting", "look", "asked", "answered", "ended"}
