"""The traffic to the API: the gateway counts the requests and refuses those above the limit."""

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
    The largest number of events in any period of a given length.

    :param seconds: the length of the period.
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
    Answers requests to the API with 429 once the limit is reached.

    All of them count against one limit, because they belong to one partner tenant.

    :param limit: the limit that the emulator is started with; ``None`` for no limit.
    :param now: returns the seconds of a clock that never goes back, except at a reset.
    """

    def __init__(self, limit: Limit | None, now: Callable[[], float]) -> None:
        self._initial = limit
        self._now = now
        self.reset()

    def reset(self) -> None:
        """Restore the initial limit and restart all counts."""
        self.use(self._initial)

    def use(self, limit: Limit | None) -> None:
        """Use another limit from now on, and restart all counts."""
        self._limit = limit
        self._limiter = limit.limiter() if limit else None
        window = limit.window if limit else MINUTE
        self._arrived, self._refused = 0, 0
        self._admitted_in_window, self._arrived_in_window = Busiest(window), Busiest(window)
        self._arrived_in_minute = Busiest(MINUTE)

    def __call__(self, exchange: ReceivedRequest) -> Fault | None:
        """Count a request; return a 429 if the limit refuses it, otherwise ``None``."""
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
        Return the limit and the counts.

        ``most_...`` are the largest numbers of requests in any window of the limit (60 seconds without a limit), and in
        any 60 seconds.
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
