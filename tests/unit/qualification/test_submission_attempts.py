"""No verification attempt is spent that nobody named: what a try may suppose about those before it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterInvalidRequestError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterThrottledError,
    PartnerCenterUnknownOutcomeError,
)
from airflow_provider_partnercenter.qualification.records import SubmissionNote
from airflow_provider_partnercenter.qualification.vetting import Outcome
from airflow_provider_partnercenter.storage.submission_notes import notes_of_many
from tests.support.bench import CUSTOMER, EPOCH, answer
from tests.support.desk import (
    BAD_CUSTOMER,
    DENIAL,
    DENIED,
    GRACE,
    UNDATED,
    Desk,
    Killed,
    there,
)

REASON = "Not an Academic Domain"


class TestGraceOfAnotherTry:
    """A note is written before its request waits for a turn, a 429 or a sign-in: it does not say when that was sent."""

    @pytest.mark.parametrize("ago", [0, 60, 180, 86_400])
    @pytest.mark.parametrize("skew", [-3600, 0, 3600], ids=["clock-behind", "same-clock", "clock-ahead"])
    def test_what_was_sent_late_is_waited_for(self, ago, skew):
        desk = Desk(posts=["killed"], delay=GRACE - 5)
        with pytest.raises(Killed):
            desk.submit()
        desk.notes.note = replace(desk.notes.note, posted_at=EPOCH + skew - ago)
        result = desk.submit()
        assert desk.posts == 1
        assert result.submitted

    def test_what_is_known_to_be_carried_out_needs_no_grace(self):
        desk = Desk()
        desk.submit()
        began = desk.clock.passed
        desk.submit()
        assert desk.posts == 1
        assert desk.clock.passed - began < 5


class TestReadsAfterALostAnswer:
    def test_a_retry_after_is_kept(self):
        reads = [None, *[answer(503, Retry_After="400")] * 2]
        desk = Desk(posts=["lost after"], reads=reads)
        assert desk.submit(grace=1000).submitted
        assert desk.posts == 1
        assert desk.clock.passed >= 800


class TestDenialsThatCannotBeToldApart:
    """The service may deny again at once, in the same words and without a date (or with the day only)."""

    @pytest.mark.parametrize(
        "denial",
        [UNDATED, {**UNDATED, "vettingCreatedDate": "2025-01-02"}],
        ids=["undated", "day-only"],
    )
    def test_after_a_lost_answer_a_person_decides(self, denial):
        name = denial.get("vettingCreatedDate") or REASON
        desk = Desk([denial], posts=["lost after"], becomes=denial)
        with pytest.raises(PartnerCenterUnknownOutcomeError):
            desk.submit(resubmit=name)
        assert desk.posts == 1

    def test_after_a_killed_try_a_person_decides(self):
        desk = Desk([UNDATED], posts=["killed"], becomes=UNDATED)
        with pytest.raises(Killed):
            desk.submit(resubmit=REASON)
        with pytest.raises(PartnerCenterUnknownOutcomeError):
            desk.submit(resubmit=REASON)
        assert desk.posts == 1

    def test_after_a_person_looked_and_cleared_the_task_it_is_sent(self):
        desk = Desk([UNDATED], posts=["lost before"])
        with pytest.raises(PartnerCenterUnknownOutcomeError):
            desk.submit(resubmit=REASON)
        assert desk.submit(resubmit=REASON).submitted
        assert desk.posts == 2

    def test_an_unmistakable_denial_is_told_apart(self):
        desk = Desk([DENIED], posts=["lost before"])
        desk.submit(resubmit=DENIAL)
        assert desk.posts == 2


class TestNothingIsClaimedThatNobodyKnows:
    def killed_then(self, **options):
        desk = Desk(posts=["killed"], delay=100 * GRACE, **options)
        with pytest.raises(Killed):
            desk.submit()
        return desk

    def test_a_preflight_after_a_request_that_may_be_out(self):
        desk = self.killed_then(customer=BAD_CUSTOMER)
        with pytest.raises(PartnerCenterUnknownOutcomeError) as caught:
            desk.submit(preflight="fail")
        assert "not submitted" not in str(caught.value)
        assert desk.posts == 1

    def test_a_used_up_code_after_a_request_that_may_be_out(self):
        desk = Desk(posts=["killed"], delay=100 * GRACE)
        with pytest.raises(Killed):
            desk.submit("GovernmentCommunityCloud", organization="City of Elm")
        desk.service.codes[0]["remainingCreates"] = 0
        with pytest.raises(PartnerCenterUnknownOutcomeError, match="not sent again: All validation codes"):
            desk.submit("GovernmentCommunityCloud", organization="City of Elm")
        assert desk.posts == 1


class TestARefusalWithTheStatusOfASuccess:
    """``{"code": 1, "description": "x"}`` under HTTP 200: the status and the body contradict each other."""

    REFUSAL = answer(200, {"code": 1, "description": "Customer tagging denied."})

    def test_it_is_told_as_a_refusal_and_not_sent_again(self):
        desk = Desk(posts=[self.REFUSAL])
        with pytest.raises(PartnerCenterInvalidRequestError, match="Customer tagging denied") as caught:
            desk.submit()
        assert not caught.value.retryable
        assert desk.posts == 1

    def test_a_fresh_read_decides(self):
        desk = Desk(post_answer={"code": 1, "description": "x"})
        result = desk.submit()
        assert result.submitted
        assert result.verdict.outcome is Outcome.IN_REVIEW
        assert desk.posts == 1

    def test_an_unreadable_answer_is_a_lost_one(self):
        desk = Desk(posts=[answer(200, b"<html>busy</html>")])
        assert desk.submit().submitted
        assert desk.posts == 2
        assert len(set(desk.service.request_ids)) == 1

    def test_a_person_may_clear_the_task(self):
        desk = Desk(posts=[self.REFUSAL])
        with pytest.raises(PartnerCenterInvalidRequestError):
            desk.submit()
        assert desk.submit().submitted

    def test_if_the_read_fails_it_is_not_sent_by_the_next_try_either(self):
        desk = Desk(posts=[self.REFUSAL], reads=[None, *[answer(503)] * 40])
        with pytest.raises(PartnerCenterServiceUnavailableError):
            desk.submit()
        desk.service._reads.clear()
        with pytest.raises(PartnerCenterUnknownOutcomeError):
            desk.submit()
        assert desk.posts == 1


class TestWithoutAPlaceForNotes:
    """Below Airflow 3.3 the process remembers; a row begins anew there when a pause is too long for one call."""

    def test_what_was_sent_before_a_long_pause_counts(self):
        notes = notes_of_many({})("customer")
        desk = Desk(posts=["lost before", answer(429, Retry_After="1000"), "lost before", "ok"])
        with pytest.raises(PartnerCenterThrottledError):
            desk.submit(notes=notes)
        desk.clock.advance(1000)
        with pytest.raises(PartnerCenterUnknownOutcomeError):
            desk.submit(notes=notes)
        # Two that may have been carried out, and one that was refused.
        assert desk.posts == 3
        assert len(set(desk.service.request_ids)) == 1


class TestNotesThatFail:
    """Airflow's API may hiccup at any moment; what is known by then stays the result."""

    @pytest.mark.parametrize("post", ["ok", "lost after"])
    def test_after_the_fact_the_result_stands(self, post, caplog):
        desk = Desk(posts=[post])
        desk.notes.failing = ("carried out",)
        result = desk.submit()
        assert result.submitted
        assert result.verdict.outcome is Outcome.IN_REVIEW
        assert desk.posts == 1
        assert "Airflow's API is away" in caplog.text

    def test_a_refusal_stays_the_reason(self):
        desk = Desk(posts=[answer(400, {"code": "3000"})])
        desk.notes.failing = ("forgotten",)
        with pytest.raises(PartnerCenterInvalidRequestError, match="3000"):
            desk.submit()

    def test_before_the_request_nothing_is_sent(self):
        desk = Desk()
        desk.notes.failing = ("sent",)
        with pytest.raises(PartnerCenterServiceUnavailableError, match="API is away") as caught:
            desk.submit()
        assert caught.value.retryable
        assert desk.posts == 0


class TestWhoseNote:
    def test_a_note_of_another_customer_is_ignored(self):
        other = "0f0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f"
        note = SubmissionNote(
            "of-another", 1, EPOCH - 5, carried_out=True, payload={"customer_id": other, "qualification": "Education"}
        )
        desk = Desk([there("InReview")], note=note)
        result = desk.submit()
        assert (result.submitted, result.request_id) == (False, None)

    def test_a_note_of_another_payload_is_ignored(self):
        desk = Desk()
        desk.submit("Education")
        desk.service.entries = [(0.0, there("Approved", "StateOwnedEntity"))]
        result = desk.submit("StateOwnedEntity")
        assert not result.submitted

    def test_a_note_names_its_customer(self):
        desk = Desk()
        desk.submit()
        assert desk.notes.note.payload["customer_id"] == CUSTOMER


class TestDecisionKey:
    """The id tells repetitions of one decision from another one for the same customer."""

    def test_another_try_and_another_host_send_the_same_id(self):
        ids = {Desk().submit(decision="dag/run").request_id for _ in range(2)}
        assert len(ids) == 1

    def test_another_run_sends_another_id(self):
        assert Desk().submit(decision="dag/run").request_id != Desk().submit(decision="dag/another run").request_id

    def test_without_a_key_each_decision_is_its_own(self):
        desk = Desk(posts=["lost before"])
        desk.submit(decision=None)
        assert len(set(desk.service.request_ids)) == 1
        assert Desk().submit(decision=None).request_id != Desk().submit(decision=None).request_id
