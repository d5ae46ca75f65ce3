from __future__ import annotations

import gc
import itertools
import random
import threading

import pytest

from airflow_provider_partnercenter.client.protocol.budget import (
    DECREASE,
    FLOOR,
    REQUESTS_PER_MINUTE,
    RISE,
    Lane,
    RequestBudget,
    Slot,
    shared_budget,
)


def in_any_minute(moments):
    """Return the most moments that any 60 seconds hold."""
    moments = sorted(moments)
    return max(sum(1 for other in moments[i:] if other < begin + 60 - 1e-9) for i, begin in enumerate(moments))


def take(budget, now, count, lane=Lane.WORK):
    """Return the moments of so many slots."""
    return [budget.reserve(now, lane).moment for _ in range(count)]


class TestSpacing:
    def test_the_first_is_sent_at_once_and_the_others_are_spaced_without_a_burst(self):
        assert take(RequestBudget(120), 100.0, 4) == [100.0, 100.5, 101.0, 101.5]

    def test_time_without_requests_is_not_saved_up(self):
        budget = RequestBudget(60)
        take(budget, 0.0, 1)
        assert take(budget, 600.0, 3) == [600.0, 601.0, 602.0]

    def test_time_can_be_scaled(self):
        assert take(RequestBudget(60, window=6), 0.0, 3) == pytest.approx([0.0, 0.1, 0.2])

    @pytest.mark.parametrize("lane", Lane)
    def test_without_a_limit_nobody_waits(self, lane):
        assert set(take(RequestBudget(0), 5.0, 100, lane)) == {5.0}

    def test_polls_take_only_their_share(self):
        budget = RequestBudget(300, poll_share=0.2)
        assert in_any_minute(take(budget, 0.0, 200, Lane.POLL)) == 60
        # Reserving polls takes nothing from the lane for work.
        assert take(budget, 0.0, 1) == [0.0]

    @pytest.mark.parametrize("limit", [1, 7, 60, REQUESTS_PER_MINUTE])
    @pytest.mark.parametrize("seed", range(3))
    def test_no_minute_sees_more_than_the_limit(self, limit, seed):
        dice, budget, now, moments = random.Random(seed), RequestBudget(limit), 0.0, []
        for _ in range(3 * limit + 50):
            now += dice.choice([0, 0, 0, 0.01, 0.5, 20 / limit, 90 / limit])
            slot = budget.reserve(now)
            if dice.random() < 0.02:
                budget.throttled(slot, now, dice.choice([0, 0.1, 5, 30]))
            if budget.holds(slot):
                moments.append(slot.moment)
                now = max(now, slot.moment)
        assert in_any_minute(moments) <= limit
        assert all(later > earlier for earlier, later in itertools.pairwise(moments))

    def test_threads_never_get_the_same_moment(self):
        budget, moments = RequestBudget(6000), []

        def work():
            moments.extend(take(budget, 0.0, 200))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({round(moment, 6) for moment in moments}) == 1600


class TestThrottled:
    @pytest.mark.parametrize("limit", [0, 60])
    @pytest.mark.parametrize("lane", Lane)
    def test_nobody_sends_during_the_pause(self, limit, lane):
        budget = RequestBudget(limit)
        budget.throttled(budget.reserve(10.0), 10.0, 20)
        assert budget.paused(10.0) == 20
        assert budget.paused(29.0) == 1
        assert budget.paused(31.0) == 0
        assert budget.reserve(10.0, lane).moment == 30.0

    def test_a_shorter_pause_does_not_end_a_longer_one(self):
        budget = RequestBudget(60)
        budget.throttled(budget.reserve(0.0), 0.0, 30)
        budget.throttled(budget.reserve(1.0), 1.0, 2)
        assert budget.paused(1.0) == 29

    def test_it_says_how_much_longer_a_pause_lasts(self):
        budget = RequestBudget(60)
        slot = budget.reserve(0.0)
        assert budget.throttled(slot, 0.0, 30) == 30
        assert budget.throttled(slot, 10.0, 30) == 10
        assert budget.throttled(slot, 20.0, 5) == 0
        assert budget.throttled(budget.reserve(100.0), 100.0, 2) == 2

    def test_slots_taken_before_hold_no_more(self):
        budget = RequestBudget(60)
        sent, queued = budget.reserve(0.0), budget.reserve(0.0)
        assert budget.holds(queued)
        budget.throttled(sent, 0.1, 5)
        assert not budget.holds(queued)
        assert budget.holds(budget.reserve(1.0))

    def test_the_rate_falls_and_rises_again_up_to_the_limit(self):
        budget = RequestBudget(480)
        budget.throttled(budget.reserve(0.0), 0.0, 10)
        lowered = 480 * DECREASE
        assert budget.rate(5.0) == budget.rate(10.0) == pytest.approx(lowered)
        assert budget.rate(10 + 60) == pytest.approx(lowered + 480 * RISE)
        assert budget.rate(10 + 600) == 480

    def test_a_queue_is_spaced_by_the_rate_of_each_moment(self):
        budget = RequestBudget(60)
        budget.throttled(budget.reserve(0.0), 0.0, 0.5)
        moments = take(budget, 1.0, 300)
        gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
        assert gaps[0] == pytest.approx(1 / DECREASE, rel=0.01)
        assert gaps[-1] == 1.0
        assert gaps == sorted(gaps, reverse=True)

    def test_requests_that_were_under_way_together_lower_it_once(self):
        budget = RequestBudget(480)
        together = [budget.reserve(0.0) for _ in range(5)]
        for slot in together:
            budget.throttled(slot, 1.0, 2)
        assert budget.rate(3.0) == pytest.approx(480 * DECREASE)

    def test_a_late_refusal_of_them_does_not_hide_the_next_one(self):
        budget = RequestBudget(480)
        first, second = budget.reserve(0.0), budget.reserve(0.0)
        budget.throttled(first, 1.0, 0)
        third = budget.reserve(1.0)
        budget.throttled(second, 1.1, 0)
        assert budget.rate(1.1) == pytest.approx(480 * DECREASE, rel=0.01)
        budget.throttled(third, 1.2, 0)
        assert budget.rate(1.2) == pytest.approx(480 * DECREASE**2, rel=0.01)

    def test_the_next_refusal_lowers_it_again_but_not_below_the_floor(self):
        budget, now = RequestBudget(480), 0.0
        for _ in range(30):
            slot = budget.reserve(now)
            now = slot.moment
            budget.throttled(slot, now, 0)
        assert budget.rate(now) == pytest.approx(480 * FLOOR)

    def test_polls_keep_to_their_share_of_the_lowered_rate(self):
        budget = RequestBudget(600, poll_share=0.5)
        budget.throttled(budget.reserve(0.0), 0.0, 1)
        first, second = take(budget, 1.0, 2, Lane.POLL)
        assert second - first == pytest.approx(60 / (600 * DECREASE * 0.5))


class TestShared:
    def test_clients_that_are_counted_together_share_it(self):
        budget = shared_budget("tenant", 60, 0.2)
        assert shared_budget("tenant", 60, 0.2) is budget
        assert shared_budget("other tenant", 60, 0.2) is not budget
        assert shared_budget("tenant", 30, 0.2) is not budget

    def test_whoever_edits_the_limit_does_not_undo_a_pause(self):
        budget = shared_budget("some tenant", 60, 0.2)
        budget.throttled(budget.reserve(0.0), 0.0, 30)
        assert shared_budget("some tenant", 30, 0.2).paused(0.0) == 30
        assert shared_budget("another tenant", 30, 0.2).paused(0.0) == 0

    def test_it_outlives_its_users(self):
        """A hook may live for one call; the next one in the process must not begin with a burst, or undo a pause."""
        moments = [shared_budget("a tenant", 60, 0.2).reserve(0.0).moment for _ in range(3)]
        assert moments == [0, 1, 2]
        shared_budget("a tenant", 60, 0.2).throttled(Slot(0.0, 0), 0.0, 1000)
        gc.collect()
        assert shared_budget("a tenant", 60, 0.2).paused(0.0) == 1000

    def test_a_refusal_pauses_those_with_other_limits_too(self):
        one, other = shared_budget("a tenant", 60, 0.2), shared_budget("a tenant", 30, 0.5)
        slot = other.reserve(0.0)
        one.throttled(one.reserve(0.0), 0.0, 40)
        assert other.paused(0.0) == 40
        assert not other.holds(slot)
        assert other.reserve(0.0).moment == 40
        assert other.rate(100) == 30, "it was not its own"
