from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_partnercenter.client.observer import Event, RequestEnded, SignInEnded, Throttled
from airflow_provider_partnercenter.qualification.records import SubmissionEnded
from airflow_provider_partnercenter.qualification.waiting.sighting import PollEnded
from airflow_provider_partnercenter.storage.refresh_tokens import RefreshTokenSeen
from airflow_provider_partnercenter.telemetry import metrics
from airflow_provider_partnercenter.telemetry.measuring import Measurement, measurements

CUSTOMER = "5f0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f"
WHEN: dict[str, Any] = {"began_at": 1_750_000_000.0, "seconds": 2.0}
IDS: dict[str, Any] = {"request_id": "r", "correlation_id": "c"}
ABOUT: dict[str, Any] = {**WHEN, "customer_id": CUSTOMER, "qualification": "Education"}
DAY = 86400.0


def request(status):
    return RequestEnded(**WHEN, **IDS, kind="get_customer", method="GET", status=status, queued=0.5, limit=480)


CASES: dict[str, Any] = {
    "a request": (
        request(200),
        {"requests": 1, "request_duration": 2.0, "budget_wait": 0.5, "budget_limit": 480},
    ),
    "a refusal": (
        request(403),
        {"requests": 1, "request_duration": 2.0, "budget_wait": 0.5, "budget_limit": 480},
    ),
    "an outage": (
        request(503),
        {"requests": 1, "requests_failed": 1, "request_duration": 2.0, "budget_wait": 0.5, "budget_limit": 480},
    ),
    "no answer": (
        request(None),
        {"requests": 1, "requests_failed": 1, "request_duration": 2.0, "budget_wait": 0.5, "budget_limit": 480},
    ),
    "a 429": (Throttled(**WHEN, **IDS, kind="get_customer"), {"throttled": 1, "paused_seconds": 2}),
    "a 429 in a pause": (
        Throttled(**{**WHEN, "seconds": 0.0}, **IDS, kind="get_customer"),
        {"throttled": 1},
    ),
    "a sign-in": (SignInEnded(**WHEN, mode="App-only"), {"sign_ins": 1}),
    "a sign-in that is refused": (SignInEnded(**WHEN, mode="App-only", error="E"), {"sign_ins_refused": 1}),
    "a sign-in that may succeed later": (
        SignInEnded(**WHEN, mode="App-only", error="E", retryable=True),
        {"sign_ins_failed": 1},
    ),
    "a stored token": (
        RefreshTokenSeen(**WHEN, expires_at=WHEN["began_at"] + 10 * DAY),
        {"refresh_token_days": 10.0, "refresh_token_expires": 1_750_864_000},
    ),
    "a stored token that has expired": (
        RefreshTokenSeen(**WHEN, expires_at=WHEN["began_at"] - DAY),
        {"refresh_token_days": 0.0, "refresh_token_expires": 1_749_913_600},
    ),
    "a submission": (
        SubmissionEnded(**ABOUT, outcome="in_review", sent=True, attempt=True),
        {"submissions": 1, "attempts_spent": 1},
    ),
    "a submission without vetting": (
        SubmissionEnded(**ABOUT, outcome="approved", sent=True),
        {"submissions": 1, "verdicts_approved": 1, "time_to_verdict": 2.0},
    ),
    "a submission that is denied at once": (
        SubmissionEnded(**ABOUT, outcome="denied", sent=True, attempt=True),
        {"submissions": 1, "attempts_spent": 1, "verdicts_denied": 1, "time_to_verdict": 2.0},
    ),
    "nothing to submit": (SubmissionEnded(**ABOUT, outcome="approved"), {}),
    "a refused submission": (SubmissionEnded(**ABOUT, error="E"), {}),
    "an unknown outcome": (SubmissionEnded(**ABOUT, error="E", unknown=True), {"unknown_outcomes": 1}),
    "a look": (PollEnded(**ABOUT), {"looks": 1}),
    "a failed look": (PollEnded(**ABOUT, failed=True), {"looks_failed": 1}),
    "an approval": (
        PollEnded(**ABOUT, verdict="approved", waited=3600.0),
        {"looks": 1, "verdicts_approved": 1, "time_to_verdict": 3600.0},
    ),
    "an approval that may be old": (PollEnded(**ABOUT, verdict="approved"), {"looks": 1, "verdicts_approved": 1}),
    "a denial": (
        PollEnded(**ABOUT, verdict="denied", waited=3600.0),
        {"looks": 1, "verdicts_denied": 1, "time_to_verdict": 3600.0},
    ),
    "a request that is not there": (
        PollEnded(**ABOUT, verdict="absent", waited=120.0),
        {"looks": 1, "verdicts_absent": 1},
    ),
    "something new": (Event(**WHEN), {}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_an_event_means(case):
    event, expected = CASES[case]
    found = list(measurements(event, "partnercenter_default"))
    assert {each.metric.name.removeprefix("partnercenter."): each.value for each in found} == expected
    for each in found:
        assert set(each.tags) == set(each.metric.tags)
        assert CUSTOMER not in each.tags.values()


def test_every_metric_but_those_of_the_triggerer_comes_from_an_event():
    sent = {each.metric for event, _ in CASES.values() for each in measurements(event, "c")}
    assert set(metrics.ALL) - sent == {metrics.WAITING, metrics.OLDEST_WAIT}


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        ("partnercenter_default", "partnercenter_default"),
        ("App+User", "App_User"),
        ("a,b=c|d:e f", "a_b_c_d_e_f"),
        ("schön", "sch_n"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_tag_has_only_what_every_system_takes(value, safe):
    assert Measurement(metrics.SIGN_INS, 1, {"connection": value}).safe_tags == {"connection": safe}
