"""Which of many waits is polled next: nobody is starved, and the delay is bounded."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.qualification.bulk.schedule import PollSchedule
from airflow_provider_partnercenter.qualification.waiting.intervals import MAX_WAIT, interval


def test_what_has_been_due_for_longest_comes_first():
    schedule: PollSchedule[str] = PollSchedule(lambda item, now: {"soon": 1, "late": 9, "later": 99}[item])
    for item in ("later", "soon", "late"):
        schedule.add(item, 100)
    assert len(schedule) == 3
    assert [schedule.take() for _ in range(4)] == [(101, "soon"), (109, "late"), (199, "later"), None]


def test_a_share_of_the_interval():
    schedule: PollSchedule[str] = PollSchedule(lambda item, now: 60)
    schedule.add("moved", 0, share=0.25)
    assert schedule.take() == (15, "moved")


def test_equals_keep_their_order():
    schedule: PollSchedule[dict[str, int]] = PollSchedule(lambda item, now: 1)
    items = [{"number": number} for number in range(5)]
    for item in items:
        schedule.add(item, 0)
    assert [schedule.take()[1] for _ in items] == items


@pytest.mark.parametrize("waiting", [10, 1000, 10_000])
def test_nobody_is_polled_later_than_the_bound(waiting):
    """At 96 polls a minute, which is what the budget leaves for them, over two days of simulated time."""
    rate = 96 / 60
    born = {number: -number % 7 * 8 * 3600.0 for number in range(waiting)}
    last, worst, polls = dict.fromkeys(born, 0.0), 0.0, dict.fromkeys(born, 0)
    schedule: PollSchedule[int] = PollSchedule(lambda number, now: interval(now - born[number]))
    for number in born:
        schedule.add(number, 0.0)
    now = 0.0
    while now < 2 * 24 * 3600:
        due, number = schedule.take()
        now = max(now + 1 / rate, due)
        allowed = interval(last[number] - born[number]) + waiting / rate + 1
        worst = max(worst, (now - last[number]) / allowed)
        last[number], polls[number] = now, polls[number] + 1
        schedule.add(number, now)
    assert worst <= 1
    assert min(polls.values()) >= (2 * 24 * 3600) / (MAX_WAIT + waiting / rate) - 1
    if waiting == 10:
        young = max(born, key=born.get)
        assert polls[young] >= max(polls.values()) - 1


def test_the_recent_are_polled_more_often():
    schedule: PollSchedule[int] = PollSchedule(lambda number, now: interval(now + number * 3600))
    polls = [0, 0]
    for number in (0, 24):
        schedule.add(number, 0.0)
    while (found := schedule.take()) and found[0] < 3600:
        due, number = found
        polls[number > 0] += 1
        schedule.add(number, due)
    assert polls[0] > 3 * polls[1]
