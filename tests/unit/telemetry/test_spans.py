from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_partnercenter.client.observer import Event, RequestEnded, SignInEnded
from airflow_provider_partnercenter.qualification.records import SubmissionEnded
from airflow_provider_partnercenter.qualification.waiting.sighting import PollEnded
from airflow_provider_partnercenter.telemetry.spans import Span, span_of

WHEN: dict[str, Any] = {"began_at": 1.0, "seconds": 2.0}
ABOUT: dict[str, Any] = {**WHEN, "customer_id": "c-1", "qualification": "Education"}
CASES: dict[str, Any] = {
    "a submission": (
        SubmissionEnded(**ABOUT, outcome="in_review", sent=True, request_id="r", correlation_id="k"),
        Span(
            "partnercenter.submit",
            {
                "partnercenter.connection": "pc",
                "partnercenter.customer_id": "c-1",
                "partnercenter.qualification": "Education",
                "partnercenter.outcome": "in_review",
                "partnercenter.sent": True,
                "partnercenter.request_id": "r",
                "partnercenter.correlation_id": "k",
            },
        ),
    ),
    "a look that failed for good": (
        PollEnded(**ABOUT, failed=True, error="PartnerCenterPermissionError"),
        Span(
            "partnercenter.look",
            {
                "partnercenter.connection": "pc",
                "partnercenter.customer_id": "c-1",
                "partnercenter.qualification": "Education",
                "partnercenter.failed": True,
                "partnercenter.error": "PartnerCenterPermissionError",
            },
            "PartnerCenterPermissionError",
        ),
    ),
    "a sign-in": (
        SignInEnded(**WHEN, mode="App+User"),
        Span("partnercenter.sign_in", {"partnercenter.connection": "pc", "partnercenter.mode": "App+User"}),
    ),
    "a request": (
        RequestEnded(
            **WHEN, kind="k", method="GET", status=200, queued=0.0, limit=0, request_id="r", correlation_id="c"
        ),
        None,
    ),
    "something new": (Event(**WHEN), None),
}


@pytest.mark.parametrize("case", CASES)
def test_what_an_event_says_in_a_trace(case):
    event, span = CASES[case]
    assert span_of(event, "pc") == span
