from __future__ import annotations

import itertools
import random
import threading

import pytest

from airflow_provider_partnercenter.client.budget import REQUESTS_PER_MINUTE, RequestBudget


def in_any_minute(moments):
    """Return the most moments that any 60 seconds hold."""
    moments = sorted(moments)
    return max(sum(1 for other in moments[i:] if other < begin + 60 - 1e-9) for i, begin in enumerate(moments))


def test_the_first_is_sent_at_once_and_the_others_are_spaced_without_a_burst():
    budget = RequestBudget(120)
    assert [budget.reserve(100.0) for _ in range(4)] == [0.0, 0.5, 1.0, 1.5]


def test_time_without_requests_is_not_saved_up():
    budget = RequestBudget(60)
    budget.reserve(0.0)
    assert [budget.reserve(600.0) for _ in range(3)] == [0.0, 1.0, 2.0]


def test_without_a_limit_nobody_waits():
    budget = RequestBudget(0)
    assert {budget.reserve(5.0) for _ in range(100)} == {0.0}
    assert {budget.reserve_poll(5.0) for _ in range(100)} == {0.0}


def test_without_a_limit_a_pause_still_holds():
    budget = RequestBudget(0)
    budget.pause(5.0, 10)
    assert budget.reserve(6.0) == 9.0


def test_looks_take_only_their_share():
    budget = RequestBudget(300, poll_share=0.2)
    moments = [budget.reserve_poll(0.0) for _ in range(200)]
    assert in_any_minute(moments) == 60
    # Reserving looks takes nothing from the lane for work.
    assert budget.reserve(0.0) == 0.0


@pytest.mark.parametrize("limit", [1, 7, 60, REQUESTS_PER_MINUTE])
@pytest.mark.parametrize("seed", range(3))
def test_no_minute_sees_more_than_the_limit(limit, seed):
    dice, budget, now, moments = random.Random(seed), RequestBudget(limit), 0.0, []
    for _ in range(3 * limit + 50):
        now += dice.choice([0, 0, 0, 0.01, 0.5, 20 / limit, 90 / limit])
        if dice.random() < 0.01:
            budget.pause(now, dice.choice([1, 5, 30]))
        moments.append(now + budget.reserve(now))
    assert in_any_minute(moments) <= limit
    assert all(later > earlier for earlier, later in itertools.pairwise(moments))


def test_after_a_pause_requests_are_spaced_again():
    budget = RequestBudget(60)
    budget.pause(10.0, 20)
    assert budget.paused(10.0) == 20
    assert [budget.reserve(10.0) for _ in range(3)] == [20.0, 21.0, 22.0]
    assert budget.paused(29.0) == 1
    assert budget.paused(31.0) == 0


def test_looks_heed_a_pause_too():
    budget = RequestBudget(60, poll_share=0.5)
    budget.pause(10.0, 20)
    assert [budget.reserve_poll(10.0) for _ in range(3)] == [20.0, 22.0, 24.0]


def test_a_shorter_pause_does_not_end_a_longer_one():
    budget = RequestBudget(60)
    budget.pause(0.0, 30)
    budget.pause(1.0, 2)
    assert budget.paused(1.0) == 29


def test_threads_never_get_the_same_moment():
    budget, moments = RequestBudget(6000), []

    def work():
        moments.extend(budget.reserve(0.0) for _ in range(200))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({round(moment, 6) for moment in moments}) == 1600
