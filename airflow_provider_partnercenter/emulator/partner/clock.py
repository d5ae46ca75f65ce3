"""The emulator's clock: real time plus whatever a test has skipped."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

from airflow_provider_partnercenter.emulator.scenario.behaviour import MAX_SECONDS


class Clock:
    """
    Tells the time; :meth:`advance` replaces waiting.

    :param source: seconds since the epoch.
    :param steady: seconds of a clock that nobody sets.
    """

    def __init__(self, source: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._steady = steady
        self._skipped = 0.0

    def now(self) -> datetime:
        """Return the emulated time (UTC)."""
        return datetime.fromtimestamp(self._source(), UTC) + timedelta(seconds=self._skipped)

    def elapsed(self) -> float:
        """Return seconds that only grow, from an unknown start, for measuring; what was skipped counts."""
        return self._steady() + self._skipped

    def advance(self, seconds: float) -> None:
        """
        Move on.

        :param seconds: how far; only forward.
        :raises ValueError: if the number is negative or beyond :data:`.behaviour.MAX_SECONDS`.
        """
        if not 0 <= self._skipped + seconds <= MAX_SECONDS or seconds < 0:
            raise ValueError(f"the clock only goes forward, by at most {MAX_SECONDS} seconds in all")
        self._skipped += seconds

    def reset(self) -> None:
        """Return to real time."""
        self._skipped = 0.0
