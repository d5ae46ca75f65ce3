"""
Rate limits as pure decisions: whether a request that arrives now is admitted, and when to come back if it is not.

Microsoft publishes 500 requests a minute for a partner's tenant, but not how it counts them. These are the three usual
ways; a client that never sends more than the limit in any window is refused by none of them.
"""

from __future__ import annotations

import enum
import math
from collections import deque
from dataclasses import dataclass
from typing import Protocol

EPSILON = 1e-6
"""Seconds that sums of floating-point numbers may be off; who comes back exactly when told is not refused for it."""


class Limiter(Protocol):
    """Counts requests."""

    def admit(self, now: float) -> float | None:
        """
        Judge a request.

        :param now: seconds of a clock that never goes back.
        :return: ``None`` if it is admitted, otherwise after how many seconds the next one would be.
        """


class FixedWindow:
    """
    So many requests in each window; a window opens with the first request after the one before has ended.

    :param requests: how many.
    :param window: seconds.
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
    So many requests in any window that ends now.

    :param requests: how many.
    :param window: seconds.
    :param count_refused: whether refused requests fill the window too, so that who does not wait is never admitted.
    """

    def __init__(self, requests: int, window: float, *, count_refused: bool = False) -> None:
        self._window = window
        self._count_refused = count_refused
        self._counted: deque[float] = deque(maxlen=requests)

    def admit(self, now: float) -> float | None:
        """See :meth:`Limiter.admit`."""
        # The oldest of the last so many decides; what came before them has no say.
        full = len(self._counted) == self._counted.maxlen and now < self._counted[0] + self._window - EPSILON
        if not full or self._count_refused:
            self._counted.append(now)
        return self._counted[0] + self._window - now if full else None


class TokenBucket:
    """
    A bucket that is full at first, gives one token to each request and fills up again evenly.

    :param requests: the tokens of a full bucket.
    :param window: seconds in which an empty one fills up.
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
    """The three ways of counting."""

    FIXED = "fixed"
    SLIDING = "sliding"
    BUCKET = "bucket"


@dataclass(frozen=True, slots=True)
class Limit:
    """
    What an emulator is told about its limit; with a shorter window everything happens faster.

    :param requests: how many requests a window has.
    :param window: its seconds.
    :param count_refused: see :class:`SlidingWindow`; Microsoft says that immediate retries count.
    :param decimals: whether ``Retry-After`` may have decimals. The service sends whole seconds, rounded up here; in a
        window of few seconds that would be a large part of it.
    """

    kind: LimitKind = LimitKind.SLIDING
    requests: int = 500
    window: float = 60.0
    count_refused: bool = False
    decimals: bool = False

    def __post_init__(self) -> None:
        if self.requests < 1 or not 0 < self.window < math.inf:
            raise ValueError("a limit needs at least one request and a window of more than no seconds")
        if self.count_refused and self.kind is not LimitKind.SLIDING:
            raise ValueError("only a sliding window counts refused requests")

    @classmethod
    def parse(cls, text: str) -> Limit:
        """
        Read ``sliding:500/60``, ``fixed:...`` or ``bucket:...``, with ``,count-refused`` and ``,decimals`` if wanted.

        :raises ValueError: if the text is none of these.
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
        raise ValueError(f"{text!r} is none of sliding|fixed|bucket:REQUESTS/SECONDS[,count-refused][,decimals]")

    def __str__(self) -> str:
        options = [name for name in ("count_refused", "decimals") if getattr(self, name)]
        numbers = f"{self.kind}:{self.requests}/{self.window:g}"
        return ",".join([numbers, *(name.replace("_", "-") for name in options)])

    def limiter(self) -> Limiter:
        """Return a limiter that has not counted anything yet."""
        if self.kind is LimitKind.FIXED:
            return FixedWindow(self.requests, self.window)
        if self.kind is LimitKind.BUCKET:
            return TokenBucket(self.requests, self.window)
        return SlidingWindow(self.requests, self.window, count_refused=self.count_refused)

    def retry_after(self, seconds: float) -> float:
        """Return what the header tells of a wait, never less than it."""
        if self.decimals:
            return math.ceil(seconds * 1000 - EPSILON) / 1000
        return math.ceil(seconds - EPSILON)
