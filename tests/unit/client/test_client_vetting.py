from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from airflow_provider_partnercenter.client.entries import current_entry
from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification
from airflow_provider_partnercenter.qualification.denials import advice, names
from airflow_provider_partnercenter.qualification.request import SubmissionRequest, plan
from airflow_provider_partnercenter.qualification.vetting import Outcome, Verdict, attempts_left, describe, judge

CUSTOMER = "0d9c8b7a-6f5e-4d3c-8b2a-1f0e9d8c7b6a"
EDU, GCC, SOE = (
    Qualification.EDUCATION,
    Qualification.GOVERNMENT_COMMUNITY_CLOUD,
    Qualification.STATE_OWNED_ENTITY,
)


def entry(status=None, day=None, reason=None, of=EDU):
    date = f"2024-01-{day:02}T00:00:00Z" if isinstance(day, int) else day
    return CustomerQualification.from_json(
        {"qualification": str(of), "vettingStatus": status, "vettingReason": reason, "vettingCreatedDate": date}
    )


DENIED_1, DENIED_2 = entry("Denied", 1, "Not an Academic Domain"), entry("Denied", 2, "Not an Academic Domain")
REVIEW_1, REVIEW_2, REVIEW = entry("InReview", 1), entry("InReview", 2), entry("InReview")
APPROVED, APPROVED_1, APPROVED_2 = entry("Approved"), entry("Approved", 1), entry("Approved", 2)
REVOKED_2 = entry("Denied", 2, "no longer an education customer")
UNDATED_DENIAL = entry("Denied", None, "Not an eligible Library")


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
        ([entry()], "without a vetting status"),
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
    assert judge([DENIED_1], EDU, baseline=[DENIED_1]) == Verdict(Outcome.ABSENT, DENIED_1, attempts_left=2)


def test_a_mapped_failure_of_the_baseline_counts_as_absent_too():
    old = entry("Rejected", 1)
    assert judge([old], EDU, baseline=[old], failure_statuses=["Rejected"]).outcome is Outcome.ABSENT


def test_current_entry_of_none_is_none():
    assert current_entry([entry(of=SOE)], EDU) is None


class TestChecked:
    def test_education(self):
        request = SubmissionRequest.checked(
            CUSTOMER.upper(), "education", education_segment="k12", website=" elm.example ", validation_code="830044"
        )
        assert (request.customer_id, request.qualification) == (CUSTOMER, EDU)
        assert (request.education_segment, request.website) == ("K12", "elm.example")
        assert request.validation_code is None

    def test_government(self):
        request = SubmissionRequest.checked(
            CUSTOMER, 3, education_segment="K12", website="elm.example", validation_code=830044
        )
        assert request.validation_code == "830044"
        assert (request.education_segment, request.website) == (None, None)

    def test_state_owned_needs_nothing(self):
        request = SubmissionRequest.checked(CUSTOMER, SOE, resubmit_denied_of="None")
        assert request == SubmissionRequest(CUSTOMER, SOE)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            pytest.param({"qualification": "None"}, "None cannot be requested", id="none"),
            pytest.param({"qualification": "Nonprofit"}, "Nonprofit cannot be requested", id="nonprofit"),
            pytest.param({"qualification": "Edu"}, "'Edu' is unknown", id="unknown"),
            pytest.param({"qualification": "Education"}, "education_segment is missing", id="no-segment"),
            pytest.param(
                {"qualification": "Education", "education_segment": "x"}, "education_segment 'x'", id="segment"
            ),
            pytest.param({"qualification": GCC}, "validation_code is missing", id="no-code"),
            pytest.param({"qualification": GCC, "validation_code": " "}, "validation_code is missing", id="blank-code"),
            pytest.param({"qualification": SOE, "customer_id": "x"}, "customer_id 'x'", id="customer"),
            pytest.param({"qualification": SOE, "legacy": True}, "by synchronous validation", id="legacy-state-owned"),
            pytest.param({"qualification": GCC, "legacy": True}, "validation_code is missing", id="legacy-no-code"),
        ],
    )
    def test_refused_before_anything_is_sent(self, arguments, message):
        with pytest.raises(PartnerCenterInvalidRequestError, match=message) as caught:
            SubmissionRequest.checked(**{"customer_id": CUSTOMER, **arguments})
        assert caught.value.hint

    def test_the_legacy_endpoint_needs_no_segment(self):
        assert SubmissionRequest.checked(CUSTOMER, "Education", legacy=True).education_segment is None


def request(wanted=EDU, resubmit=None):
    return SubmissionRequest(CUSTOMER, wanted, resubmit_denied_of=resubmit)


@pytest.mark.parametrize(
    ("entries", "asked", "outcome"),
    [
        pytest.param([], request(), None, id="nothing-there"),
        pytest.param([entry(of=SOE)], request(), None, id="state-owned-next-to-it"),
        pytest.param([APPROVED], request(), "approved", id="approved"),
        pytest.param([REVIEW_1], request(), "in_review", id="in-review"),
        pytest.param([entry()], request(), "in_review", id="without-status"),
        pytest.param([entry("Escalated")], request(), "in_review", id="unknown-status"),
        pytest.param([DENIED_1], request(), "denied", id="denied"),
        pytest.param([DENIED_1], request(resubmit="2024-01-01T00:00:00+00:00"), None, id="denied-and-named"),
        pytest.param([DENIED_1], request(resubmit="2024-01-02"), "denied", id="another-denial-named"),
        pytest.param([DENIED_1, DENIED_2], request(resubmit="2024-01-01"), "denied", id="an-older-denial-named"),
        pytest.param([UNDATED_DENIAL], request(resubmit="not an eligible library"), None, id="named-by-reason"),
        pytest.param([APPROVED], request(resubmit="2024-01-01"), "approved", id="approved-although-named"),
        pytest.param([entry(of=SOE)], request(SOE), "approved", id="state-owned-there"),
        pytest.param([APPROVED], request(SOE), None, id="state-owned-next-to-education"),
        pytest.param([entry("Denied", 1, of=GCC)], request(), None, id="rival-denied"),
        pytest.param([APPROVED, entry("Approved", of=GCC)], request(), "approved", id="approved-next-to-rival"),
    ],
)
def test_plan(entries, asked, outcome):
    verdict = plan(asked, entries)
    assert (verdict and verdict.outcome) == outcome


@pytest.mark.parametrize(
    ("denial", "may"),
    [
        (entry("Denied", "2024-01-01T10:30:00Z"), True),
        (DENIED_1, False),
        (UNDATED_DENIAL, False),
        (entry("Denied", "last week", "Other"), False),
    ],
    ids=["to-the-second", "only-the-day", "undated", "unreadable-date"],
)
def test_a_schedule_may_name_only_what_no_later_denial_is_named(denial, may):
    asked = request(resubmit=describe(CUSTOMER, judge([denial], EDU), EDU)["resubmit_denied_of"])
    assert plan(asked, [denial]) is None
    verdict = plan(replace(asked, by_person=False), [denial])
    assert (verdict is None) is may
    assert may or "a person" in verdict.remark


def test_a_name_of_no_denial_is_told():
    verdict = plan(request(resubmit="last week"), [DENIED_1])
    assert verdict.outcome is Outcome.DENIED
    assert "'last week' does not name this denial" in verdict.remark
    assert plan(request(), [DENIED_1]).remark is None


@pytest.mark.parametrize("mapped", ["success_statuses", "failure_statuses"])
def test_mapped_statuses_count_before_submitting_too(mapped):
    escalated = entry("Escalated", "2024-01-01T10:30:00Z")
    asked = replace(request(resubmit="2024-01-01T10:30:00Z"), **{mapped: ("escalated",)})
    verdict = plan(asked, [escalated])
    assert (verdict and verdict.outcome) == ("approved" if mapped == "success_statuses" else None)


@pytest.mark.parametrize("status", ["Approved", "InReview", None, "Escalated"])
@pytest.mark.parametrize(("wanted", "rival"), [(EDU, GCC), (GCC, EDU)], ids=str)
@pytest.mark.parametrize("denied", [False, True], ids=["fresh", "denied-before"])
def test_education_and_government_exclude_each_other(wanted, rival, status, denied):
    entries = [entry(status, of=rival)] + [entry("Denied", 1, of=wanted)] * denied
    with pytest.raises(PartnerCenterInvalidRequestError, match=f"{rival} .* excludes {wanted}") as caught:
        plan(request(wanted), entries)
    assert CUSTOMER in str(caught.value)
    assert "nothing was submitted" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "denial", "result"),
    [
        (None, DENIED_1, False),
        ("2024-01-01T00:00:00+00:00", DENIED_1, True),
        ("2024-01-01T00:00:00Z", DENIED_1, True),
        ("2024-01-01", DENIED_1, True),
        ("01/01/2024: 00:00:00", DENIED_1, True),
        ("2024-01-01T01:00:00+01:00", DENIED_1, True),
        ("2024-01-02", DENIED_1, False),
        ("Not an Academic Domain", DENIED_1, False),
        ("Not an eligible Library", UNDATED_DENIAL, True),
        ("not an ELIGIBLE library ", UNDATED_DENIAL, True),
        ("yes", UNDATED_DENIAL, False),
        ("last week", entry("Denied", "last week", "Other"), True),
        ("Other", entry("Denied", "last week", "Other"), True),
        ("anything", entry("Denied"), False),
    ],
)
def test_names(name, denial, result):
    assert names(name, denial) is result


@pytest.mark.parametrize(
    ("reason", "part"),
    [
        ("Not an Education Customer", "prove that it is a school"),
        ("No Longer An Education Customer", "withdrew the status"),
        ("Not an Education Customer - After Review", "reviewers"),
        ("Restricted being an Education Customer", "bars this customer"),
        ("Not an Academic Domain", "domain is not academic"),
        ("Not an eligible Library", "library"),
        ("Not an eligible Museum", "museum"),
        ("A reason of tomorrow", "correct what the reason names"),
        (None, "correct what the reason names"),
    ],
)
def test_advice_says_what_to_do_and_how_to_name_the_denial(reason, part):
    denial = entry("Denied", 7, reason)
    assert part in advice(denial, 2)
    assert advice(denial, 2).endswith("resubmit_denied_of='2024-01-07T00:00:00+00:00'")


def test_advice_when_no_attempt_is_left():
    assert "support" in advice(DENIED_1, 0)
    assert "resubmit" not in advice(DENIED_1, 0)


@pytest.mark.parametrize("denial", [DENIED_1, UNDATED_DENIAL, entry("Denied", "last week", "Other")])
def test_the_name_that_advice_gives_is_the_one_that_counts(denial):
    result = describe(CUSTOMER, Verdict(Outcome.DENIED, denial, attempts_left=1), EDU)
    assert names(result["resubmit_denied_of"], denial)
    assert result["hint"].endswith(f"resubmit_denied_of={result['resubmit_denied_of']!r}")


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
            (Verdict(Outcome.APPROVED, APPROVED), "Approved"),
            (Verdict(Outcome.IN_REVIEW), None),
            (Verdict(Outcome.ABSENT), None),
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
