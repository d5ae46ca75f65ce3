"""
The one clock. Whatever tells the time, waits, or draws lots for a moment does it here.

A test replaces :data:`source`, and so holds the time of everything at once. The deadlines of sockets
(:mod:`.transport`) are not among it: they are the system's.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import Protocol


class Source(Protocol):
    """Where the time comes from."""

    def now(self) -> float:
        """Return the seconds since the epoch."""

    def monotonic(self) -> float:
        """Return seconds that nobody sets back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    async def async_sleep(self, seconds: float) -> None:
        """Wait, and let others work meanwhile."""

    def chance(self) -> float:
        """Return a random number from 0 to 1, for the jitter of a moment."""


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


source: Source = System()


def now() -> float:
    """Return the seconds since the epoch."""
    return source.now()


def monotonic() -> float:
    """Return seconds that nobody sets back."""
    return source.monotonic()


def sleep(seconds: float) -> None:
    """Wait for this many seconds."""
    source.sleep(seconds)


async def async_sleep(seconds: float) -> None:
    """Wait for this many seconds, and let others work meanwhile."""
    await source.async_sleep(seconds)


def chance() -> float:
    """Return a random number from 0 to 1, for the jitter of a moment."""
    return source.chance()
