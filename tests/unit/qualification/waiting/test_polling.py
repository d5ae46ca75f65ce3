from __future__ import annotations

import json
import logging
import re
from dataclasses import replace

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterError,
    PartnerCenterMfaRequiredError,
    PartnerCenterNotFoundError,
    PartnerCenterPermissionError,
)
from airflow_provider_partnercenter.client.plain import from_plain, to_plain
from airflow_provider_partnercenter.client.protocol.budget import RequestBudget
from airflow_provider_partnercenter.client.protocol.commands import TransportError
from airflow_provider_partnercenter.client.protocol.retry import RetryPolicy
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome
from airflow_provider_partnercenter.qualification.waiting.intervals import (
    FIRST_POLL,
    JITTER,
    MAX_WAIT,
    jittered,
)
from airflow_provider_partnercenter.qualification.waiting.polling import TOGETHER, next_poll_in, poll, wait_for_verdict
from airflow_provider_partnercenter.qualification.waiting.sighting import NOTHING_YET, Sighting
from airflow_provider_partnercenter.qualification.waiting.wait import WAIT_TIMEOUT, Wait
from tests.support.bench import CUSTOMER, EPOCH, Bench, Clock, answer

REVIEW = {"qualification": "Education", "vettingStatus": "InReview", "vettingCreatedDate": "2025-06-15T00:00:00Z"}
APPROVED = {"qualification": "Education", "vettingStatus": "Approved"}
DENIED = {**REVIEW, "vettingStatus": "Denied", "vettingReason": "Not an Academic Domain"}
OLD = {
    "qualification": "Education",
    "vetting_status": "Denied",
    "vetting_reason": "Not an Academic Domain",
    "vetting_created_date": "2025-06-15T00:00:00+00:00",
}
ONCE = RetryPolicy(attempts=1)


def wait(**options):
    defaults = {
        "customer_id": CUSTOMER,
        "qualification": "Education",
        "started_at": EPOCH,
        "deadline": EPOCH + WAIT_TIMEOUT,
    }
    return Wait(**{**defaults, **options})


# What a poll found that saw nothing, when the grace is over.
UNSEEN = Sighting(Judgement(Outcome.ABSENT), ended=False, absent_since=EPOCH - 120)


class TestNextPoll:
    @pytest.mark.parametrize("chance", [0, 0.5, 1])
    def test_the_next_poll_never_passes_the_deadline(self, chance):
        assert next_poll_in(wait(deadline=EPOCH + 10), EPOCH, chance) == 10
        assert next_poll_in(wait(deadline=EPOCH - 10), EPOCH, chance) == 0

    @pytest.mark.parametrize("chance", [0, 0.37, 0.5, 0.99])
    @pytest.mark.parametrize("age", [0, 0.01, 7.77, 3600.4])
    def test_polls_of_many_waits_are_made_together(self, age, chance):
        pause = next_poll_in(wait(poke_interval=10, deadline=EPOCH + 10_000), EPOCH + age, chance)
        assert jittered(10, chance) <= pause + 1e-6 <= jittered(10, chance) + TOGETHER
        assert (EPOCH + age + pause) / TOGETHER == pytest.approx(round((EPOCH + age + pause) / TOGETHER), abs=1e-5)

    def test_a_first_poll_is_never_so_early_that_another_one_follows(self):
        assert next_poll_in(wait(started_at=EPOCH + 0.1), EPOCH + 0.1, 0.0) >= jittered(FIRST_POLL, 0.0)


class TestWait:
    def test_survives_a_deferral(self):
        original = wait(baseline=(OLD,), success_statuses=("A",), failure_statuses=("B", "C"), poke_interval=5)
        assert from_plain(Wait, json.loads(json.dumps(to_plain(original)))) == original

    def test_earlier(self):
        assert wait().earlier == ()
        assert [entry.to_dict() for entry in wait(baseline=(OLD,)).earlier] == [OLD]


class TestPoll:
    @pytest.mark.parametrize(
        ("entries", "options", "outcome", "ended"),
        [
            pytest.param([APPROVED], {}, "approved", True, id="approved"),
            pytest.param([DENIED], {}, "denied", True, id="denied"),
            pytest.param([REVIEW], {}, "in_review", False, id="in-review"),
            pytest.param([{"qualification": "Education"}], {}, "in_review", False, id="without-status"),
            pytest.param([{**REVIEW, "vettingStatus": "X"}], {}, "in_review", False, id="unknown"),
            pytest.param([{**REVIEW, "vettingStatus": "X"}], {"success_statuses": ("x",)}, "approved", True, id="good"),
            pytest.param([{**REVIEW, "vettingStatus": "X"}], {"failure_statuses": ("x",)}, "denied", True, id="bad"),
            pytest.param([], {}, "absent", False, id="absent"),
            pytest.param([], {"if_absent": "wait"}, "absent", False, id="absent-and-told-to-wait"),
            pytest.param([DENIED], {"baseline": (OLD,)}, "absent", False, id="old-denial"),
            pytest.param([DENIED], {"baseline": ()}, "denied", True, id="denial-after-an-empty-baseline"),
            pytest.param(
                [{**DENIED, "vettingCreatedDate": "2025-06-16T00:00:00Z"}],
                {"baseline": (OLD,)},
                "denied",
                True,
                id="new-denial",
            ),
        ],
    )
    def test_decisions(self, entries, options, outcome, ended):
        bench = Bench([answer(200, entries)])
        sighting = bench.run(poll(bench.exchange, wait(**options)))
        assert (sighting.verdict.outcome, sighting.ended, sighting.trouble) == (outcome, ended, None)

    @pytest.mark.parametrize(
        "failure",
        [
            answer(429, Retry_After="900"),
            answer(500),
            answer(503),
            answer(200, b"<html>"),
            TransportError("no answer in time"),
        ],
        ids=["429", "500", "503", "unreadable", "timeout"],
    )
    def test_trouble_leaves_the_wait_where_it_was(self, failure):
        bench = Bench([answer(200, [REVIEW]), failure], policy=ONCE)
        first = bench.run(poll(bench.exchange, wait()))
        second = bench.run(poll(bench.exchange, wait(), first))
        assert second.verdict == first.verdict
        assert not second.ended
        assert CUSTOMER in second.trouble

    @pytest.mark.parametrize(
        ("failure", "cls"),
        [
            (answer(404, {"code": "60003"}), PartnerCenterNotFoundError),
            (answer(403, {"code": 20002}), PartnerCenterPermissionError),
        ],
        ids=["404", "20002"],
    )
    def test_a_fresh_customer_may_not_be_visible_yet(self, failure, cls):
        bench = Bench([failure, failure])
        assert bench.run(poll(bench.exchange, wait())).trouble
        with pytest.raises(cls):
            bench.run(poll(bench.exchange, wait(), UNSEEN))

    @pytest.mark.parametrize(
        ("failure", "cls"),
        [
            (answer(403), PartnerCenterPermissionError),
            (answer(403, {"code": "900124"}), PartnerCenterPermissionError),
            (answer(401, {"code": "900420"}), PartnerCenterAuthenticationError),
            (answer(401, {"code": "900421"}), PartnerCenterMfaRequiredError),
            (answer(400), PartnerCenterError),
            (TransportError("not trusted", sent=False, permanent=True), PartnerCenterError),
        ],
        ids=["403", "agreement", "audience", "mfa", "400", "certificate"],
    )
    def test_what_will_not_pass_is_raised_even_in_the_grace(self, failure, cls):
        bench = Bench([failure])
        with pytest.raises(cls):
            bench.run(poll(bench.exchange, wait()))

    def test_a_poll_takes_the_lane_of_polls(self):
        bench = Bench([answer(200, [])] * 2, budget=RequestBudget(60, poll_share=0.25))
        bench.run(poll(bench.exchange, wait()))
        bench.run(poll(bench.exchange, wait()))
        assert bench.slept == [4.0]


class TestDeadline:
    """A wait ends at its deadline, with what was last seen, even if a poll is due that cannot be made in time."""

    def test_a_thousand_waits_with_one_deadline_end_in_time(self):
        hours = 6 * 3600
        bench = Bench(lambda _: answer(200, [REVIEW]), budget=RequestBudget(480, poll_share=0.2))
        deadline = EPOCH + hours
        procedures = [wait_for_verdict(bench.exchange, wait(deadline=deadline)) for _ in range(1000)]
        for passed, sighting in bench.run_all(procedures):
            assert hours <= passed <= hours + 5
            assert not sighting.ended
            assert sighting.summary() == "Education InReview, requested 2025-06-15T00:00:00+00:00"

    def test_so_do_those_that_a_pause_holds_back(self):
        clock = Clock()
        bench = Bench(
            lambda _: answer(429, Retry_After="900") if clock.passed > 3000 else answer(200, [REVIEW]),
            clock=clock,
            budget=RequestBudget(480, poll_share=0.2),
        )
        procedures = [wait_for_verdict(bench.exchange, wait(deadline=EPOCH + 3600)) for _ in range(300)]
        for passed, sighting in bench.run_all(procedures):
            assert 3600 <= passed <= 3605
            assert sighting.verdict.outcome is Outcome.IN_REVIEW

    @pytest.mark.parametrize(
        "options",
        [{"latency": 1000.0}, {"sign_in": 1000.0}],
        ids=["an-answer-that-does-not-come", "a-sign-in-that-does-not-end"],
    )
    def test_nothing_slow_holds_it_up(self, options):
        slow = Bench(lambda _: TransportError("no answer in time"), **options)
        sighting = slow.run(wait_for_verdict(slow.exchange, wait(deadline=EPOCH + 60, seen="Education InReview")))
        assert 60 <= slow.clock.passed <= 65
        assert sighting.summary("Education InReview").startswith("Education InReview; the last poll failed: ")

    def test_neither_do_further_attempts(self):
        bench = Bench(lambda _: answer(503))
        bench.run(wait_for_verdict(bench.exchange, wait(deadline=EPOCH + 31)))
        assert 31 <= bench.clock.passed <= 36

    def test_no_attempt_begins_without_any_time_left(self):
        bench = Bench(lambda _: answer(503), chance=0.5)
        bench.run(wait_for_verdict(bench.exchange, wait(deadline=EPOCH + 30)))
        assert min(bench.timeouts) > 0

    def test_a_poll_that_has_no_turn_leaves_it_to_the_others(self):
        bench = Bench(lambda _: answer(200, [APPROVED]), budget=RequestBudget(1, poll_share=1.0))
        bench.run(poll(bench.exchange, wait()))
        late = bench.run(poll(bench.exchange, wait(deadline=EPOCH + 30)))
        assert (late, bench.slept) == (NOTHING_YET, [])
        assert bench.run(poll(bench.exchange, wait())).ended
        assert bench.slept == [60]

    def test_a_triggerer_that_takes_over_too_late_polls_once(self):
        bench = Bench([answer(200, [APPROVED])])
        bench.clock.advance(10_000)
        assert bench.run(wait_for_verdict(bench.exchange, wait(deadline=EPOCH + 60))).ended


EMPTY = answer(200, [])
UNKNOWN_CUSTOMER = answer(404, {"code": "60003"})
OUTAGE = answer(503)
# The request in review is newer than the denial that a server behind the others still shows.
NEWER = {**REVIEW, "vettingCreatedDate": "2025-07-15T00:00:00Z"}


def reviewed(*then):
    return [answer(200, [NEWER]), *then]


class TestAbsence:
    """One read proves no absence: it may be answered by a server that is behind the others."""

    @pytest.mark.parametrize(
        ("answers", "options"),
        [
            pytest.param([EMPTY], {}, id="nothing"),
            pytest.param([UNKNOWN_CUSTOMER], {}, id="no-customer"),
            pytest.param([answer(403, {"code": 20002})], {}, id="no-relationship"),
            pytest.param([answer(200, [DENIED])], {"baseline": (OLD,)}, id="old-denial"),
            pytest.param(reviewed(EMPTY), {}, id="nothing-after-in-review"),
            pytest.param(reviewed(UNKNOWN_CUSTOMER), {}, id="no-customer-after-in-review"),
            pytest.param(reviewed(answer(200, [DENIED])), {}, id="older-denial-after-in-review"),
            pytest.param(reviewed(answer(200, [{**DENIED, "vettingStatus": "Approved"}])), {}, id="older-approval"),
            pytest.param(reviewed(EMPTY, answer(200, [DENIED])), {"if_absent": "wait"}, id="nothing-then-older-denial"),
            pytest.param([EMPTY, OUTAGE, OUTAGE], {}, id="then-trouble"),
            pytest.param([OUTAGE, EMPTY], {}, id="after-trouble"),
        ],
    )
    def test_one_read_ends_nothing(self, answers, options):
        approved = answer(200, [{**APPROVED, "vettingCreatedDate": NEWER["vettingCreatedDate"]}])
        bench = Bench([*answers, approved], policy=ONCE)
        # The wait is old enough for intervals of an hour, and nothing was submitted lately.
        sighting = bench.run(wait_for_verdict(bench.exchange, wait(started_at=EPOCH - 48 * 3600, **options)))
        assert (sighting.verdict.outcome, sighting.ended) == (Outcome.APPROVED, True)
        assert len(bench.sent) == len(answers) + 1

    @pytest.mark.parametrize("first", [[], reviewed()], ids=["at-first", "after-in-review"])
    def test_two_reads_that_are_the_grace_apart_do(self, first):
        bench = Bench([*first, EMPTY, EMPTY])
        sighting = bench.run(wait_for_verdict(bench.exchange, wait(started_at=EPOCH - 48 * 3600)))
        assert (sighting.verdict.outcome, sighting.ended) == (Outcome.ABSENT, True)
        assert 120 <= bench.slept[-1] < 121, "not the usual interval of an hour"

    def test_an_old_denial_that_still_stands_is_the_answer(self):
        bench = Bench([answer(200, [DENIED])] * 3)
        sighting = bench.run(wait_for_verdict(bench.exchange, wait(baseline=(OLD,), if_absent="wait")))
        assert (sighting.verdict.outcome, sighting.ended) == (Outcome.DENIED, True)

    def test_a_customer_that_stays_unknown_is_an_error(self):
        bench = Bench([UNKNOWN_CUSTOMER] * 2)
        with pytest.raises(PartnerCenterNotFoundError):
            bench.run(wait_for_verdict(bench.exchange, wait(started_at=EPOCH - 48 * 3600)))
        assert 120 <= bench.slept[-1] < 121

    def test_every_kind_of_absence_counts_in_the_row(self):
        bench = Bench([UNKNOWN_CUSTOMER, EMPTY])
        sighting = bench.run(wait_for_verdict(bench.exchange, wait(started_at=EPOCH - 48 * 3600)))
        assert (sighting.verdict.outcome, sighting.ended) == (Outcome.ABSENT, True)

    def test_a_read_in_between_that_shows_it_begins_the_count_anew(self):
        bench = Bench([EMPTY, answer(200, [NEWER]), EMPTY, EMPTY])
        sighting = bench.run(wait_for_verdict(bench.exchange, wait(poke_interval=200)))
        assert (sighting.verdict.outcome, sighting.ended) == (Outcome.ABSENT, True)
        assert len(bench.sent) == 4

    def test_frequent_polls_are_not_held_back(self):
        clock = Clock()
        bench = Bench(lambda _: EMPTY, clock=clock)
        bench.run(wait_for_verdict(bench.exchange, wait(poke_interval=10)))
        assert len(bench.sent) > 10
        assert 130 <= clock.passed <= 150

    def test_trouble_at_the_confirming_poll_is_followed_by_another_one_soon(self):
        bench = Bench([EMPTY, OUTAGE, EMPTY], policy=ONCE)
        sighting = bench.run(wait_for_verdict(bench.exchange, wait(started_at=EPOCH - 48 * 3600)))
        assert sighting.ended
        assert bench.slept[-1] < 62

    def test_trouble_that_lasts_is_met_ever_more_slowly(self):
        bench = Bench(lambda _: OUTAGE if len(bench.sent) > 1 else EMPTY, policy=ONCE)
        bench.run(wait_for_verdict(bench.exchange, wait()))
        assert len(bench.sent) < 250, "within seven days"

    def test_the_uncertain_absence_is_logged_once(self, caplog):
        caplog.set_level(logging.INFO, "airflow_provider_partnercenter.qualification.waiting.telling")
        bench = Bench([answer(200, [NEWER]), EMPTY, EMPTY])
        bench.run(wait_for_verdict(bench.exchange, wait(poke_interval=200)))
        assert sum("this answer does not show" in record.getMessage() for record in caplog.records) == 1

    def test_while_it_is_uncertain_the_state_before_it_stands(self):
        bench = Bench([answer(200, [NEWER]), EMPTY])
        sighting = bench.run(wait_for_verdict(bench.exchange, wait(poke_interval=100, deadline=EPOCH + 200)))
        assert not sighting.ended
        assert sighting.summary().startswith("Education InReview")


class TestSummary:
    @pytest.mark.parametrize(
        ("entries", "options", "text"),
        [
            ([], {}, "no such qualification"),
            ([REVIEW], {}, "Education InReview, requested 2025-06-15T00:00:00+00:00"),
            ([APPROVED], {}, "Education Approved"),
            ([{"qualification": "Education"}], {}, "Education without a status"),
            (
                [DENIED],
                {"baseline": (OLD,)},
                "Education Denied, requested 2025-06-15T00:00:00+00:00 (as before the submission)",
            ),
        ],
    )
    def test_says_the_state(self, entries, options, text):
        bench = Bench([answer(200, entries)])
        assert bench.run(poll(bench.exchange, wait(**options))).summary() == text

    def test_says_the_trouble_too(self):
        sighting = replace(NOTHING_YET, trouble="no answer")
        assert sighting.summary() == "nothing; the last poll failed: no answer"
        assert sighting.summary("Education InReview") == "Education InReview; the last poll failed: no answer"


def verdict_at(seconds, clock, last=APPROVED):
    """Answer InReview until so many seconds have passed."""
    return lambda _: answer(200, [last if clock.passed >= seconds else REVIEW])


class TestWaitForVerdict:
    def run(self, answers, clock=None, chance=0.5, **options):
        bench = Bench(answers, clock=clock, chance=chance, policy=ONCE)
        return bench, bench.run(wait_for_verdict(bench.exchange, wait(**options)))

    def test_the_first_poll_is_not_at_once(self):
        bench, sighting = self.run([answer(200, [APPROVED])])
        assert bench.slept == [30]
        assert sighting.verdict.outcome is Outcome.APPROVED

    def test_polls_until_there_is_a_verdict(self):
        clock = Clock()
        bench, sighting = self.run(verdict_at(2000, clock, DENIED), clock)
        assert sighting.ended
        assert sighting.verdict.outcome is Outcome.DENIED
        assert bench.slept == [30, 300, 450, 675, 1012.5]

    def test_a_given_interval_is_kept(self):
        clock = Clock()
        bench, _ = self.run(verdict_at(100, clock), clock, poke_interval=25)
        assert bench.slept == [25, 25, 25, 25]

    def test_the_last_poll_is_at_the_deadline(self):
        clock = Clock()
        bench, sighting = self.run(verdict_at(10**9, clock), clock, deadline=EPOCH + 1000)
        assert not sighting.ended
        assert sighting.verdict.outcome is Outcome.IN_REVIEW
        assert clock.passed == pytest.approx(1000)
        assert len(bench.sent) == 4

    def test_a_verdict_at_the_deadline_counts(self):
        clock = Clock()
        _, sighting = self.run(verdict_at(999, clock), clock, deadline=EPOCH + 1000)
        assert sighting.ended

    def test_a_wait_beyond_its_deadline_polls_once_more(self):
        bench, sighting = self.run([answer(200, [REVIEW])], deadline=EPOCH - 5, started_at=EPOCH - 100)
        assert bench.slept == [0]
        assert not sighting.ended

    def test_trouble_until_the_deadline_tells_the_last_state(self):
        clock = Clock()
        _, sighting = self.run(
            lambda _: answer(200, [REVIEW]) if clock.passed < 100 else answer(503), clock, deadline=EPOCH + 5000
        )
        assert sighting.verdict.outcome is Outcome.IN_REVIEW
        assert "503" in sighting.summary()

    def test_what_will_not_pass_is_raised(self):
        with pytest.raises(PartnerCenterMfaRequiredError):
            self.run([answer(200, [REVIEW]), answer(401, {"code": "900421"})])

    @pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
    @pytest.mark.parametrize("age", [23.9, 24, 29, 35.9, 36, 60, 200, 239])
    def test_whoever_begins_when_the_first_poll_is_due_or_later_does_not_leave_it_out(self, age, chance):
        """Another triggerer may have ended before it, or this one was busy for long."""
        bench = Bench([answer(200, [APPROVED])], chance=chance)
        bench.clock.advance(age)
        bench.run(wait_for_verdict(bench.exchange, wait(started_at=EPOCH)))
        assert bench.slept[0] <= 36 + TOGETHER

    @pytest.mark.parametrize("chance", [0.0, 0.25, 0.5, 1.0])
    def test_after_a_restart_many_waits_spread_and_keep_the_interval(self, chance):
        bench, _ = self.run(
            [answer(200, [REVIEW]), answer(200, [APPROVED])], chance=chance, started_at=EPOCH - 40 * 3600
        )
        first, second = bench.slept
        full = jittered(MAX_WAIT, chance)
        assert first == pytest.approx(full * chance)
        assert second == pytest.approx(full)
        assert second <= MAX_WAIT * (1 + JITTER)

    def test_a_restart_within_the_first_interval_starts_no_sooner(self):
        bench, _ = self.run([answer(200, [APPROVED])], started_at=EPOCH - 3)
        assert bench.slept == [30]

    def test_every_change_is_logged_once(self, caplog):
        caplog.set_level(logging.INFO, "airflow_provider_partnercenter.qualification.waiting.telling")
        odd = {"qualification": "Education"}
        polls = [[REVIEW], [REVIEW], [odd], [odd]]
        self.run([*(answer(200, entries) for entries in polls), answer(503), answer(200, [APPROVED])])
        messages = [(r.levelname, r.getMessage()) for r in caplog.records if r.name.endswith("telling")]
        messages = [(level, text) for level, text in messages if "still waiting" not in text]
        assert all("[correlation id " in message for _, message in messages)
        lines = [
            (level, re.sub(rf"^Customer {CUSTOMER}: | \[correlation id [^]]+\]", "", text)) for level, text in messages
        ]
        assert lines[:3] == [
            ("INFO", "Education InReview, requested 2025-06-15T00:00:00+00:00."),
            ("INFO", "Education without a status."),
            ("WARNING", "Education has no vetting status and is treated as in review."),
        ]
        assert lines[3][0] == "WARNING"
        assert lines[3][1].endswith("Polling again later.")
        assert lines[4:] == [("INFO", "Education Approved.")]


class TestStillWaiting:
    def test_a_wait_says_now_and_then_that_it_goes_on(self, caplog):
        caplog.set_level(logging.INFO, "airflow_provider_partnercenter.qualification.waiting.telling")
        bench = Bench(lambda _: answer(200, [REVIEW]))
        bench.run(wait_for_verdict(bench.exchange, wait(poke_interval=600, deadline=EPOCH + 4 * 3600)))
        lines = [record.getMessage() for record in caplog.records if "still waiting" in record.getMessage()]
        assert len(lines) == 7, "one in half an hour, but none at the end"
        assert lines[0] == (
            f"Customer {CUSTOMER}: still waiting for a verdict on Education, since 2025-06-15T15:06:40+00:00. Last "
            "seen: Education InReview, requested 2025-06-15T00:00:00+00:00. Polls by this process so far: 3; the next "
            "one is at 2025-06-15T15:46:40+00:00. The wait ends at 2025-06-15T19:06:40+00:00 at the latest."
        )

    def test_a_short_wait_does_not(self, caplog):
        caplog.set_level(logging.INFO, "airflow_provider_partnercenter.qualification.waiting.telling")
        bench = Bench(lambda _: answer(200, [REVIEW]))
        bench.run(wait_for_verdict(bench.exchange, wait(poke_interval=10, deadline=EPOCH + 1700)))
        assert "still waiting" not in caplog.text


class TestRetryAfter:
    """The service may ask for a longer pause than the interval, with a 429 or with a 503."""

    @pytest.mark.parametrize("status", [429, 503])
    def test_the_next_poll_comes_no_sooner(self, status):
        bench = Bench([answer(status, Retry_After="900"), answer(200, [APPROVED])])
        sighting = bench.run(wait_for_verdict(bench.exchange, wait(poke_interval=10)))
        assert sighting.verdict.outcome is Outcome.APPROVED
        assert bench.clock.passed >= 900

    def test_a_pause_of_a_day_is_an_hour(self):
        bench = Bench([answer(503, Retry_After="86400"), answer(200, [APPROVED])])
        bench.run(wait_for_verdict(bench.exchange, wait(poke_interval=10)))
        assert 3600 <= bench.clock.passed < 3700

    def test_but_the_deadline_stands(self):
        bench = Bench([answer(503, Retry_After="900"), answer(200, [REVIEW])])
        sighting = bench.run(wait_for_verdict(bench.exchange, wait(poke_interval=10, deadline=EPOCH + 60)))
        assert not sighting.ended
        assert bench.clock.passed == pytest.approx(60, abs=1)

    def test_it_is_forgotten_after_a_poll_that_succeeds(self):
        bench = Bench([answer(503, Retry_After="900"), answer(200, [REVIEW]), answer(200, [APPROVED])])
        bench.run(wait_for_verdict(bench.exchange, wait(poke_interval=10)))
        assert bench.slept[-1] < 13
