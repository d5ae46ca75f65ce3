"""The emulator's clock: real time plus the time that tests have skipped."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

from airflow_provider_partnercenter.emulator.scenario.behaviour import MAX_SECONDS


class Clock:
    """
    The emulator's clock. A test can call :meth:`advance` instead of waiting.

    :param source: returns the seconds since the epoch.
    :param steady: returns the seconds of a monotonic clock.
    """

    def __init__(self, source: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._steady = steady
        self._skipped = 0.0

    def now(self) -> datetime:
        """Return the emulated time (UTC)."""
        return datetime.fromtimestamp(self._source(), UTC) + timedelta(seconds=self._skipped)

    def elapsed(self) -> float:
        """Return the seconds since an arbitrary start, including skipped time, to measure durations."""
        return self._steady() + self._skipped

    def advance(self, seconds: float) -> None:
        """
        Move the clock forward.

        :param seconds: the seconds to skip.
        :raises ValueError: if ``seconds`` is negative or the sum of all skipped time exceeds
            :data:`.behaviour.MAX_SECONDS`.
        """
        if not 0 <= self._skipped + seconds <= MAX_SECONDS or seconds < 0:
            raise ValueError(f"the clock can only move forward, by at most {MAX_SECONDS} seconds in total")
        self._skipped += seconds

    def reset(self) -> None:
        """Return to real time."""
        self._skipped = 0.0
