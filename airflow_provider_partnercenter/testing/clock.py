"""
A clock for tests: who waits does not wait, but moves the time.

It replaces what this provider's tasks and triggers, the clients and Airflow's base sensor take for the time.
"""

from __future__ import annotations

import asyncio
import functools
import time
import types
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from airflow.sdk.bases import sensor as base_sensor

from airflow_provider_partnercenter.client import aio, clock
from airflow_provider_partnercenter.client.protocol.commands import Sleep

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from airflow_provider_partnercenter.emulator.server import Emulator


class _Instead:
    """A module with some of its functions replaced, for those who look them up in it."""

    def __init__(self, module: Any, **functions: Any) -> None:
        self._module = module
        self.__dict__.update(functions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


# For how many rounds of the event loop everybody must have slept before the clock moves: who wakes up may be about to
# cancel others, which takes a few.
_PATIENCE = 8


class Clock:
    """
    Stands still until somebody sleeps; a sleep takes no time, but moves this clock and the emulator's.

    :param emulator: whose time goes along.
    """

    def __init__(self, emulator: Emulator | None = None) -> None:
        self.now = time.time()
        self.sleeps: list[float] = []
        self._emulator = emulator
        self._targets: list[float] = []
        self._changes = 0
        self.busy = 0
        self._plans: list[tuple[float, Callable[[], object]]] = []

    def time(self) -> float:
        return self.now

    def utcnow(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        # Real time always goes on a little.
        seconds = max(seconds, 0.001)
        self.now += seconds
        if self._emulator:
            self._emulator.advance(seconds)
        due = [action for moment, action in self._plans if moment <= self.now]
        self._plans = [plan for plan in self._plans if plan[0] > self.now]
        for action in due:
            action()

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Let something happen later, in the middle of a sleep."""
        self._plans.append((self.now + seconds, action))

    async def async_sleep(self, seconds: float, result: Any = None) -> Any:
        """Sleep among others: when nobody is busy, whoever has to wake first moves the clock."""
        target = self.now + seconds
        self._targets.append(target)
        self._changes += 1
        quiet, changes = 0, self._changes
        try:
            while True:
                await asyncio.sleep(0.0005 if self.busy else 0)
                if self.now >= target and seconds:
                    break
                first = target <= min(self._targets) and not self.busy
                quiet = quiet + 1 if first and self._changes == changes else 0
                changes = self._changes
                if quiet > _PATIENCE:
                    self.sleep(max(0.0, target - self.now))
                    break
        finally:
            # Nobody waits for one that was cancelled.
            self._targets.remove(target)
            self._changes += 1
        return result

    def rule(self, monkeypatch: pytest.MonkeyPatch) -> Self:
        """Let everything that tells or spends time in a task or a trigger do it by this clock."""
        ours = types.SimpleNamespace(
            now=self.time, monotonic=self.time, sleep=self.sleep, async_sleep=self.async_sleep, chance=lambda: 0.5
        )
        monkeypatch.setattr(clock, "source", ours)
        # Nobody stops a task here while it waits, so it need not look for that twice a second.
        monkeypatch.setattr(clock.Stop, "STEP", 30.0)
        # Airflow's own base sensor has a clock of its own.
        monkeypatch.setattr(
            base_sensor, "time", types.SimpleNamespace(monotonic=self.time, sleep=self.sleep, time=self.time)
        )
        monkeypatch.setattr(base_sensor, "timezone", _Instead(vars(base_sensor)["timezone"], utcnow=self.utcnow))
        # While somebody talks to the emulator, nobody else may move the clock.
        monkeypatch.setattr(aio.AsyncPartnerCenterClient, "_obey", functools.partialmethod(_obey, clock=self))
        return self


_OBEY = aio.AsyncPartnerCenterClient._obey


async def _obey(client: aio.AsyncPartnerCenterClient, command: Any, *, clock: Clock) -> Any:
    """Obey a client's command, and let the clock stand still meanwhile."""
    busy = not isinstance(command, Sleep)
    clock.busy += busy
    try:
        return await _OBEY(client, command)
    finally:
        clock.busy -= busy
