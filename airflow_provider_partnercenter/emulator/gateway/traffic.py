"""The traffic to the API as the gateway in front of it sees it: what it counts, and what it refuses."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.emulator.scenario.faults import Fault, throttled
from airflow_provider_partnercenter.emulator.scenario.limits import EPSILON

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.emulator.gateway.request import ReceivedRequest
    from airflow_provider_partnercenter.emulator.scenario.limits import Limit

MINUTE = 60.0


class Busiest:
    """
    The most events in any stretch of time.

    :param seconds: its length.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._recent: deque[float] = deque()
        self.most = 0

    def add(self, now: float) -> None:
        """Count an event."""
        self._recent.append(now)
        while self._recent[0] <= now - self._seconds + EPSILON:
            self._recent.popleft()
        self.most = max(self.most, len(self._recent))


class Traffic:
    """
    The requests under ``/v1``, all of the one partner tenant there is; a source of faults.

    :param limit: what an emulator was started with; ``None`` admits everything.
    :param now: seconds of a clock that never goes back, but for a reset.
    """

    def __init__(self, limit: Limit | None, now: Callable[[], float]) -> None:
        self._initial = limit
        self._now = now
        self.reset()

    def reset(self) -> None:
        """Return to the limit of the start; all counts begin anew."""
        self.use(self._initial)

    def use(self, limit: Limit | None) -> None:
        """Take another limit from now on; all counts begin anew."""
        self._limit = limit
        self._limiter = limit.limiter() if limit else None
        window = limit.window if limit else MINUTE
        self._arrived, self._refused = 0, 0
        self._admitted_in_window, self._arrived_in_window = Busiest(window), Busiest(window)
        self._arrived_in_minute = Busiest(MINUTE)

    def __call__(self, exchange: ReceivedRequest) -> Fault | None:
        """Judge a request."""
        if not exchange.to_api:
            return None
        now = self._now()
        self._arrived += 1
        self._arrived_in_window.add(now)
        self._arrived_in_minute.add(now)
        wait = self._limiter.admit(now) if self._limiter else None
        if wait is None or self._limit is None:
            self._admitted_in_window.add(now)
            return None
        self._refused += 1
        return throttled(self._limit.retry_after(wait), name="limit")

    def to_json(self) -> dict[str, Any]:
        """
        Return the counts.

        ``most_...`` are the most requests in any window of the limit (a minute without one) and in any 60 seconds.
        """
        return {
            "limit": str(self._limit) if self._limit else None,
            "arrived": self._arrived,
            "admitted": self._arrived - self._refused,
            "refused": self._refused,
            "most_admitted_in_window": self._admitted_in_window.most,
            "most_arrived_in_window": self._arrived_in_window.most,
            "most_arrived_in_60_seconds": self._arrived_in_minute.most,
        }
