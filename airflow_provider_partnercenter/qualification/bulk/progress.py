"""Log the progress of the work on many customers."""

from __future__ import annotations

import itertools
import logging
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.qualification.bulk.report import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from airflow_provider_partnercenter.client.protocol.exchange import Exchange

log = logging.getLogger(__name__)

TELL_EVERY = 15.0
"""Minimum number of seconds between two lines about the same work."""
STILL_EVERY = 1800.0
"""Maximum number of seconds between two lines while nothing changes, if the work itself does not pause for longer."""
MOST_NAMES = 5
"""Maximum number of customers that a line names."""


class Progress:
    """
    Logs a line when something has changed, but not too often: counts, rate, budget used, and what is left.

    While nothing changes, a line now and then says that the work goes on.

    :param doing: what is being done; the line begins with it.
    :param outcomes: the outcomes of all customers that are known already.
    :param left: how many customers are left.
    :param exchange: has the clock and the request budget.
    :param share: the share of the budget that this work may use, from 0 to 1.
    :param waiting_for: returns the ids of the customers that are left, if their number does not depend on the pace of
        this work.
    """

    def __init__(
        self,
        doing: str,
        outcomes: Iterable[str],
        left: int,
        exchange: Exchange,
        share: float = 1.0,
        waiting_for: Callable[[], Iterable[str]] | None = None,
    ) -> None:
        self._doing = doing
        self._counts = Counter(outcomes)
        self._left, self._total = left, left
        self._exchange = exchange
        self._share = share
        self._waiting_for = waiting_for
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
        """Log the progress if the last line is old enough: ``TELL_EVERY`` after a change, ``STILL_EVERY`` without."""
        age = self._exchange.monotonic() - self._told_at
        if age >= STILL_EVERY or (self._news and age >= TELL_EVERY):
            self._tell()

    def tell(self) -> None:
        """Log the progress if anything changed."""
        if self._news:
            self._tell()

    def _tell(self) -> None:
        now, budget = self._exchange.monotonic(), self._exchange.budget
        rate = 60 * (budget.used - self._told_used) / max(now - self._told_at, 1.0)
        used = f", {rate / (budget.limit * self._share):.0%} of the budget" if budget.limit else ""
        left = self._left_in_words(now) if self._left else ""
        log.info("%s: %s; %.0f requests/min%s%s.", self._doing, in_words(self._counts), rate, used, left)
        self._told_at, self._told_used, self._news = now, budget.used, False

    def _left_in_words(self, now: float) -> str:
        if self._waiting_for is not None:
            # How long this takes is for Microsoft to decide.
            names = ", ".join(itertools.islice(self._waiting_for(), MOST_NAMES))
            more = f" and {self._left - MOST_NAMES} more" if self._left > MOST_NAMES else ""
            return f"; still waiting: {names}{more}"
        done = self._total - self._left
        if not done:
            return ""
        left = timedelta(seconds=round(self._left * max(now - self._began, 1.0) / done))
        return f"; about {left} to go at this pace"


def in_words(counts: Mapping[str, int]) -> str:
    """Return the counts that are not zero as a string for people."""
    named = (f"{counts[result.value]} {result.value.replace('_', ' ')}" for result in Result if counts[result.value])
    return ", ".join(named) or "no customers"
