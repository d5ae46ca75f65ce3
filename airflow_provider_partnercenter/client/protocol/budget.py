"""
The request budget of one connection in one process.

Microsoft allows 500 requests a minute per partner tenant, shared by all applications of the partner (page
``api-throttling-guidance``). Requests are spaced evenly, so no 60 seconds contain more than the limit, not even the
first. The polls of waiting tasks queue in a slower lane first, so that they leave room for work. A 429 means that other
programs use the limit too: it pauses all requests of the process and lowers the rate, which then rises again.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

REQUESTS_PER_MINUTE = 480
POLL_SHARE = 0.2

# Chosen by measurement (benchmarks/competition.py --simulate). With two to six busy processes, and whichever way the
# server counts, these values use 95 to 100 % of its limit. Halving the rate, with the same rise, left up to 11 % of it
# unused. A smaller decrease or a faster rise leads to up to three times as many refusals.
DECREASE = 0.7
RISE = 1 / 8
FLOOR = 1 / 20


class Lane(Enum):
    """A queue: for tasks that work, or for the polls of tasks that wait."""

    WORK = "work"
    POLL = "poll"


@dataclass(slots=True)
class Slot:
    """
    The time at which one request may be sent.

    :param moment: the time, in seconds of the caller's clock.
    :param epoch: the epoch of the budget. A 429 begins a new epoch and invalidates the slots of the old one.
    """

    moment: float
    epoch: int


@dataclass(slots=True)
class Pause:
    """
    The pause after a 429. It applies to all budgets whose requests the service counts together.

    :param until: no request is sent before this time.
    :param epoch: how many pauses there have been.
    """

    until: float = float("-inf")
    epoch: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class RequestBudget:
    """
    Hands out the times at which requests may be sent. It computes with the caller's clock, and is thread-safe.

    :param requests_per_minute: the limit; 0 for no limit, so that only pauses delay requests.
    :param poll_share: the share of the limit that the polls of waiting tasks may use, from 0 to 1.
    :param window: the seconds to which the limit applies; other than 60 only if time is scaled, as in tests.
    :param pause: the pause that this budget shares with others.
    :ivar limit: ``requests_per_minute``.
    :ivar used: how many requests got a slot.
    """

    def __init__(
        self,
        requests_per_minute: int = REQUESTS_PER_MINUTE,
        poll_share: float = POLL_SHARE,
        *,
        window: float = 60.0,
        pause: Pause | None = None,
    ) -> None:
        self.limit = requests_per_minute
        self.used = 0
        self._shares = {Lane.WORK: 1.0, Lane.POLL: poll_share}
        self._window = window
        self._next = dict.fromkeys(Lane, float("-inf"))
        # The rate was `_base` at the time `_since`, and has risen since then.
        self._base, self._since = float(requests_per_minute), float("-inf")
        self._pause = pause or Pause()
        self._lowered_in = 0

    def rate(self, now: float) -> float:
        """Return the rate that is allowed at a given time, in requests per ``window``, without a 429 before then."""
        if self._since == float("-inf"):
            return self.limit
        risen = self.limit * RISE * max(0.0, now - self._since) / self._window
        return min(float(self.limit), self._base + risen)

    def reserve(self, now: float, lane: Lane = Lane.WORK, latest: float = float("inf")) -> Slot | None:
        """
        Take the next free slot of a lane. A poll takes a slot of its own lane first, and one of the other after that.

        :param now: the time on a monotonic clock, in seconds.
        :param latest: the latest time at which the slot is of use.
        :return: the slot; ``None`` if the next free one comes too late. It is left for others then.
        """
        with self._pause.lock:
            moment = max(now, self._next[lane], self._pause.until)
            if moment > max(now, latest):
                return None
            # Polls pass through this lane too, so every request is counted once.
            self.used += lane is Lane.WORK
            if self.limit:
                # Use the rate at that time: a long queue must not keep the rate of its beginning.
                self._next[lane] = moment + self._window / (self.rate(moment) * self._shares[lane])
            return Slot(moment, self._pause.epoch)

    def holds(self, slot: Slot) -> bool:
        """Return whether a slot is still valid. After a 429 it is not, and the caller must take another one."""
        return slot.epoch == self._pause.epoch

    def throttled(self, slot: Slot, now: float, seconds: float) -> float:
        """
        Record a 429: no request is sent for ``seconds`` from now, and the rate is lower after that.

        :param slot: the slot of the refused request. Requests that were under way together are refused together, and
            lower the rate only once.
        :return: how many seconds longer than before the pause now lasts.
        """
        with self._pause.lock:
            rate = self.rate(now)
            if slot.epoch >= self._lowered_in:
                rate, self._lowered_in = max(self.limit * FLOOR, rate * DECREASE), self._pause.epoch + 1
            before = max(now, self._pause.until)
            self._pause.until = max(self._pause.until, now + seconds)
            for lane, share in self._shares.items():
                # Slots in the future are no longer valid, so the lane starts again, not too close to the last request.
                spacing = self._window / (self.rate(now) * share) if self.limit else 0.0
                self._next[lane] = max(self._pause.until, min(self._next[lane], now + spacing))
            self._base, self._since = rate, self._pause.until
            self._pause.epoch += 1
            return max(0.0, self._pause.until - before)

    def paused(self, now: float) -> float:
        """Return for how many seconds from now a pause lasts; 0 without one."""
        return max(0.0, self._pause.until - now)


# Kept for the life of the process: a hook that lives for one call must not start with a fresh budget.
_shared: dict[tuple[Hashable, int, float], RequestBudget] = {}
_pauses: dict[Hashable, Pause] = {}
_shared_lock = threading.Lock()


def shared_budget(counted_by: Hashable, requests_per_minute: int, poll_share: float) -> RequestBudget:
    """
    Return the budget that all clients of this process with the same limits share.

    A 429 also pauses budgets with other limits. Otherwise, editing the limit after a 429 would end its pause.

    :param counted_by: the key by which the service counts requests.
    """
    with _shared_lock:
        key = (counted_by, requests_per_minute, poll_share)
        if key not in _shared:
            pause = _pauses.setdefault(counted_by, Pause())
            _shared[key] = RequestBudget(requests_per_minute, poll_share, pause=pause)
        return _shared[key]


def forget_budgets() -> None:
    """Forget all budgets and pauses, as in a new process; for tests."""
    with _shared_lock:
        _shared.clear()
        _pauses.clear()
