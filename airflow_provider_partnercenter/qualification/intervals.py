"""How often to look for a verdict. No I/O."""

from __future__ import annotations

FIRST_LOOK = 30.0
SECOND_LOOK = 300.0
GROWTH = 1.5
MAX_WAIT = 3600.0
JITTER = 0.2


def interval(age: float, poke_interval: float | None = None, max_wait: float = MAX_WAIT) -> float:
    """
    Say how long to wait until the next look.

    A function of the wait's age rather than of a count of looks, so that it goes on where it was when another process
    takes over. Written so, the looks come after 30 s, then after 300 s × 1.5, × 1.5 … up to ``max_wait``.

    :param age: seconds since the wait began.
    :param poke_interval: what the user fixed, in seconds; ``None`` for the growing default.
    :param max_wait: the longest interval, in seconds.
    """
    if poke_interval is not None:
        return poke_interval
    if age < FIRST_LOOK * (1 - JITTER):
        return min(FIRST_LOOK, max_wait)
    return min(max_wait, SECOND_LOOK + (GROWTH - 1) * max(0.0, age - FIRST_LOOK))


def jittered(seconds: float, chance: float) -> float:
    """Lengthen or shorten an interval by up to a fifth, so that many waits do not look in step."""
    return seconds * (1 + JITTER * (2 * chance - 1))
