"""How a task ends by the event of its trigger."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest
from airflow.sdk import BaseOperator

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterThrottledError,
    PartnerCenterUnknownOutcomeError,
)
from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification, VettingStatus
from airflow_provider_partnercenter.client.plain import from_plain
from airflow_provider_partnercenter.exceptions import (
    PermanentFailureError,
    QualificationAbsentError,
    QualificationDeniedError,
    TriggerEventError,
)
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome
from airflow_provider_partnercenter.qualification.waiting.sighting import NOTHING_YET, Sighting
from airflow_provider_partnercenter.qualification.waiting.wait import Wait, WaitOptions, begin_wait
from airflow_provider_partnercenter.tasks import deferral
from airflow_provider_partnercenter.tasks.endings import conclude_wait
from airflow_provider_partnercenter.triggers.payloads import (
    EVENT_VERSION,
    ending_of,
    make_error_event,
    make_event,
    read_ending,
)
from tests.airflow_versions import AirflowFailException, AirflowSensorTimeout, TaskDeferred
from tests.support.bench import CUSTOMER
from tests.support.records import EARLIER, SUBMISSION, begun

pytestmark = pytest.mark.usefixtures("stopped_clock")

# What the last task pushed by itself, as its result and for the page.
PUSHED: list[dict[str, Any]] = []
TOLD: list[dict[str, Any]] = []


def conclude(event, on_denied="fail", **options):
    ti = mock.Mock()
    try:
        return conclude_wait({"ti": ti}, BaseOperator(task_id="task", **options), read_ending(event), on_denied)
    finally:
        pushed = [call.kwargs for call in ti.xcom_push.call_args_list]
        PUSHED[:] = [each for each in pushed if each["key"] == "return_value"]
        TOLD[:] = [each["value"] for each in pushed if each["key"] == "partnercenter_customer"]
        assert len(PUSHED) + len(TOLD) == len(pushed)


def event_of(outcome, status=None, submission=None, reason=None, ended=True):
    entry = CustomerQualification(Qualification.EDUCATION, status, reason) if status else None
    event = make_event(ending_of(begun(submission), Sighting(Judgement(outcome, entry), ended), submission))
    return json.loads(json.dumps(event))


APPROVED = event_of(Outcome.APPROVED, VettingStatus.APPROVED)
DENIED = event_of(Outcome.DENIED, VettingStatus.DENIED, reason="Not an Education Customer")


def test_an_approval():
    assert conclude(APPROVED) == {
        "customer_id": CUSTOMER,
        "qualification": "Education",
        "vetting_status": "Approved",
        "vetting_reason": None,
        "vetting_created_date": None,
        "outcome": "approved",
    }
    assert PUSHED == []


def test_an_approval_of_a_submission_keeps_its_record():
    result = conclude(event_of(Outcome.APPROVED, VettingStatus.APPROVED, SUBMISSION))
    assert (result["outcome"], result["vetting_status"]) == ("approved", "Approved")
    record = ("submitted", "submitted_at", "request_id", "correlation_id", "baseline", "preflight")
    assert {name: result[name] for name in record} == {name: SUBMISSION[name] for name in record}


def test_a_denial_fails_for_good_and_leaves_its_record():
    with pytest.raises(QualificationDeniedError, match="Not an Education Customer") as caught:
        conclude(DENIED)
    assert isinstance(caught.value, AirflowFailException)
    (pushed,) = PUSHED
    assert pushed["key"] == "return_value"
    assert pushed["value"]["outcome"] == "denied"


def test_a_denial_pushes_nothing_where_xcom_is_not_wanted():
    with pytest.raises(QualificationDeniedError):
        conclude(DENIED, do_xcom_push=False)
    assert PUSHED == TOLD == []


@pytest.mark.parametrize(
    "wait", [None, 3, [], {}, {"changes": None}, {"changes": ["x"]}, {"changes": [["x"]]}, {"since": 1, "changes": []}]
)
def test_nothing_fails_for_what_is_only_for_people(wait):
    assert conclude({**APPROVED, "wait": wait})["outcome"] == "approved"
    assert TOLD[0]["state"] == "approved"


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (APPROVED, "approved"),
        (DENIED, "denied"),
        (event_of(Outcome.ABSENT), "absent"),
        (event_of(Outcome.IN_REVIEW, VettingStatus.IN_REVIEW, ended=False), "timed_out"),
    ],
)
def test_how_it_ended_is_told_once(event, state):
    with contextlib.suppress(AirflowFailException, AirflowSensorTimeout):
        conclude(event)
    (told,) = TOLD
    assert (told["state"], told["phase"], told["customer_id"]) == (state, "ended", CUSTOMER)


def test_a_denial_that_is_to_be_returned():
    result = conclude(DENIED, on_denied="return")
    assert (result["outcome"], result["vetting_reason"]) == ("denied", "Not an Education Customer")
    assert {"hint", "attempts_left"} <= result.keys()


def test_absence_is_never_success():
    for on_denied in ("fail", "return"):
        with pytest.raises(QualificationAbsentError, match="there is no qualification Education"):
            conclude(event_of(Outcome.ABSENT), on_denied)


def test_a_request_that_stays_invisible_is_not_to_be_repeated():
    with pytest.raises(QualificationAbsentError, match="before you submit again") as caught:
        conclude(event_of(Outcome.ABSENT, submission=SUBMISSION))
    assert SUBMISSION["request_id"] in str(caught.value)
    assert "submit a request first" not in str(caught.value)


def test_a_time_out_tells_what_was_last_seen():
    event = event_of(Outcome.IN_REVIEW, VettingStatus.IN_REVIEW, ended=False)
    assert event["status"] == "timeout"
    with pytest.raises(AirflowSensorTimeout, match=r"within 0:00:00. Last seen: Education InReview") as caught:
        conclude({**event, "correlation_id": "corr-7"})
    assert CUSTOMER in str(caught.value)
    assert "What to do: " in str(caught.value)
    assert str(caught.value).endswith("[correlation id corr-7]")


def test_a_time_out_without_a_poll_of_its_own_tells_what_the_worker_saw():
    wait = begin_wait(
        CUSTOMER, Qualification.EDUCATION, WaitOptions(propagation_grace=1, timeout=1), submission=SUBMISSION
    )
    event = make_event(ending_of(wait, replace(NOTHING_YET, trouble="no answer"), SUBMISSION))
    with pytest.raises(AirflowSensorTimeout, match=r"Last seen: Education InReview, requested 2025-06-15.*no answer"):
        conclude(event)


@pytest.mark.parametrize(
    "damage",
    [
        {"result": {}},
        {"result": {"customer_id": CUSTOMER, "outcome": "approved"}},
        {"status": "denied"},
        {"status": "absent", "result": None},
        {"status": []},
        {"status": "timeout", "result": "none"},
    ],
    ids=str,
)
def test_an_event_that_contradicts_itself_is_refused(damage):
    with pytest.raises(TriggerEventError):
        conclude({**APPROVED, **damage})


def test_a_status_and_an_outcome_that_disagree_are_no_success():
    event = {**APPROVED, "result": {**APPROVED["result"], "outcome": "in_review"}}
    with pytest.raises(TriggerEventError):
        conclude(event)


def test_arguments_and_event_stay_small():
    denials = [{**EARLIER, "vetting_reason": "x" * 500, "vetting_status": "y" * 100} for _ in range(20)]
    submission = {**SUBMISSION, "baseline": denials}
    wait = begin_wait(
        CUSTOMER, Qualification.EDUCATION, WaitOptions(propagation_grace=1, timeout=1), submission=submission
    )
    with pytest.raises(TaskDeferred) as caught:
        deferral.defer({}, BaseOperator(task_id="t"), wait, partnercenter_conn_id="c", submission=submission)
    trigger = caught.value.trigger
    assert len(json.dumps(trigger.serialize())) < 32_000
    event = make_event(ending_of(from_plain(Wait, trigger.wait), NOTHING_YET, trigger.submission))
    assert len(json.dumps(event)) < 32_000
    # The record is complete all the same.
    assert event["result"]["baseline"] == denials


@pytest.mark.parametrize(
    "error",
    [
        PartnerCenterAuthenticationError("Signing in failed", code="AADSTS7000215"),
        PartnerCenterUnknownOutcomeError("Lost"),
        PartnerCenterServiceUnavailableError("Bad certificate", retryable=False),
    ],
)
def test_a_permanent_error_is_not_retried(error):
    with pytest.raises(PermanentFailureError) as caught:
        conclude(json.loads(json.dumps(make_error_event(error))))
    assert isinstance(caught.value, AirflowFailException)
    assert str(caught.value) == str(error)


def test_a_passing_error_is_retried():
    error = PartnerCenterThrottledError("Reading failed", status=429, retry_after=600.0, correlation_id="id")
    with pytest.raises(PartnerCenterThrottledError) as caught:
        conclude(json.loads(json.dumps(make_error_event(error))))
    assert (str(caught.value), caught.value.retry_after) == (str(error), 600.0)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (None, "ended without an event"),
        ("approved", "ended without an event"),
        ([APPROVED], "ended without an event"),
        ({}, "has version None"),
        ({**APPROVED, "version": EVENT_VERSION + 1}, f"has version {EVENT_VERSION + 1}"),
        ({**APPROVED, "version": str(EVENT_VERSION)}, "has version '1'"),
        ({**APPROVED, "status": "success"}, "status 'success'"),
        ({**APPROVED, "status": None}, "status None"),
        ({**APPROVED, "status": ["approved"]}, "status"),
        ({**APPROVED, "status": {}}, "status"),
        ({**APPROVED, "status": "in_review"}, "status 'in_review'"),
        ({**APPROVED, "result": None}, "status 'approved'"),
        ({"version": EVENT_VERSION, "status": "timeout"}, "status 'timeout'"),
        ({"version": EVENT_VERSION, "status": "error"}, "status 'error'"),
        ({"version": EVENT_VERSION, "status": "error", "error": "text"}, "status 'error'"),
    ],
)
def test_an_event_that_is_not_understood_never_ends_well(event, message):
    with pytest.raises(TriggerEventError, match=message) as caught:
        conclude(event)
    # The task is retried, and the next try waits again.
    assert not isinstance(caught.value, AirflowFailException)
