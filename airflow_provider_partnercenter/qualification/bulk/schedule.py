"""
Which of many waits is looked at next, and when. No I/O.

Each request is due again after an interval that grows with its age (:func:`.waiting.interval`): recent ones are looked
at often, old ones ever more rarely. Where more are due than the budget allows, the one that has been due for longest
comes first, so that none is starved: a request is looked at no later than its interval plus the time that one look at
every other takes.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class LookSchedule(Generic[T]):
    """
    Hands out what is due, the longest due first.

    :param interval: tells after how many seconds something is to be looked at again, at a moment.
    """

    def __init__(self, interval: Callable[[T, float], float]) -> None:
        self._interval = interval
        # The number keeps the order of equals, and the heap from comparing the items.
        self._heap: list[tuple[float, int, T]] = []
        self._number = 0

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, item: T, now: float, share: float = 1.0) -> None:
        """
        Let something be due after its interval.

        :param share: of the interval, for when it has been waited for before: many waits that move to another process
            together take a moment of their own each.
        """
        self.add_at(item, now + share * self._interval(item, now))

    def add_at(self, item: T, due: float) -> None:
        """Let something be due at a moment."""
        self._number += 1
        heapq.heappush(self._heap, (due, self._number, item))

    def take(self) -> tuple[float, T] | None:
        """Remove what is due first, and return it with the moment; ``None`` if nothing is left."""
        if not self._heap:
            return None
        due, _, item = heapq.heappop(self._heap)
        return due, item
