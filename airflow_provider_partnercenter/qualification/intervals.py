"""How often to look for a verdict. No I/O."""

from __future__ import annotations

FIRST_LOOK = 30.0
SECOND_LOOK = 300.0
GROWTH = 1.5
MAX_WAIT = 3600.0
JITTER = 0.2


def interval(age: float, poke_interval: float | None = None, max_wait: float = MAX_WAIT) -> float:
    """
    Return how many seconds to wait until the next look.

    The interval depends on the age of the wait, not on the number of looks, so that it continues unchanged when another
    process takes over. By default, the first look comes after 30 s and the second 300 s later. After that, each
    interval is 1.5 times as long as the previous one, up to ``max_wait``.

    :param age: seconds since the wait began.
    :param poke_interval: a fixed interval, in seconds; ``None`` for growing intervals.
    :param max_wait: the longest growing interval, in seconds.
    """
    if poke_interval is not None:
        return poke_interval
    if age < FIRST_LOOK * (1 - JITTER):
        return min(FIRST_LOOK, max_wait)
    return min(max_wait, SECOND_LOOK + (GROWTH - 1) * max(0.0, age - FIRST_LOOK))


def jittered(seconds: float, chance: float) -> float:
    """Lengthen or shorten an interval by up to a fifth, so that many waits do not look at the same time."""
    return seconds * (1 + JITTER * (2 * chance - 1))
