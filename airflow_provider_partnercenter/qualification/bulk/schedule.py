"""
Decide which of many waits gets the next poll, and when. No I/O.

Each request is due again after an interval that grows with its age (:func:`.intervals.interval`): recent requests
often, old ones more and more rarely. If more requests are due than the budget allows, the one that has been due for
longest comes first, so that none is starved: a request is polled again after its interval plus, at most, the time for
one poll of every other request.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class PollSchedule(Generic[T]):
    """
    Hands out the items that are due, the longest due first.

    :param interval: takes an item and the current time, and returns in how many seconds the item is due again.
    """

    def __init__(self, interval: Callable[[T, float], float]) -> None:
        self._interval = interval
        # The number keeps items with the same time in order, and keeps the heap from comparing the items.
        self._heap: list[tuple[float, int, T]] = []
        self._number = 0

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, item: T, now: float, share: float = 1.0) -> None:
        """
        Make an item due after its interval.

        :param share: the share of the interval to wait, from 0 to 1. If many waits move to another process together,
            a random share spreads them out.
        """
        self.add_at(item, now + share * self._interval(item, now))

    def add_at(self, item: T, due: float) -> None:
        """Make an item due at a given time."""
        self._number += 1
        heapq.heappush(self._heap, (due, self._number, item))

    def take(self) -> tuple[float, T] | None:
        """Remove the item that is due first, and return its time and the item; ``None`` if nothing is left."""
        if not self._heap:
            return None
        due, _, item = heapq.heappop(self._heap)
        return due, item
