from __future__ import annotations

import itertools

import pytest

from airflow_provider_partnercenter.qualification.waiting.intervals import (
    FIRST_POLL,
    MAX_WAIT,
    SECOND_POLL,
    interval,
    jittered,
    next_poll_about,
)


def test_the_polls_grow_by_half_up_to_the_ceiling():
    age, pauses = 0.0, []
    for _ in range(10):
        pauses.append(interval(age))
        age += pauses[-1]
    assert pauses[:6] == [30, 300, 450, 675, 1012.5, 1518.75]
    assert pauses[-1] == MAX_WAIT


def test_from_the_second_poll_on_it_is_continuous_and_never_falls():
    pauses = [interval(age) for age in range(int(FIRST_POLL), 20_000)]
    assert pauses[0] == SECOND_POLL
    assert all(0 <= later - earlier <= 0.5 for earlier, later in itertools.pairwise(pauses))


@pytest.mark.parametrize("age", [0, 10, 23.9])
def test_before_the_first_poll_it_is_short(age):
    assert interval(age) == FIRST_POLL


def test_a_first_poll_that_comes_early_is_not_taken_for_none():
    assert interval(jittered(FIRST_POLL, 0.0)) == SECOND_POLL


def test_a_restart_goes_on_where_the_wait_was():
    assert interval(6 * 3600) == MAX_WAIT


@pytest.mark.parametrize("age", [0, 50, 10_000])
def test_a_given_interval_is_kept(age):
    assert interval(age, 17) == 17


@pytest.mark.parametrize("age", [0, 50, 10_000])
def test_the_ceiling_holds_for_every_poll(age):
    assert interval(age, None, 20) == 20


@pytest.mark.parametrize(("chance", "result"), [(0, 80), (0.5, 100), (1, 120)])
def test_jitter(chance, result):
    assert jittered(100, chance) == pytest.approx(result)


@pytest.mark.parametrize(
    ("age", "poke_interval", "max_wait", "due"),
    [
        (0, None, MAX_WAIT, 30),
        (29.9, None, MAX_WAIT, 30),
        (30, None, MAX_WAIT, 330),
        (330, None, MAX_WAIT, 780),
        (-5, None, MAX_WAIT, 30),
        (0, 60, MAX_WAIT, 60),
        (61, 60, MAX_WAIT, 120),
        (7 * 86400, 60, MAX_WAIT, 7 * 86400 + 60),
        (0, None, 10, 10),
    ],
)
def test_about_when_the_next_poll_comes(age, poke_interval, max_wait, due):
    assert next_poll_about(1000, 1000 + age, poke_interval, max_wait) == pytest.approx(1000 + due)


@pytest.mark.parametrize("age", [10**exponent for exponent in range(10)])
def test_the_next_poll_comes_within_the_longest_interval(age):
    assert age < next_poll_about(0, age) <= age + MAX_WAIT
