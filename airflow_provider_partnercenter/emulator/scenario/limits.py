"""
Rate limits: whether a request that arrives now is admitted and, if not, how long the client has to wait.

Microsoft publishes a limit of 500 requests per minute for a partner's tenant, but not how it counts them. This module
implements the three usual ways. None of them refuses a client that never sends more than the limit in any window.
"""

from __future__ import annotations

import enum
import math
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from airflow_provider_partnercenter.emulator.scenario.behaviour import MAX_SECONDS

MAX_REQUESTS, MIN_WINDOW = 10**9, 0.001
EPSILON = 1e-6
"""Tolerance in seconds for rounding errors, so that a client that returns exactly when told to is not refused."""


class Limiter(Protocol):
    """Counts requests and decides which ones to admit."""

    def admit(self, now: float) -> float | None:
        """
        Count a request and decide whether to admit it.

        :param now: the seconds of a clock that never goes back.
        :return: ``None`` if the request is admitted, otherwise the seconds until the next request is.
        """


class FixedWindow:
    """
    Admits a number of requests per window; a window starts with the first request after the previous window's end.

    :param requests: the number of requests per window.
    :param window: the length of a window, in seconds.
    """

    def __init__(self, requests: int, window: float) -> None:
        self._requests = requests
        self._window = window
        self._ends = -math.inf
        self._admitted = 0

    def admit(self, now: float) -> float | None:
        """See :meth:`Limiter.admit`."""
        if now >= self._ends - EPSILON:
            self._ends, self._admitted = now + self._window, 0
        if self._admitted >= self._requests:
            return self._ends - now
        self._admitted += 1
        return None


class SlidingWindow:
    """
    Admits a number of requests in the window that ends now.

    :param requests: the number of requests per window.
    :param window: the length of the window, in seconds.
    :param count_refused: whether refused requests count too, so that a client that does not wait is never admitted.
    """

    def __init__(self, requests: int, window: float, *, count_refused: bool = False) -> None:
        self._window = window
        self._count_refused = count_refused
        self._counted: deque[float] = deque(maxlen=requests)

    def admit(self, now: float) -> float | None:
        """See :meth:`Limiter.admit`."""
        # The deque has only the newest ``requests`` requests; the window is full while the oldest of them is in it.
        full = len(self._counted) == self._counted.maxlen and now < self._counted[0] + self._window - EPSILON
        if not full or self._count_refused:
            self._counted.append(now)
        return self._counted[0] + self._window - now if full else None


class TokenBucket:
    """
    A bucket of tokens, which is full at first and refills evenly; each admitted request takes one token.

    :param requests: the number of tokens in a full bucket.
    :param window: the seconds in which an empty bucket refills.
    """

    def __init__(self, requests: int, window: float) -> None:
        self._size = requests
        self._rate = requests / window
        self._tokens = float(requests)
        self._since = -math.inf

    def admit(self, now: float) -> float | None:
        """See :meth:`Limiter.admit`."""
        self._tokens = min(float(self._size), self._tokens + (now - self._since) * self._rate)
        self._since = now
        if self._tokens < 1 - EPSILON * self._rate:
            return (1 - self._tokens) / self._rate
        self._tokens -= 1
        return None


class LimitKind(enum.StrEnum):
    """The three ways to count requests."""

    FIXED = "fixed"
    SLIDING = "sliding"
    BUCKET = "bucket"


@dataclass(frozen=True, slots=True)
class Limit:
    """
    The setting of a rate limit. A test can use a shorter window to run faster.

    :param kind: the way to count requests.
    :param requests: the number of requests per window.
    :param window: the length of a window, in seconds.
    :param count_refused: whether refused requests count too; only for a sliding window. Microsoft says that
        immediate retries count.
    :param decimals: whether ``Retry-After`` may have decimals. Microsoft's service sends whole seconds, so it is
        rounded up by default; with a window of a few seconds, rounding would add a large part of the window.
    :raises ValueError: if a number is out of range, or if ``count_refused`` is set and the window is not a sliding one.
    """

    kind: LimitKind = LimitKind.SLIDING
    requests: int = 500
    window: float = 60.0
    count_refused: bool = False
    decimals: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.requests <= MAX_REQUESTS or not MIN_WINDOW <= self.window <= MAX_SECONDS:
            raise ValueError(
                f"a limit must have from 1 to {MAX_REQUESTS} requests and a window from {MIN_WINDOW} to {MAX_SECONDS} "
                "seconds"
            )
        if self.count_refused and self.kind is not LimitKind.SLIDING:
            raise ValueError("only a sliding window can count refused requests")

    @classmethod
    def parse(cls, text: str) -> Limit:
        """
        Parse ``sliding:500/60``, ``fixed:500/60`` or ``bucket:500/60``.

        ``,count-refused`` and ``,decimals`` may follow.

        :raises ValueError: if the string is none of these.
        """
        limit, *options = text.strip().split(",")
        kind, _, numbers = limit.partition(":")
        requests, _, window = numbers.partition("/")
        try:
            if set(options) <= {"count-refused", "decimals"}:
                refused, decimals = "count-refused" in options, "decimals" in options
                return cls(LimitKind(kind), int(requests), float(window), refused, decimals)
        except ValueError:
            pass
        raise ValueError(
            "must be sliding:REQUESTS/SECONDS[,count-refused][,decimals] or "
            f"fixed|bucket:REQUESTS/SECONDS[,decimals], not {text[:100]!r}"
        )

    def __str__(self) -> str:
        options = [name for name in ("count_refused", "decimals") if getattr(self, name)]
        numbers = f"{self.kind}:{self.requests}/{self.window:g}"
        return ",".join([numbers, *(name.replace("_", "-") for name in options)])

    def limiter(self) -> Limiter:
        """Return a new limiter for this limit."""
        if self.kind is LimitKind.FIXED:
            return FixedWindow(self.requests, self.window)
        if self.kind is LimitKind.BUCKET:
            return TokenBucket(self.requests, self.window)
        return SlidingWindow(self.requests, self.window, count_refused=self.count_refused)

    def retry_after(self, seconds: float) -> float:
        """Return the ``Retry-After`` for a wait; it is never shorter than the wait."""
        if self.decimals:
            return math.ceil(seconds * 1000 - EPSILON) / 1000
        return math.ceil(seconds - EPSILON)
