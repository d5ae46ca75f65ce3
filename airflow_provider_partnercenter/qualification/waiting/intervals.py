"""How often to poll for a verdict. No I/O."""

from __future__ import annotations

import math

FIRST_POLL = 30.0
SECOND_POLL = 300.0
GROWTH = 1.5
MAX_WAIT = 3600.0
JITTER = 0.2


def interval(age: float, poke_interval: float | None = None, max_wait: float = MAX_WAIT) -> float:
    """
    Return how many seconds to wait until the next poll.

    The interval depends on the age of the wait, not on the number of polls, so that it continues unchanged when another
    process takes over. By default, the first poll comes after 30 s and the second 300 s later. After that, each
    interval is 1.5 times as long as the previous one, up to ``max_wait``.

    :param age: seconds since the wait began.
    :param poke_interval: a fixed interval, in seconds; ``None`` for growing intervals.
    :param max_wait: the longest growing interval, in seconds.
    """
    if poke_interval is not None:
        return poke_interval
    if age < FIRST_POLL * (1 - JITTER):
        return min(FIRST_POLL, max_wait)
    return min(max_wait, SECOND_POLL + (GROWTH - 1) * max(0.0, age - FIRST_POLL))


def jittered(seconds: float, chance: float) -> float:
    """Lengthen or shorten an interval by up to a fifth, so that many waits do not poll at the same time."""
    return seconds * (1 + JITTER * (2 * chance - 1))


def next_poll_about(
    started_at: float, now: float, poke_interval: float | None = None, max_wait: float = MAX_WAIT
) -> float:
    """
    Return about when the next poll of a wait comes, as if no poll was early, late or failed.

    :param started_at: when the wait began, in seconds since the epoch.
    :param now: the present, in seconds since the epoch.
    :param poke_interval: see :func:`interval`.
    :param max_wait: see :func:`interval`.
    :return: the time of the poll, in seconds since the epoch.
    """
    age, due = max(0.0, now - started_at), 0.0
    while due <= age:
        pause = interval(due, poke_interval, max_wait)
        # From here on, all intervals are alike.
        steady = poke_interval is not None or (due >= FIRST_POLL and pause >= max_wait)
        due += pause * (math.floor((age - due) / pause) + 1 if steady else 1)
    return started_at + due
