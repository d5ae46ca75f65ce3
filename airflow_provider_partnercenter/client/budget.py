"""
The request budget of one connection in one process.

Microsoft allows 500 requests a minute per partner tenant, shared with everything else the partner runs (page
``api-throttling-guidance``). Requests are spaced evenly, so no 60 seconds ever see more than the limit, not even at the
start; the looks of waiting tasks queue in a slower lane first, so that they leave room for work; a 429 pauses all.
"""

from __future__ import annotations

import threading

REQUESTS_PER_MINUTE = 480
POLL_SHARE = 0.2


class RequestBudget:
    """
    Hands out the moments at which requests may be sent: arithmetic on a clock that the caller reads; thread-safe.

    :param requests_per_minute: the limit; 0 for none.
    :param poll_share: the share of it that the looks of waiting tasks may take.
    """

    def __init__(self, requests_per_minute: int = REQUESTS_PER_MINUTE, poll_share: float = POLL_SHARE) -> None:
        self._spacing = 60 / requests_per_minute if requests_per_minute else 0.0
        self._poll_spacing = self._spacing / poll_share
        self._next = self._next_poll = self._resume = float("-inf")
        self._lock = threading.Lock()

    def reserve(self, now: float) -> float:
        """
        Take the next free moment.

        :param now: a monotonic clock, in seconds.
        :return: how many seconds to wait before sending.
        """
        with self._lock:
            moment = max(now, self._next, self._resume)
            self._next = moment + self._spacing
            return moment - now

    def reserve_poll(self, now: float) -> float:
        """Take the next free moment of the lane for waiting tasks; :meth:`reserve` comes after it."""
        with self._lock:
            moment = max(now, self._next_poll, self._resume)
            self._next_poll = moment + self._poll_spacing
            return moment - now

    def pause(self, now: float, seconds: float) -> None:
        """Let nobody send before ``seconds`` from now; what a 429 asks for."""
        with self._lock:
            self._resume = max(self._resume, now + seconds)

    def paused(self, now: float) -> float:
        """Return for how many seconds from now a pause lasts; 0 without one."""
        with self._lock:
            return max(0.0, self._resume - now)
