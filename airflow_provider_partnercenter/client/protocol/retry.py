"""Decide which failures are worth another attempt, and how long to wait before it. No I/O."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterThrottledError

# A pause applies to all users of the connection, so a senseless header must not stop them for good.
_LONGEST = 3600.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """
    How often and how long one call is tried.

    :param attempts: how often a call is sent at most. Refusals with 429 do not count: they only mean that it is not the
        call's turn yet.
    :param backoff: seconds before the second attempt; doubled for each further one.
    :param max_backoff: the longest backoff, in seconds.
    :param jitter: the share by which a wait is lengthened or shortened at random.
    :param max_retry_after: how many seconds one call waits in total because the service asked for it (429,
        ``Retry-After``); if the service asks for more, the call fails.
    :param total: how many seconds the attempts of one call and the backoff between them may take. Waits for the budget,
        for ``Retry-After`` and for a token do not count.
    """

    attempts: int = 4
    backoff: float = 1.0
    max_backoff: float = 30.0
    jitter: float = 0.2
    max_retry_after: float = 300.0
    total: float = 100.0

    def delay(
        self, error: PartnerCenterError, attempt: int, elapsed: float, chance: float, *, waited_as_asked: float = 0.0
    ) -> float | None:
        """
        Decide on another attempt.

        :param error: the error of the attempt.
        :param attempt: the number of the attempt, from 1.
        :param elapsed: how many seconds of ``total`` are used up.
        :param chance: a random number from 0 to 1, for the jitter.
        :param waited_as_asked: seconds that the call has waited already because the service asked for it.
        :return: seconds to wait before the next attempt, or ``None`` to give up.
        """
        throttled = isinstance(error, PartnerCenterThrottledError)
        spent = elapsed >= self.total or (attempt >= self.attempts and not throttled)
        if not error.retryable or error.outcome_unknown or spent:
            return None
        # The exponent is bounded because 2.0 ** 1024 is an OverflowError.
        doubled = min(self.max_backoff, self.backoff * 2.0 ** min(attempt - 1, 32))
        wait: float = doubled * (1 + self.jitter * (2 * chance - 1))
        left = self.max_retry_after - waited_as_asked
        if error.retry_after is not None:
            # If nothing is left, give up: with "Retry-After: 0" the call would otherwise be repeated without end.
            if error.retry_after > left or left <= 0:
                return None
            # The jitter only adds, so that no attempt comes too early. With "Retry-After: 0" the backoff still applies,
            # because refused requests count too.
            later = error.retry_after + chance * min(1.0, self.jitter * error.retry_after)
            return min(left, max(wait, later))
        if throttled:
            return wait if wait <= left else None
        return wait if elapsed + wait < self.total else None


def read_retry_after(value: str | None, date: str | None = None, *, now: datetime | None = None) -> float | None:
    """
    Read a ``Retry-After`` header.

    :param value: seconds or an HTTP date.
    :param date: the ``Date`` header of the same answer. An HTTP date is compared with it, because the clock of this
        machine may be wrong.
    :param now: the current time; a parameter for tests.
    :return: seconds from now, from 0 to an hour, or ``None`` if the header is missing or unreadable.
    """
    text = (value or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        moment = read_http_date(text)
        if moment is None:
            return None
        now = now or read_http_date(date or "") or datetime.fromtimestamp(clock.now(), UTC)
        seconds = (moment - now).total_seconds()
    return min(_LONGEST, max(0.0, seconds)) if math.isfinite(seconds) else None


def read_http_date(text: str) -> datetime | None:
    """Read the date of a header, for example of ``Date``; return ``None`` if it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
