"""What a partner asks for, and whether to ask for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.qualification.request import SubmissionRequest, plan
from airflow_provider_partnercenter.qualification.vetting import Outcome, describe, judge
from tests.support.bench import CUSTOMER
from tests.support.records import APPROVED, DENIED_1, DENIED_2, EDU, GCC, REVIEW_1, SOE, UNDATED_DENIAL, entry


class TestChecked:
    def test_education(self):
        request = SubmissionRequest.validated(
            CUSTOMER.upper(), "education", education_segment="k12", website=" elm.example ", validation_code="830044"
        )
        assert (request.customer_id, request.qualification) == (CUSTOMER, EDU)
        assert (request.education_segment, request.website) == ("K12", "elm.example")
        assert request.validation_code is None

    def test_government(self):
        request = SubmissionRequest.validated(
            CUSTOMER, 3, education_segment="K12", website="elm.example", validation_code=830044
        )
        assert request.validation_code == "830044"
        assert (request.education_segment, request.website) == (None, None)

    def test_state_owned_needs_nothing(self):
        request = SubmissionRequest.validated(CUSTOMER, SOE, resubmit_denied_of="None")
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
            SubmissionRequest.validated(**{"customer_id": CUSTOMER, **arguments})
        assert caught.value.hint

    @pytest.mark.parametrize(
        ("wanted", "legacy", "named"),
        [
            ("Edu", False, "Education, GovernmentCommunityCloud, StateOwnedEntity"),
            ("Nonprofit", False, "Education, GovernmentCommunityCloud, StateOwnedEntity"),
            ("Edu", True, "Education, GovernmentCommunityCloud"),
            ("StateOwnedEntity", True, "Education, GovernmentCommunityCloud"),
        ],
    )
    def test_only_what_can_be_requested_is_recommended(self, wanted, legacy, named):
        with pytest.raises(PartnerCenterInvalidRequestError) as caught:
            SubmissionRequest.validated(CUSTOMER, wanted, legacy=legacy)
        assert caught.value.hint == f"use one of {named}"

    def test_the_legacy_endpoint_needs_no_segment(self):
        assert SubmissionRequest.validated(CUSTOMER, "Education", legacy=True).education_segment is None


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
    assert may or "only a run started by a person may use it; " in describe(CUSTOMER, verdict, EDU)["hint"]


@pytest.mark.parametrize(
    ("given", "entries", "there"),
    [
        pytest.param("last week", [DENIED_1], "2024-01-01T00:00:00+00:00", id="no-name"),
        pytest.param("2024-01-02", [DENIED_1], "2024-01-01T00:00:00+00:00", id="another-date"),
        pytest.param("Not an Academic Domain", [DENIED_1], "2024-01-01T00:00:00+00:00", id="the-reason-of-a-dated-one"),
        pytest.param("2024-01-01", [DENIED_1, DENIED_2], "2024-01-02T00:00:00+00:00", id="an-older-denial"),
        pytest.param("2024-01-01", [UNDATED_DENIAL], "Not an eligible Library", id="the-date-of-an-undated-one"),
        pytest.param("2024-01-01", [entry("Denied", "last week", "Other")], "last week", id="unreadable-date"),
        pytest.param("2024-01-01", [entry("Denied")], "Denied", id="neither-date-nor-reason"),
        pytest.param(
            "2023-12-31", [DENIED_1, DENIED_2, entry("Denied", 3)], "2024-01-03T00:00:00+00:00", id="nothing-left"
        ),
    ],
)
def test_a_name_of_no_denial_is_told_with_the_denial_that_is_there(given, entries, there):
    verdict = plan(request(resubmit=given), entries)
    assert verdict.outcome is Outcome.DENIED
    hint = describe(CUSTOMER, verdict, EDU)["hint"]
    assert hint.startswith(f"resubmit_denied_of {given!r} does not name the denial that is there, which is {there!r}; ")
    assert hint.endswith(describe(CUSTOMER, replace(verdict, remark=None), EDU)["hint"])


def test_no_name_needs_no_remark():
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
