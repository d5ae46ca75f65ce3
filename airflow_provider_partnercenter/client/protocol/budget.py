"""
The request budget of one connection in one process.

Microsoft allows 500 requests a minute per partner tenant, shared with everything else the partner runs (page
``api-throttling-guidance``). Requests are spaced evenly, so no 60 seconds ever see more than the limit, not even at the
start; the looks of waiting tasks queue in a slower lane first, so that they leave room for work. A 429 says that others
use the limit too: it pauses everybody and lowers the rate, which then rises again.
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

# Chosen by measurement (benchmarks/competition.py --simulate): with two to six processes that do all they can, and
# whichever way the server counts, these keep 95 to 100 % of its limit in use. Halving, with the same rise, left 11 %
# unused at worst; a milder step or a faster rise is refused up to three times as often.
DECREASE = 0.7
RISE = 1 / 8
FLOOR = 1 / 20


class Lane(Enum):
    """Who queues: a task that works, or one that only looks whether its wait is over."""

    WORK = "work"
    POLL = "poll"


# Made for each call, so not frozen: a frozen one takes three times as long to make.
@dataclass(slots=True)
class Slot:
    """
    A moment at which one request may be sent.

    :param moment: on the clock that the budget is asked with, in seconds.
    :param epoch: of the budget; a 429 begins a new one, in which the slots of the old one hold no more.
    """

    moment: float
    epoch: int


@dataclass(slots=True)
class Pause:
    """
    What a 429 asks of everybody whose requests the service counts together, in whichever budgets they queue.

    :param until: nobody sends before this moment.
    :param epoch: how many times that was asked.
    """

    until: float = float("-inf")
    epoch: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class RequestBudget:
    """
    Hands out the moments at which requests may be sent: arithmetic on a clock that the caller reads; thread-safe.

    :param requests_per_minute: the limit; 0 for none, so that only pauses hold requests back.
    :param poll_share: the share of it that the looks of waiting tasks may take.
    :param window: seconds in which the limit may be used; other than 60 only where time is scaled, as in tests.
    :param pause: what the users of other budgets share with those of this one.
    :ivar limit: the limit as given.
    :ivar used: how many requests were handed a moment.
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
        # The rate was so much at that moment, and has risen since.
        self._base, self._since = float(requests_per_minute), float("-inf")
        self._pause = pause or Pause()
        self._lowered_in = 0

    def rate(self, now: float) -> float:
        """Return how many requests a minute (see ``window``) may be sent at a moment, if no 429 comes before it."""
        if self._since == float("-inf"):
            return self.limit
        risen = self.limit * RISE * max(0.0, now - self._since) / self._window
        return min(float(self.limit), self._base + risen)

    def reserve(self, now: float, lane: Lane = Lane.WORK) -> Slot:
        """
        Take the next free moment of a lane. A look takes one of its own lane first, and one of the other after that.

        :param now: a monotonic clock, in seconds.
        """
        with self._pause.lock:
            moment = max(now, self._next[lane], self._pause.until)
            # Looks pass through this lane too.
            self.used += lane is Lane.WORK
            if self.limit:
                # By the rate of that moment: a long queue must not hold on to the rate of its beginning.
                self._next[lane] = moment + self._window / (self.rate(moment) * self._shares[lane])
            return Slot(moment, self._pause.epoch)

    def holds(self, slot: Slot) -> bool:
        """Tell whether a slot still holds; if a 429 came in the meantime, take another."""
        return slot.epoch == self._pause.epoch

    def throttled(self, slot: Slot, now: float, seconds: float) -> None:
        """
        Take note of a 429: nobody sends before ``seconds`` from now, and less often after that.

        :param slot: of the request that was refused. Requests that were under way together are refused together, which
            lowers the rate only once.
        """
        with self._pause.lock:
            rate = self.rate(now)
            if slot.epoch >= self._lowered_in:
                rate, self._lowered_in = max(self.limit * FLOOR, rate * DECREASE), self._pause.epoch + 1
            self._pause.until = max(self._pause.until, now + seconds)
            for lane, share in self._shares.items():
                # The slots that lie ahead hold no more, so the lane begins anew, but not closer to the last one used.
                spacing = self._window / (self.rate(now) * share) if self.limit else 0.0
                self._next[lane] = max(self._pause.until, min(self._next[lane], now + spacing))
            self._base, self._since = rate, self._pause.until
            self._pause.epoch += 1

    def paused(self, now: float) -> float:
        """Return for how many seconds from now a pause lasts; 0 without one."""
        return max(0.0, self._pause.until - now)


# For as long as the process lives: a hook that lives for one call must not begin anew what the one before it used up.
_shared: dict[tuple[Hashable, int, float], RequestBudget] = {}
_pauses: dict[Hashable, Pause] = {}
_shared_lock = threading.Lock()


def shared_budget(counted_by: Hashable, requests_per_minute: int, poll_share: float) -> RequestBudget:
    """
    Return the one budget that all clients of this process with the same limits use.

    A 429 pauses those with other limits too, so that whoever edits the limit because of one does not undo its pause.

    :param counted_by: what the service counts requests by.
    """
    with _shared_lock:
        key = (counted_by, requests_per_minute, poll_share)
        if key not in _shared:
            pause = _pauses.setdefault(counted_by, Pause())
            _shared[key] = RequestBudget(requests_per_minute, poll_share, pause=pause)
        return _shared[key]


def forget_budgets() -> None:
    """Begin as a new process does; for tests."""
    with _shared_lock:
        _shared.clear()
        _pauses.clear()
