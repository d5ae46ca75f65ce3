from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterInvalidRequestError,
    PartnerCenterNotFoundError,
    PartnerCenterPermissionError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterThrottledError,
    PartnerCenterTokenRefusedError,
    PartnerCenterUnknownOutcomeError,
)
from airflow_provider_partnercenter.client.models import CustomerQualification
from airflow_provider_partnercenter.client.protocol.commands import TransportError
from airflow_provider_partnercenter.qualification.records import SubmissionNote
from airflow_provider_partnercenter.qualification.request import SubmissionRequest
from airflow_provider_partnercenter.qualification.submission import submission_id, submit
from airflow_provider_partnercenter.qualification.vetting import Outcome
from tests.support.bench import CUSTOMER, EPOCH, answer
from tests.support.desk import (
    BAD_CUSTOMER,
    DENIAL,
    DENIED,
    GRACE,
    REFUSED,
    TENANT,
    UNDATED,
    Desk,
    FakePartnerCenter,
    Killed,
    Notes,
    there,
)

ACCESS_DENIED = answer(401, {"code": "400", "description": "Access denied."})


class TestDecision:
    def test_an_unqualified_customer_is_submitted_once(self):
        desk = Desk()
        result = desk.submit()
        assert desk.posts == 1
        assert desk.service.bodies == [{"qualification": "Education", "educationSegment": "K12"}]
        assert result.submitted
        assert result.verdict.outcome is Outcome.IN_REVIEW
        assert result.request_id == desk.service.request_ids[0] == desk.notes.note.request_id
        assert desk.notes.note.posts == 1

    def test_the_note_is_written_before_the_request_is_sent(self):
        desk = Desk()
        seen = []
        service: Any = desk.bench._answers

        def observed(request):
            seen.append((request.method, len(desk.notes.saved)))
            return service(request)

        desk.bench._answers = observed
        desk.submit()
        assert seen == [("GET", 0), ("POST", 1), ("GET", 2)]

    @pytest.mark.parametrize(
        ("entries", "outcome"),
        [
            ([there("Approved")], "approved"),
            ([there("InReview")], "in_review"),
            ([there(None)], "in_review"),
            ([there("Escalated")], "in_review"),
            ([DENIED], "denied"),
        ],
        ids=["approved", "in-review", "no-status", "unknown-status", "denied"],
    )
    def test_what_is_there_is_reported_and_nothing_is_sent(self, entries, outcome):
        desk = Desk(entries)
        result = desk.submit(preflight="fail")
        assert (desk.posts, len(desk.bench.sent), desk.notes.saved) == (0, 1, [])
        assert result.verdict.outcome == outcome
        assert (result.submitted, result.request_id, result.submitted_at) == (False, None, None)
        assert result.correlation_id == desk.bench.sent[0].headers["MS-CorrelationId"]

    @pytest.mark.parametrize(
        ("held", "wanted"),
        [("GovernmentCommunityCloud", "Education"), ("Education", "GovernmentCommunityCloud")],
    )
    def test_an_excluded_pair_is_refused_before_anything_is_sent(self, held, wanted):
        desk = Desk([there("Approved", held)])
        with pytest.raises(PartnerCenterInvalidRequestError, match="excludes"):
            desk.submit(wanted)
        assert desk.posts == 0

    def test_state_owned_goes_next_to_another(self):
        desk = Desk([there("Approved")])
        desk.submit("StateOwnedEntity")
        assert desk.posts == 1

    def test_a_denial_that_is_named_is_followed_by_one_request(self):
        desk = Desk([DENIED], delay=60)
        result = desk.submit(resubmit=DENIAL)
        assert desk.posts == 1
        assert result.verdict.outcome is Outcome.IN_REVIEW
        assert [entry.to_dict()["vetting_created_date"] for entry in result.baseline] == [DENIAL]

    def test_a_denial_that_is_not_the_named_one_stays_the_verdict(self):
        desk = Desk([{**DENIED, "vettingCreatedDate": "2025-03-03T00:00:00Z"}])
        assert desk.submit(resubmit=DENIAL).verdict.outcome is Outcome.DENIED
        assert desk.posts == 0

    def test_a_failing_first_read_sends_nothing(self):
        desk = Desk(reads=[answer(403)])
        with pytest.raises(PartnerCenterPermissionError):
            desk.submit()
        assert (desk.posts, desk.notes.saved) == (0, [])

    def test_all_calls_share_one_correlation_id(self):
        desk = Desk()
        result = desk.submit(preflight="warn")
        assert {request.headers["MS-CorrelationId"] for request in desk.bench.sent} == {result.correlation_id}
        assert len(set(desk.bench.request_ids())) == len(desk.bench.sent)


class TestAfterThePost:
    def test_a_fresh_read_counts_more_than_the_answer(self):
        desk = Desk(delay=60, post_answer=there("InReview"))
        desk.service.entries.append((0.15, there("Approved")))
        assert desk.submit().verdict.outcome is Outcome.APPROVED

    def test_the_answer_counts_while_reads_do_not_show_it(self):
        desk = Desk(delay=60, post_answer={"qualifications": [there("Approved")]})
        assert desk.submit().verdict.outcome is Outcome.APPROVED

    @pytest.mark.parametrize("body", [[], {"qualifications": None}, [there("Approved", "StateOwnedEntity")]])
    def test_an_answer_without_the_qualification_is_in_review(self, body):
        desk = Desk(delay=60, post_answer=body)
        assert desk.submit().verdict.outcome is Outcome.IN_REVIEW

    def test_an_answer_that_still_lists_the_old_denial_is_no_denial(self):
        desk = Desk([DENIED], delay=60, post_answer=[DENIED])
        assert desk.submit(resubmit=DENIAL).verdict.outcome is Outcome.IN_REVIEW

    def test_a_failing_read_does_not_undo_an_answered_submission(self):
        desk = Desk(reads=[None, answer(403)])
        result = desk.submit()
        assert result.submitted
        assert result.verdict.outcome is Outcome.IN_REVIEW
        assert desk.posts == 1


class TestLostAnswers:
    def test_lost_after_it_was_carried_out_is_found_by_reading(self):
        desk = Desk(posts=["lost after"], delay=50)
        result = desk.submit()
        assert desk.posts == 1
        assert result.submitted
        assert result.verdict.outcome is Outcome.IN_REVIEW
        assert 50 <= desk.clock.passed < GRACE

    def test_lost_before_it_was_carried_out_is_sent_again_with_the_same_id(self):
        desk = Desk(posts=["lost before"])
        result = desk.submit()
        assert desk.posts == 2
        assert set(desk.service.request_ids) == {result.request_id}
        assert desk.clock.passed >= GRACE
        assert [(note.posts, note.carried_out) for note in desk.notes.saved] == [(1, False), (2, False), (2, True)]

    @pytest.mark.parametrize("status", [408, 500, 503, 504])
    def test_an_outage_counts_as_a_lost_answer(self, status):
        desk = Desk(posts=[answer(status)])
        desk.submit()
        assert desk.posts == 2
        assert desk.clock.passed >= GRACE

    @pytest.mark.parametrize("entries", [[], [DENIED]], ids=["fresh", "resubmission"])
    def test_lost_twice_is_for_a_person_to_find_out(self, entries):
        desk = Desk(entries, posts=["lost before", "lost before"])
        with pytest.raises(PartnerCenterUnknownOutcomeError, match=f"{CUSTOMER}: it is unknown whether") as caught:
            desk.submit(resubmit=DENIAL)
        assert desk.posts == 2
        assert not caught.value.retryable
        assert caught.value.request_id == desk.service.request_ids[0]
        assert caught.value.correlation_id
        assert "clear the task" in caught.value.hint
        assert desk.notes.note.posts == 0

    def test_a_cleared_task_counts_from_the_beginning_but_reads_first(self):
        desk = Desk(posts=["lost before", "lost before"])
        with pytest.raises(PartnerCenterUnknownOutcomeError):
            desk.submit()
        desk.submit()
        assert desk.posts == 3
        assert len(set(desk.service.request_ids)) == 1

    def test_what_comes_late_is_found_by_a_cleared_task(self):
        desk = Desk(posts=["lost before", "lost after"], delay=GRACE + 50)
        with pytest.raises(PartnerCenterUnknownOutcomeError):
            desk.submit()
        desk.submit()
        assert desk.posts == 2

    def test_refused_after_a_lost_one_is_decided_by_a_read(self):
        desk = Desk(posts=["lost before", answer(400, {"code": "3000"})])
        service = desk.service

        def appear(request):
            response = FakePartnerCenter.__call__(service, request)
            if len(service.request_ids) == 2:
                service.entries = [(0.0, there("InReview"))]
            return response

        desk.bench._answers = appear
        result = desk.submit()
        assert result.verdict.outcome is Outcome.IN_REVIEW
        assert desk.posts == 2

    @pytest.mark.parametrize(
        ("refusals", "says", "cause"),
        [
            ([REFUSED], r"refused.*code 3000.*has it already", PartnerCenterInvalidRequestError),
            # The first 401 only asks for another token.
            ([ACCESS_DENIED] * 2, r"refused.*HTTP 401.*Access denied", PartnerCenterTokenRefusedError),
        ],
        ids=["the-request", "the-token"],
    )
    def test_refused_after_a_lost_one_and_nothing_there_is_unknown_and_says_why_it_was_refused(
        self, refusals, says, cause
    ):
        desk = Desk(posts=["lost after", *refusals], delay=GRACE + 50)
        with pytest.raises(PartnerCenterUnknownOutcomeError, match=says) as caught:
            desk.submit()
        assert isinstance(caught.value.__cause__, cause)
        assert desk.posts == 1 + len(refusals)
        # What comes late is found by a cleared task.
        assert desk.submit().verdict.outcome is Outcome.IN_REVIEW
        assert desk.posts == 1 + len(refusals)

    def test_a_refused_request_does_not_count_as_lost(self):
        desk = Desk(posts=["lost before", answer(429, Retry_After="1000")])
        with pytest.raises(PartnerCenterThrottledError):
            desk.submit()
        assert desk.notes.note.posts == 1
        desk.clock.advance(1000)
        assert desk.submit().submitted
        assert desk.posts == 3
        assert len(set(desk.service.request_ids)) == 1

    def test_a_denial_found_after_a_lost_answer_is_the_verdict(self):
        desk = Desk(posts=["lost before"])
        desk.service.entries = [(30.0, DENIED)]
        result = desk.submit()
        assert result.verdict.outcome is Outcome.DENIED
        assert desk.posts == 1

    def test_passing_failures_of_reads_are_read_through(self):
        desk = Desk(posts=["lost after"], reads=[None, *[answer(503)] * 9])
        assert desk.submit().submitted
        assert desk.posts == 1

    def test_an_outage_of_the_reads_leaves_the_reading_to_another_try(self):
        desk = Desk(posts=["lost after"], reads=[None, *[answer(503)] * 500])
        with pytest.raises(PartnerCenterServiceUnavailableError):
            desk.submit()
        desk.service._reads.clear()
        assert desk.submit().submitted
        assert desk.posts == 1

    @pytest.mark.parametrize("failure", [answer(403), answer(503)], ids=["for-good", "no-place-for-a-note"])
    def test_without_reads_the_outcome_is_unknown(self, failure):
        desk = Desk(posts=["lost after"], reads=[None, *[failure] * 500])
        if failure.status == 503:
            desk.notes.lasting = False
        with pytest.raises(PartnerCenterUnknownOutcomeError) as caught:
            desk.submit()
        assert desk.posts == 1
        assert caught.value.request_id == desk.service.request_ids[0]
        cause = caught.value.__cause__
        assert isinstance(cause, PartnerCenterError)
        assert cause.status == failure.status
        assert desk.notes.note.posts == 1
        assert desk.clock.passed < 4 * GRACE


class TestFurtherTries:
    def test_what_is_not_yet_visible_is_waited_for(self):
        desk = Desk(posts=["killed"], delay=100)
        with pytest.raises(Killed):
            desk.submit()
        assert desk.posts == 1
        result = desk.submit()
        assert desk.posts == 1
        assert result.submitted
        assert result.request_id == desk.service.request_ids[0]
        assert result.submitted_at == "2025-06-15T15:06:40+00:00"
        assert result.baseline == ()
        assert result.verdict.outcome is Outcome.IN_REVIEW

    def note(self, desk, posts, posted_at=EPOCH):
        request = SubmissionRequest.validated(CUSTOMER, "Education", education_segment="K12")
        return SubmissionNote(submission_id(TENANT, request, [], "dag run"), posts, posted_at)

    def test_a_note_allows_one_more_request_after_the_grace(self):
        desk = Desk()
        desk.notes.note = self.note(desk, 1)
        desk.submit()
        assert desk.posts == 1
        assert desk.clock.passed >= GRACE
        assert desk.notes.note.posts == 2

    def test_however_old_a_note_is_the_grace_is_this_try_s(self):
        desk = Desk()
        desk.notes.note = self.note(desk, 1, EPOCH - 1000)
        desk.submit()
        assert desk.clock.passed >= GRACE

    def test_after_a_second_request_there_is_no_third(self):
        desk = Desk()
        desk.notes.note = self.note(desk, 2)
        with pytest.raises(PartnerCenterUnknownOutcomeError):
            desk.submit()
        assert desk.posts == 0
        assert desk.clock.passed >= GRACE
        assert desk.notes.note.posts == 0

    def test_after_a_second_request_reading_may_still_tell(self):
        desk = Desk()
        desk.notes.note = self.note(desk, 2)
        desk.service.entries = [(100.0, there("InReview"))]
        assert desk.submit().submitted
        assert desk.posts == 0

    def test_without_a_store_a_further_try_waits_for_the_grace(self):
        desk = Desk(note=SubmissionNote("", 0, EPOCH))
        desk.submit()
        assert desk.posts == 1
        assert desk.clock.passed >= GRACE

    @pytest.mark.parametrize("fate", ["lost before", "lost after"])
    def test_without_a_store_a_further_try_sends_once_at_the_most(self, fate):
        """The try before may have sent one, and nobody could note it."""
        desk = Desk(note=SubmissionNote("", 0, EPOCH), posts=[fate], delay=GRACE * 3)
        with pytest.raises(PartnerCenterUnknownOutcomeError):
            desk.submit()
        assert desk.posts == 1

    def test_without_a_store_what_appears_in_the_grace_is_not_submitted_again(self):
        desk = Desk(note=SubmissionNote("", 0, EPOCH))
        desk.service.entries = [(70.0, there("InReview"))]
        result = desk.submit()
        assert desk.posts == 0
        # Nobody knows whether it was this task's.
        assert not result.submitted

    def test_a_retry_does_not_use_up_the_next_attempt_of_a_named_denial(self):
        desk = Desk([DENIED])
        desk.submit(resubmit=DENIAL)
        desk.service.entries = [(0.0, {**DENIED, "vettingCreatedDate": "2025-06-20T00:00:00Z"})]
        assert desk.submit(resubmit=DENIAL).verdict.outcome is Outcome.DENIED
        assert desk.posts == 1

    @pytest.mark.parametrize("failure", [answer(403), answer(503)], ids=["for-good", "for-long"])
    def test_failing_reads_send_nothing(self, failure):
        desk = Desk(note=SubmissionNote("", 0, EPOCH), reads=[None, *[failure] * 500])
        with pytest.raises((PartnerCenterPermissionError, PartnerCenterServiceUnavailableError)):
            desk.submit()
        assert desk.posts == 0

    @pytest.mark.parametrize("grace", [0, 7, 600])
    def test_the_grace_is_the_given_one(self, grace):
        desk = Desk(note=SubmissionNote("", 0, EPOCH))
        desk.submit(grace=grace)
        assert grace <= desk.clock.passed <= grace + 10


class TestRefusals:
    @pytest.mark.parametrize(
        ("refusal", "cls"),
        [
            (answer(400, {"code": "3000"}), PartnerCenterInvalidRequestError),
            (answer(403, {"code": "900329"}), PartnerCenterPermissionError),
            (answer(404), PartnerCenterNotFoundError),
            (answer(429, Retry_After="1000"), PartnerCenterThrottledError),
            (TransportError("not trusted", sent=False, permanent=True), PartnerCenterServiceUnavailableError),
        ],
        ids=["400", "403", "404", "429", "not-sent"],
    )
    def test_a_refused_request_leaves_no_note(self, refusal, cls):
        desk = Desk(posts=[refusal])
        with pytest.raises(cls):
            desk.submit()
        assert desk.notes.note is None
        assert desk.notes.forgotten == 1
        assert desk.posts == 1


class TestAnotherTaskWasFaster:
    """Another task submits for the same customer after this one has read, so the service refuses this one's request."""

    @pytest.mark.parametrize(
        ("becomes", "outcome"),
        [
            (there("InReview"), "in_review"),
            (there("Approved"), "approved"),
            (DENIED, "denied"),
        ],
        ids=["in-review", "approved", "denied"],
    )
    def test_what_it_submitted_is_the_verdict(self, becomes, outcome):
        desk = Desk(posts=["beaten"], becomes=becomes)
        result = desk.submit()
        assert result.verdict.outcome == outcome
        assert (result.submitted, result.request_id, result.submitted_at) == (False, None, None)
        assert desk.posts == 1
        assert desk.notes.note is None

    def test_both_named_the_same_denial(self):
        desk = Desk([DENIED], posts=["beaten"])
        result = desk.submit(resubmit=DENIAL)
        assert result.verdict.outcome is Outcome.IN_REVIEW
        assert (result.submitted, desk.posts) == (False, 1)

    def test_it_submitted_what_excludes_this_one(self):
        desk = Desk(posts=["beaten"], becomes=there("InReview", "GovernmentCommunityCloud"))
        with pytest.raises(PartnerCenterInvalidRequestError, match=r"GovernmentCommunityCloud .* excludes Education"):
            desk.submit()
        assert desk.notes.note is None

    @pytest.mark.parametrize("failure", [answer(403), answer(503), None], ids=["no-access", "outage", "not-visible"])
    def test_if_reads_do_not_show_it_the_refusal_is_the_error(self, failure):
        desk = Desk(posts=["beaten"], delay=GRACE, reads=[None, *[failure] * 500])
        with pytest.raises(PartnerCenterInvalidRequestError, match="has it already"):
            desk.submit()
        assert desk.notes.note is None
        assert desk.posts == 1


class TestPreflight:
    def test_a_good_customer(self):
        desk = Desk()
        assert desk.submit(preflight="fail").problems == ()
        assert desk.posts == 1

    def test_problems_are_warned_of(self, caplog):
        desk = Desk(customer=BAD_CUSTOMER)
        result = desk.submit(preflight="warn")
        assert desk.posts == 1
        assert len(result.problems) == 2
        assert result.to_dict()["preflight"] == list(result.problems)
        assert all(problem in caplog.text for problem in result.problems)

    def test_problems_stop_it(self):
        desk = Desk(customer=BAD_CUSTOMER)
        with pytest.raises(
            PartnerCenterInvalidRequestError, match=r"would deny.*gmail\.com.*nothing was submitted"
        ) as caught:
            desk.submit(preflight="fail")
        assert (desk.posts, desk.notes.saved) == (0, [])
        assert "preflight='warn'" in caught.value.hint

    def test_off_reads_no_customer(self):
        desk = Desk(customer=BAD_CUSTOMER)
        assert desk.submit(preflight="off").problems == ()
        assert len(desk.bench.sent) == 3

    @pytest.mark.parametrize("wanted", ["StateOwnedEntity", "GovernmentCommunityCloud"])
    def test_only_education_is_reviewed_by_it(self, wanted):
        desk = Desk(customer=BAD_CUSTOMER)
        desk.submit(wanted, preflight="fail")
        assert desk.posts == 1

    def test_what_cannot_be_seen_is_only_warned_of(self):
        unseen = {"id": CUSTOMER, "companyProfile": {"companyName": "Elm"}, "allowDelegatedAccess": False}
        desk = Desk(customer=unseen)
        assert "delegated access" in desk.submit(preflight="fail").problems[0]
        assert desk.posts == 1

    def test_a_customer_that_cannot_be_read_is_a_warning(self):
        desk = Desk(customer=TransportError("not trusted", sent=False, permanent=True))
        result = desk.submit(preflight="warn")
        assert "could not be checked" in result.problems[0]
        assert desk.posts == 1

    def test_a_customer_that_cannot_be_read_stops_it(self):
        desk = Desk(customer=TransportError("not trusted", sent=False, permanent=True))
        with pytest.raises(PartnerCenterServiceUnavailableError):
            desk.submit(preflight="fail")
        assert desk.posts == 0


class TestAnUndatedDenialAfterAnUndatedDenial:
    """Nothing tells the two apart, so only what was noted keeps the next attempt from being spent."""

    def denied_again(self, posts=()):
        desk = Desk([UNDATED], posts=posts)
        desk.submit(resubmit="Not an Academic Domain")
        desk.service.entries = [(float("-inf"), UNDATED)]
        desk.clock.passed += 10 * GRACE
        return desk

    @pytest.mark.parametrize("posts", [["ok"], ["lost after"]])
    def test_another_try_finds_the_request_and_sends_none(self, posts):
        desk = self.denied_again(posts)
        result = desk.submit(resubmit="Not an Academic Domain")
        assert desk.posts == 1
        assert result.verdict.outcome is Outcome.DENIED
        assert result.submitted

    def test_another_task_may_be_told_to_send_one(self):
        desk = self.denied_again()
        desk.submit(resubmit="Not an Academic Domain", notes=Notes())
        assert desk.posts == 2

    def test_without_a_store_a_person_decides(self):
        desk = Desk([UNDATED], note=SubmissionNote("", 0, EPOCH))
        with pytest.raises(PartnerCenterUnknownOutcomeError):
            desk.submit(resubmit="Not an Academic Domain")
        assert desk.posts == 0

    def test_an_answered_request_that_stays_invisible_is_not_sent_again(self):
        desk = Desk(delay=100 * GRACE)
        desk.submit()
        desk.clock.passed += 10 * GRACE
        result = desk.submit()
        assert desk.posts == 1
        assert (result.submitted, result.verdict.outcome) == (True, Outcome.IN_REVIEW)


class TestSubmissionId:
    REQUEST = SubmissionRequest.validated(
        CUSTOMER, "Education", education_segment="K12", website="elm.example", resubmit_denied_of=DENIAL
    )
    BASELINE = (CustomerQualification.from_json(DENIED), CustomerQualification.from_json("StateOwnedEntity"))

    def id(self, tenant=TENANT, request=REQUEST, baseline=BASELINE, decision="dag run"):
        return submission_id(tenant, request, baseline, decision)

    def test_is_a_uuid_of_version_5(self):
        assert uuid.UUID(self.id()).version == 5

    @pytest.mark.parametrize(
        "change",
        [
            {"tenant": TENANT.upper()},
            {"baseline": BASELINE[::-1]},
            {"baseline": BASELINE[:1]},
            {"baseline": [CustomerQualification.from_dict(entry.to_dict()) for entry in BASELINE]},
            {"request": replace(REQUEST, resubmit_denied_of="2025-01-02T03:04:05Z")},
            {
                "request": SubmissionRequest.validated(
                    CUSTOMER.upper(), 1, education_segment="k12", website="elm.example", resubmit_denied_of=DENIAL
                )
            },
        ],
        ids=[
            "tenant-case",
            "order-of-the-baseline",
            "other-qualifications",
            "baseline-from-xcom",
            "the-way-a-denial-is-named",
            "spelling",
        ],
    )
    def test_the_same_decision_has_the_same_id(self, change):
        assert self.id(**change) == self.id()

    @pytest.mark.parametrize(
        "change",
        [
            {"tenant": CUSTOMER},
            {"baseline": [replace(BASELINE[0], vetting_reason="another")]},
            {"baseline": ()},
            {"request": replace(REQUEST, resubmit_denied_of=None)},
            {"decision": "dag another run"},
            {"request": replace(REQUEST, customer_id=TENANT)},
            {"request": replace(REQUEST, website="oak.example")},
            {"request": SubmissionRequest.validated(CUSTOMER, 1, education_segment="HigherEducation")},
            {"request": SubmissionRequest.validated(CUSTOMER, "StateOwnedEntity")},
        ],
        ids=[
            "tenant",
            "another-denial",
            "no-baseline",
            "no-named-denial",
            "run",
            "customer",
            "website",
            "segment",
            "qualification",
        ],
    )
    def test_another_decision_has_another_id(self, change):
        assert self.id(**change) != self.id()

    def test_it_does_not_change_from_version_to_version(self):
        assert self.id() == "0180901e-0736-5812-b217-423cb5071397"


RESULT = {
    "customer_id",
    "qualification",
    "vetting_status",
    "vetting_reason",
    "vetting_created_date",
    "outcome",
    "submitted",
    "submitted_at",
    "request_id",
    "correlation_id",
    "baseline",
    "preflight",
}


@pytest.mark.parametrize(
    ("entries", "resubmit", "more"),
    [
        ([], None, set()),
        ([there("Approved")], None, set()),
        ([DENIED], None, {"hint", "attempts_left", "resubmit_denied_of"}),
        ([DENIED], DENIAL, set()),
    ],
    ids=["submitted", "there", "denied", "resubmitted"],
)
def test_result(entries, resubmit, more):
    result = Desk(entries).submit(resubmit=resubmit, preflight="warn").to_dict()
    assert set(result) == RESULT | more
    assert json.loads(json.dumps(result)) == result
    assert [set(entry) for entry in result["baseline"]] == [
        {"qualification", "vetting_status", "vetting_reason", "vetting_created_date"}
    ] * len(entries)


class TestLegacy:
    REQUEST = SubmissionRequest.validated(CUSTOMER, "Education", legacy=True)

    def set(self, desk):
        return desk.bench.run(
            submit(desk.bench.exchange, self.REQUEST, desk.notes, tenant_id=TENANT, legacy=True, preflight_mode="off")
        )

    def test_sets_what_is_not_there(self):
        desk = Desk()
        result = self.set(desk)
        assert desk.service.bodies == [1]
        assert result.submitted
        assert result.verdict.outcome is Outcome.APPROVED
        assert desk.service.request_ids == [result.request_id]
        assert set(result.to_dict()) == RESULT

    def test_leaves_what_is_there(self):
        desk = Desk()
        desk.service.legacy = "education"
        result = self.set(desk)
        assert desk.posts == 0
        assert not result.submitted
        assert result.verdict.outcome is Outcome.APPROVED

    @pytest.mark.parametrize("held", ["nonprofit", "governmentcommunitycloud", "charity"])
    def test_refuses_to_replace_another(self, held):
        desk = Desk()
        desk.service.legacy = held
        with pytest.raises(PartnerCenterInvalidRequestError, match="not as Education"):
            self.set(desk)
        assert desk.posts == 0

    @pytest.mark.parametrize(
        ("entries", "outcome"), [([DENIED], "denied"), ([there("InReview")], "in_review")], ids=["denied", "in-review"]
    )
    def test_does_not_go_over_what_only_the_list_knows(self, entries, outcome):
        desk = Desk(entries)
        assert self.set(desk).verdict.outcome == outcome
        assert desk.posts == 0

    def test_a_service_without_the_list_will_do(self):
        desk = Desk(reads=[answer(404)] * 10)
        assert self.set(desk).submitted

    @pytest.mark.parametrize(("fate", "posts"), [("lost after", 1), ("lost before", 2)])
    def test_a_lost_answer_is_looked_for(self, fate, posts):
        desk = Desk(posts=[fate])
        assert self.set(desk).verdict.outcome is Outcome.APPROVED
        assert desk.posts == posts
        assert len(set(desk.service.request_ids)) == 1

    def test_lost_twice_is_for_a_person(self):
        desk = Desk(posts=["lost before"] * 2)
        with pytest.raises(PartnerCenterUnknownOutcomeError):
            self.set(desk)
        assert desk.posts == 2
