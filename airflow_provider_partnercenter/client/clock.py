"""
The one clock: the time, waits, and random numbers for jitter.

A test replaces :data:`source` and so controls the time of everything. Socket timeouts (:mod:`.transport`) are the
exception: they use the system's clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Source(Protocol):
    """Where the time comes from."""

    def now(self) -> float:
        """Return the seconds since the epoch."""

    def monotonic(self) -> float:
        """Return the seconds of a monotonic clock."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    async def async_sleep(self, seconds: float) -> None:
        """Wait without blocking the event loop."""

    def chance(self) -> float:
        """Return a random number from 0 to 1, for jitter."""


class System:
    """The time of the operating system."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def async_sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def chance(self) -> float:
        return random.random()


class Stopped(BaseException):
    """
    The task was stopped, by a person or by Airflow.

    As with a cancelled task of asyncio, what handles errors must not take this for one.
    """


class Stop:
    """
    A flag that ends the work of a task. Waits end at once, and no further request, pause or sign-in begins.

    A request that was already sent may complete, so that its result can be recorded. A signal handler may call
    :meth:`set`.
    """

    # Seconds. A blocking wait checks the flag this often, because a signal handler cannot wake it.
    STEP = 0.5

    def __init__(self) -> None:
        self._set = False
        self._sleepers: set[asyncio.Task[None]] = set()

    def set(self) -> None:
        """Stop the work."""
        self._set = True
        for task in list(self._sleepers):
            task.get_loop().call_soon_threadsafe(self._wake, task)

    def check(self) -> None:
        """
        Check the flag. Call this before another request, pause or sign-in.

        :raises Stopped: if the work was stopped.
        """
        if self._set:
            raise Stopped("The task was stopped and sends no further requests. A retry first reads what was submitted.")

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Apply the flag to this context, and to the tasks and threads that are started in it."""
        token = _stop.set(self)
        try:
            yield
        finally:
            _stop.reset(token)

    def sleep(self, seconds: float) -> None:
        """Wait for this many seconds, or raise :class:`Stopped` once the flag is set."""
        self.check()
        end = source.monotonic() + seconds
        while (left := end - source.monotonic()) > 0:
            source.sleep(min(left, self.STEP))
            self.check()

    async def async_sleep(self, seconds: float) -> None:
        """Wait without blocking the event loop, or raise :class:`Stopped` once the flag is set."""
        self.check()
        task = asyncio.current_task()
        assert task is not None
        self._sleepers.add(task)
        try:
            await source.async_sleep(seconds)
        except asyncio.CancelledError:
            if self._set and task.uncancel() == 0:
                self.check()
            raise
        finally:
            self._sleepers.discard(task)

    def _wake(self, task: asyncio.Task[None]) -> None:
        if task in self._sleepers:
            task.cancel()


source: Source = System()
_stop: ContextVar[Stop | None] = ContextVar("stop", default=None)


def now() -> float:
    """Return the seconds since the epoch."""
    return source.now()


def monotonic() -> float:
    """Return the seconds of a monotonic clock."""
    return source.monotonic()


def check() -> None:
    """
    Check whether the work was stopped. Call this before another request, pause or sign-in.

    :raises Stopped: if it was.
    """
    if (stop := _stop.get()) is not None:
        stop.check()


def sleep(seconds: float) -> None:
    """
    Wait for this many seconds.

    :raises Stopped: if the work is stopped before or during the wait.
    """
    (_stop.get() or source).sleep(seconds)


async def async_sleep(seconds: float) -> None:
    """
    Wait for this many seconds without blocking the event loop.

    :raises Stopped: if the work is stopped before or during the wait.
    """
    await (_stop.get() or source).async_sleep(seconds)


def chance() -> float:
    """Return a random number from 0 to 1, for jitter."""
    return source.chance()
