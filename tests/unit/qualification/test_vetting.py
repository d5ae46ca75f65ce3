from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from airflow_provider_partnercenter.client.models import CustomerQualification
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome, attempts_left, describe, judge
from tests.support.bench import CUSTOMER
from tests.support.records import (
    APPROVED,
    APPROVED_1,
    APPROVED_2,
    DENIED_1,
    DENIED_2,
    EDU,
    GCC,
    REVIEW,
    REVIEW_1,
    REVIEW_2,
    REVOKED_2,
    SOE,
    UNDATED_DENIAL,
    entry,
)


@pytest.mark.parametrize(
    ("entries", "wanted", "outcome"),
    [
        pytest.param([APPROVED], EDU, "approved", id="approved"),
        pytest.param([entry(of=SOE)], SOE, "approved", id="state-owned-without-status"),
        pytest.param([entry("InReview", 1, of=SOE)], SOE, "in_review", id="state-owned-with-status"),
        pytest.param([entry()], EDU, "in_review", id="education-without-status"),
        pytest.param([entry(of=GCC)], GCC, "in_review", id="government-without-status"),
        pytest.param([entry("Approved", 1, of=GCC)], GCC, "approved", id="government-approved"),
        pytest.param([DENIED_1], EDU, "denied", id="denied"),
        pytest.param([REVIEW_1], EDU, "in_review", id="in-review"),
        pytest.param([entry("Escalated", 1)], EDU, "in_review", id="unknown-status"),
        pytest.param([], EDU, "absent", id="nothing"),
        pytest.param([entry(of=SOE), entry("Approved", of=GCC)], EDU, "absent", id="others-only"),
        pytest.param([CustomerQualification("Charity", "Approved")], EDU, "absent", id="unknown-qualification"),
        pytest.param([entry(of=SOE), APPROVED], EDU, "approved", id="next-to-another"),
        # Several entries of one qualification.
        pytest.param([DENIED_1, REVIEW_2], EDU, "in_review", id="newest-wins-review"),
        pytest.param([REVIEW_2, DENIED_1], EDU, "in_review", id="newest-wins-whatever-the-order"),
        pytest.param([APPROVED_1, DENIED_2], EDU, "denied", id="newest-wins-denied"),
        pytest.param([DENIED_1, APPROVED_2], EDU, "approved", id="newest-wins-approved"),
        pytest.param([REVIEW_2, APPROVED_1], EDU, "in_review", id="newest-wins-review-over-approval"),
        pytest.param([APPROVED, DENIED_2], EDU, "approved", id="undated-approval-beats-dated-denial"),
        pytest.param([DENIED_2, APPROVED], EDU, "approved", id="undated-approval-whatever-the-order"),
        pytest.param([APPROVED, REVOKED_2], EDU, "denied", id="unless-no-longer"),
        pytest.param([REVOKED_2, APPROVED], EDU, "denied", id="unless-no-longer-whatever-the-order"),
        pytest.param([APPROVED, REVIEW_2], EDU, "in_review", id="dated-review-over-undated-approval"),
        pytest.param([entry("Denied", "soon"), APPROVED_1], EDU, "approved", id="unreadable-date-is-the-oldest"),
        pytest.param(
            [REVIEW_2, replace(REVIEW_2, vetting_status=APPROVED.vetting_status)],
            EDU,
            "approved",
            id="of-equals-the-last",
        ),
        pytest.param(
            [entry("InReview"), entry("Denied", None, "x")], EDU, "in_review", id="undated-review-beats-denial"
        ),
        pytest.param([entry("InReview"), DENIED_2], EDU, "in_review", id="undated-review-beats-dated-denial"),
        pytest.param([entry("InReview"), APPROVED, REVOKED_2], EDU, "in_review", id="undated-review-beats-revocation"),
    ],
)
def test_deciding(entries, wanted, outcome):
    assert judge(entries, wanted).outcome == outcome


@pytest.mark.parametrize(
    ("entries", "remark"),
    [
        ([entry()], "has no vetting status"),
        ([entry("Escalated", 1)], "'Escalated' is unknown"),
        ([REVIEW_1], None),
        ([APPROVED], None),
        ([DENIED_1], None),
    ],
)
def test_what_is_unusual_is_remarked(entries, remark):
    found = judge(entries, EDU).remark
    assert (remark in found) if remark else found is None


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("Authorized", "approved"),
        ("AUTHORIZED", "approved"),
        ("Not Ready", "denied"),
        ("not_ready", "denied"),
        ("Escalated", "in_review"),
    ],
)
def test_unknown_statuses_can_be_mapped(status, outcome):
    verdict = judge([entry(status, 1)], EDU, success_statuses=["authorized"], failure_statuses=("NotReady",))
    assert verdict.outcome == outcome


@pytest.mark.parametrize("never", ["0001-01-01T00:00:00", "9999-12-31T23:59:59Z", "01/01/0001"])
def test_an_approval_whose_date_was_never_set_outdoes_a_dated_denial(never):
    assert judge([DENIED_1, entry("Approved", never)], EDU).outcome == "approved"


@pytest.mark.parametrize(
    ("entries", "baseline", "outcome"),
    [
        pytest.param([DENIED_1], [DENIED_1], "absent", id="the-old-denial-is-not-an-answer"),
        pytest.param([DENIED_2], [DENIED_1], "denied", id="a-new-denial-is"),
        pytest.param([DENIED_1, DENIED_2], [DENIED_1], "denied", id="a-new-denial-next-to-the-old"),
        pytest.param([entry("Denied", 1, "Other")], [DENIED_1], "denied", id="another-reason-is-another-denial"),
        pytest.param([UNDATED_DENIAL], [UNDATED_DENIAL], "absent", id="old-undated-denial"),
        pytest.param([DENIED_1, REVIEW_2], [DENIED_1], "in_review", id="review-next-to-the-old-denial"),
        pytest.param([DENIED_1, REVIEW], [DENIED_1], "in_review", id="undated-review-next-to-the-old-denial"),
        pytest.param(
            [REVIEW, UNDATED_DENIAL], [UNDATED_DENIAL], "in_review", id="review-before-the-old-undated-denial"
        ),
        pytest.param([APPROVED], [DENIED_1], "approved", id="approved-in-its-place"),
        pytest.param([REVOKED_2], [REVOKED_2], "absent", id="old-revocation"),
        pytest.param([REVOKED_2, APPROVED], [REVOKED_2], "approved", id="approval-after-a-revocation"),
        pytest.param([REVOKED_2, APPROVED], [REVOKED_2, APPROVED], "absent", id="nothing-new-since-a-revocation"),
        pytest.param([REVIEW_1], [REVIEW_1], "in_review", id="old-review"),
        pytest.param([APPROVED], [APPROVED], "approved", id="old-approval"),
        pytest.param([DENIED_1], [], "denied", id="empty-baseline"),
        pytest.param([], [DENIED_1], "absent", id="gone"),
    ],
)
def test_what_was_there_before_a_submission_is_not_its_answer(entries, baseline, outcome):
    assert judge(entries, EDU, baseline=baseline).outcome == outcome


def test_an_old_denial_is_kept_in_the_verdict():
    assert judge([DENIED_1], EDU, baseline=[DENIED_1]) == Judgement(Outcome.ABSENT, DENIED_1, attempts_left=2)


def test_a_mapped_failure_of_the_baseline_counts_as_absent_too():
    old = entry("Rejected", 1)
    assert judge([old], EDU, baseline=[old], failure_statuses=["Rejected"]).outcome is Outcome.ABSENT


@pytest.mark.parametrize(
    ("entries", "left"),
    [
        ([DENIED_1], 2),
        ([DENIED_1, DENIED_1], 2),
        ([DENIED_1, DENIED_2], 1),
        ([DENIED_1, DENIED_2, UNDATED_DENIAL], 0),
        ([DENIED_1, DENIED_2, UNDATED_DENIAL, REVOKED_2], 0),
        ([DENIED_1, entry("Denied", 2, of=GCC), APPROVED], 2),
    ],
)
def test_attempts_left(entries, left):
    assert attempts_left(entries, EDU) == left


class TestDescribe:
    def test_denied(self):
        result = describe(CUSTOMER, judge([DENIED_1, DENIED_2], EDU), EDU)
        assert json.loads(json.dumps(result)) == result
        assert result["outcome"] == "denied"
        assert result["vetting_created_date"] == datetime(2024, 1, 2, tzinfo=UTC).isoformat()
        assert result["attempts_left"] == 1
        assert "resubmit_denied_of=" in result["hint"]

    @pytest.mark.parametrize(
        ("verdict", "status"),
        [
            (Judgement(Outcome.APPROVED, APPROVED), "Approved"),
            (Judgement(Outcome.IN_REVIEW), None),
            (Judgement(Outcome.ABSENT), None),
        ],
    )
    def test_others(self, verdict, status):
        assert describe(CUSTOMER, verdict, EDU) == {
            "customer_id": CUSTOMER,
            "qualification": "Education",
            "vetting_status": status,
            "vetting_reason": None,
            "vetting_created_date": None,
            "outcome": verdict.outcome.value,
        }
