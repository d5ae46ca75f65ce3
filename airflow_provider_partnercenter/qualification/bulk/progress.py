"""Log the progress of the work on many customers."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.qualification.bulk.report import Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_partnercenter.client.protocol.exchange import Exchange

log = logging.getLogger(__name__)

TELL_EVERY = 15.0
"""Minimum number of seconds between two lines about the same work."""


class Progress:
    """
    Logs a line when something has changed, but not too often: counts, rate, budget used, and time left.

    :param doing: what is being done; the line begins with it.
    :param outcomes: the outcomes of all customers that are known already.
    :param left: how many customers are left.
    :param exchange: has the clock and the request budget.
    :param share: the share of the budget that this work may use, from 0 to 1.
    """

    def __init__(self, doing: str, outcomes: Iterable[str], left: int, exchange: Exchange, share: float = 1.0) -> None:
        self._doing = doing
        self._counts = Counter(outcomes)
        self._left, self._total = left, left
        self._exchange = exchange
        self._share = share
        self._began = self._told_at = exchange.monotonic()
        self._told_used = exchange.budget.used
        self._news = False

    def done(self, outcome: str, before: str | None = None) -> None:
        """
        Count one more customer as done, and log the progress if it is time.

        :param outcome: the customer's outcome.
        :param before: the outcome under which the customer was counted until now, if it was.
        """
        self._counts[outcome] += 1
        if before is not None:
            self._counts[before] -= 1
        self._left -= 1
        self._news = True
        self.tell_if_due()

    def tell_if_due(self) -> None:
        """Log the progress if anything changed and the last line is at least ``TELL_EVERY`` seconds old."""
        if self._exchange.monotonic() - self._told_at >= TELL_EVERY:
            self.tell()

    def tell(self) -> None:
        """Log the progress if anything changed."""
        if not self._news:
            return
        now, budget = self._exchange.monotonic(), self._exchange.budget
        rate = 60 * (budget.used - self._told_used) / max(now - self._told_at, 1.0)
        used = f", {rate / (budget.limit * self._share):.0%} of the budget" if budget.limit else ""
        pace = (self._total - self._left) / max(now - self._began, 1.0)
        left = f"; about {timedelta(seconds=round(self._left / pace))} to go at this pace" if self._left else ""
        log.info("%s: %s; %.0f requests/min%s%s.", self._doing, in_words(self._counts), rate, used, left)
        self._told_at, self._told_used, self._news = now, budget.used, False


def in_words(counts: Mapping[str, int]) -> str:
    """Return the counts that are not zero as a string for people."""
    named = (f"{counts[result.value]} {result.value.replace('_', ' ')}" for result in Result if counts[result.value])
    return ", ".join(named) or "no customers"
