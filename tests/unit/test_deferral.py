"""What a task takes over from elsewhere: a submission's record, a wait's frame, and the trigger's event."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest import mock

import pytest
from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSensorTimeout, TaskDeferred
from airflow.triggers.base import BaseTrigger

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterInvalidRequestError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterThrottledError,
    PartnerCenterUnknownOutcomeError,
)
from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification, VettingStatus
from airflow_provider_partnercenter.exceptions import (
    PermanentFailureError,
    QualificationAbsentError,
    QualificationDeniedError,
    TriggerEventError,
    permanent_errors_fail,
)
from airflow_provider_partnercenter.qualification import waiting
from airflow_provider_partnercenter.qualification.vetting import Outcome, Verdict
from airflow_provider_partnercenter.qualification.waiting import NOTHING_YET, Sighting, Wait, begin_wait
from airflow_provider_partnercenter.tasks import deferral
from airflow_provider_partnercenter.tasks.arguments import one_of, read_submission
from airflow_provider_partnercenter.tasks.deferral import BACKSTOP, MIN_DEFERRAL
from airflow_provider_partnercenter.tasks.endings import conclude_event
from airflow_provider_partnercenter.triggers import payloads
from airflow_provider_partnercenter.triggers.payloads import EVENT_VERSION, make_error_event, make_event

CUSTOMER = "5f0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f"
NOW = 1_750_000_000.0
EARLIER = {
    "qualification": "Education",
    "vetting_status": "Denied",
    "vetting_reason": "Not an Education Customer",
    "vetting_created_date": "2025-01-02T03:04:05+00:00",
}
SUBMISSION = {
    "customer_id": CUSTOMER,
    "qualification": "Education",
    "vetting_status": "InReview",
    "vetting_reason": None,
    "vetting_created_date": "2025-06-15T15:06:40+00:00",
    "outcome": "in_review",
    "submitted": True,
    "submitted_at": datetime.fromtimestamp(NOW - 50, UTC).isoformat(),
    "request_id": "request",
    "correlation_id": "correlation",
    "baseline": [EARLIER],
    "preflight": [],
}


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    for module in (deferral, waiting, payloads):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: NOW))


# -- the submission argument ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(SUBMISSION, id="dictionary"),
        pytest.param(str(SUBMISSION), id="jinja"),
        pytest.param(f"\n {SUBMISSION} ", id="jinja-with-blanks"),
        pytest.param(json.dumps(SUBMISSION), id="json"),
        pytest.param(json.dumps(SUBMISSION, indent=2), id="json-on-several-lines"),
    ],
)
def test_a_submission_in_every_form(value):
    submission = read_submission(value)
    assert submission == SUBMISSION
    assert submission is not SUBMISSION


@pytest.mark.parametrize("value", [None, "", " \n", "None", " None ", "null"])
def test_no_submission(value):
    assert read_submission(value) is None


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("{{ ti.xcom_pull('submit') }}", id="not-rendered"),
        pytest.param("Education", id="word"),
        pytest.param(CUSTOMER, id="customer-id"),
        pytest.param("__import__('os').system('true')", id="code"),
        pytest.param("[" * 100_000, id="deep"),
        pytest.param("{" * 3000, id="braces"),
        pytest.param("\x00", id="nul"),
        pytest.param("True", id="boolean"),
        pytest.param(7, id="number"),
        pytest.param([SUBMISSION], id="list-of-mapped-tasks"),
        pytest.param(str([SUBMISSION]), id="list-as-text"),
        pytest.param({}, id="empty"),
        pytest.param({"customer_id": CUSTOMER, "qualification": "Education"}, id="of-the-sensor"),
    ],
)
def test_what_is_no_submission(value):
    with pytest.raises(PartnerCenterInvalidRequestError, match="submission is not the result of") as caught:
        read_submission(value)
    assert "ti.xcom_pull" in str(caught.value)
    assert len(str(caught.value)) < 300


# -- the frame of a wait ----------------------------------------------------------------------------------------------


def frame(submission=None, **options):
    return begin_wait(
        CUSTOMER, Qualification.EDUCATION, submission=submission, timeout=1000, propagation_grace=120, **options
    )


def test_a_plain_wait_begins_now():
    assert frame() == Wait(CUSTOMER, "Education", NOW, deadline=NOW + 1000, settled_at=NOW + 120)


def test_the_grace_of_a_submission_counts_from_when_it_was_sent():
    wait = frame(SUBMISSION, if_absent="wait")
    assert (wait.started_at, wait.deadline, wait.settled_at) == (NOW, NOW + 1000, NOW + 70)
    assert wait.baseline == [EARLIER]
    assert wait.earlier == (CustomerQualification.from_dict(EARLIER),)
    assert wait.if_absent == "wait"


@pytest.mark.parametrize("submitted_at", [None, "", "yesterday"])
def test_a_submission_without_a_readable_moment_counts_from_now(submitted_at):
    assert frame({**SUBMISSION, "submitted_at": submitted_at}).settled_at == NOW + 120


@pytest.mark.parametrize("baseline", [None, []])
def test_a_first_submission_has_an_empty_baseline(baseline):
    assert frame({**SUBMISSION, "baseline": baseline}).baseline == []


def test_what_was_not_submitted_leaves_no_baseline():
    wait = frame({**SUBMISSION, "submitted": False, "submitted_at": None})
    assert wait.baseline is None
    assert wait.settled_at == NOW + 120


def test_a_rescheduled_wait_keeps_its_beginning():
    wait = frame(started_at=NOW - 600)
    assert (wait.started_at, wait.deadline, wait.settled_at) == (NOW - 600, NOW + 400, NOW - 480)


@pytest.mark.parametrize("started_at", [None, 0.0])
def test_the_beginning_may_be_any_moment(started_at):
    assert frame(started_at=started_at).started_at == (NOW if started_at is None else 0.0)


def test_the_wait_survives_the_way_to_the_triggerer():
    wait = frame(SUBMISSION, success_statuses=("Escalated",), failure_statuses=("Lost",), poke_interval=5.0)
    assert Wait.from_dict(json.loads(json.dumps(wait.to_dict()))) == wait


# -- going to sleep ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("remaining", "slept"), [(1000, 1000), (3, MIN_DEFERRAL), (-50, MIN_DEFERRAL)])
def test_defer(remaining, slept):
    wait = Wait(CUSTOMER, "Education", NOW, deadline=NOW + remaining, settled_at=NOW)
    with pytest.raises(TaskDeferred) as caught:
        deferral.defer(BaseOperator(task_id="task"), wait, partnercenter_conn_id="partner", submission=SUBMISSION)
    assert caught.value.method_name == "execute_complete"
    assert caught.value.timeout == timedelta(seconds=slept + BACKSTOP)
    assert isinstance(caught.value.trigger, BaseTrigger)
    path, arguments = caught.value.trigger.serialize()
    assert path.startswith("airflow_provider_partnercenter.triggers.")
    assert arguments["wait"] == wait.to_dict()
    assert arguments["submission"] == SUBMISSION
    assert arguments["not_before"] == NOW + MIN_DEFERRAL
    assert len(json.dumps(arguments)) < 32 * 1024


# -- waking up --------------------------------------------------------------------------------------------------------


def conclude(event, on_denied="fail", **options):
    ti = mock.Mock()
    try:
        return conclude_event({"ti": ti}, BaseOperator(task_id="task", **options), event, on_denied)
    finally:
        conclude.pushed = [call.kwargs for call in ti.xcom_push.call_args_list]


def event_of(outcome, status=None, submission=None, reason=None, ended=True):
    entry = CustomerQualification(Qualification.EDUCATION, status, reason) if status else None
    event = make_event(frame(submission), Sighting(Verdict(outcome, entry), ended), submission)
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
    assert conclude.pushed == []


def test_an_approval_of_a_submission_keeps_its_record():
    result = conclude(event_of(Outcome.APPROVED, VettingStatus.APPROVED, SUBMISSION))
    assert (result["outcome"], result["vetting_status"]) == ("approved", "Approved")
    record = ("submitted", "submitted_at", "request_id", "correlation_id", "baseline", "preflight")
    assert {name: result[name] for name in record} == {name: SUBMISSION[name] for name in record}


def test_a_denial_fails_for_good_and_leaves_its_record():
    with pytest.raises(QualificationDeniedError, match="Not an Education Customer") as caught:
        conclude(DENIED)
    assert isinstance(caught.value, AirflowFailException)
    (pushed,) = conclude.pushed
    assert pushed["key"] == "return_value"
    assert pushed["value"]["outcome"] == "denied"


def test_a_denial_pushes_nothing_where_xcom_is_not_wanted():
    with pytest.raises(QualificationDeniedError):
        conclude(DENIED, do_xcom_push=False)
    assert conclude.pushed == []


def test_a_denial_that_is_to_be_returned():
    result = conclude(DENIED, on_denied="return")
    assert (result["outcome"], result["vetting_reason"]) == ("denied", "Not an Education Customer")
    assert {"hint", "attempts_left"} <= result.keys()


def test_absence_is_never_success():
    for on_denied in ("fail", "return"):
        with pytest.raises(QualificationAbsentError, match="There is no Education for customer"):
            conclude(event_of(Outcome.ABSENT), on_denied)


def test_a_request_that_stays_invisible_is_not_to_be_repeated():
    with pytest.raises(QualificationAbsentError, match="do not submit again") as caught:
        conclude(event_of(Outcome.ABSENT, submission=SUBMISSION))
    assert SUBMISSION["request_id"] in str(caught.value)
    assert "submit one first" not in str(caught.value)


def test_a_time_out_tells_what_was_last_seen():
    event = event_of(Outcome.IN_REVIEW, VettingStatus.IN_REVIEW, ended=False)
    assert event["status"] == "timeout"
    with pytest.raises(AirflowSensorTimeout, match=r"after 0:00:00. Last seen: Education InReview") as caught:
        conclude({**event, "correlation_id": "corr-7"})
    assert CUSTOMER in str(caught.value)
    assert "What to do: " in str(caught.value)
    assert str(caught.value).endswith("[correlation id corr-7]")


def test_a_time_out_without_a_look_of_its_own_tells_what_the_worker_saw():
    wait = begin_wait(CUSTOMER, Qualification.EDUCATION, submission=SUBMISSION, timeout=1, propagation_grace=1)
    event = make_event(wait, replace(NOTHING_YET, trouble="no answer"), SUBMISSION)
    with pytest.raises(AirflowSensorTimeout, match=r"Last seen: Education InReview since 2025-06-15.*no answer"):
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
    wait = begin_wait(CUSTOMER, Qualification.EDUCATION, submission=submission, timeout=1, propagation_grace=1)
    with pytest.raises(TaskDeferred) as caught:
        deferral.defer(BaseOperator(task_id="t"), wait, partnercenter_conn_id="c", submission=submission)
    trigger = caught.value.trigger
    assert len(json.dumps(trigger.serialize())) < 32_000
    event = make_event(Wait.from_dict(trigger.wait), NOTHING_YET, trigger.submission)
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
        ({}, "of version None"),
        ({**APPROVED, "version": EVENT_VERSION + 1}, f"of version {EVENT_VERSION + 1}"),
        ({**APPROVED, "version": str(EVENT_VERSION)}, "of version '1'"),
        ({**APPROVED, "status": "success"}, "the status 'success'"),
        ({**APPROVED, "status": None}, "the status None"),
        ({**APPROVED, "status": ["approved"]}, "the status"),
        ({**APPROVED, "status": {}}, "the status"),
        ({**APPROVED, "status": "in_review"}, "the status 'in_review'"),
        ({**APPROVED, "result": None}, "the status 'approved'"),
        ({"version": EVENT_VERSION, "status": "timeout"}, "the status 'timeout'"),
        ({"version": EVENT_VERSION, "status": "error"}, "the status 'error'"),
        ({"version": EVENT_VERSION, "status": "error", "error": "text"}, "the status 'error'"),
    ],
)
def test_an_event_that_is_not_understood_never_ends_well(event, message):
    with pytest.raises(TriggerEventError, match=message) as caught:
        conclude(event)
    # The task is retried, and the next try waits again.
    assert not isinstance(caught.value, AirflowFailException)


# -- small things -----------------------------------------------------------------------------------------------------


def test_permanent_errors_fail():
    with pytest.raises(PermanentFailureError, match="customer_id 'x' is not a GUID"), permanent_errors_fail():
        raise PartnerCenterInvalidRequestError("customer_id 'x' is not a GUID")
    with pytest.raises(PartnerCenterThrottledError), permanent_errors_fail():
        raise PartnerCenterThrottledError("Too many")
    with pytest.raises(KeyError), permanent_errors_fail():
        raise KeyError("not ours")


def test_one_of():
    assert one_of("mode", "poke", ("poke", "defer")) == "poke"
    with pytest.raises(ValueError, match="mode is 'sleep'; use one of 'poke', 'defer'"):
        one_of("mode", "sleep", ("poke", "defer"))
