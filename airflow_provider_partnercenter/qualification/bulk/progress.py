"""Saying how far the work for many customers is."""

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
"""Seconds between two lines about the same work, at the least."""


class Progress:
    """
    Writes a line when something has changed, but not too often: counts, rate, budget used, and time left.

    :param doing: what is done, for the beginning of the line.
    :param outcomes: of all that are known already.
    :param left: for how many it has to be done.
    :param exchange: whose clock and request budget are meant.
    :param share: of the budget that this may use.
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
        Take note that it is done for one more, and say so if it is time.

        :param outcome: what came of it.
        :param before: the outcome that it was counted as.
        """
        self._counts[outcome] += 1
        if before is not None:
            self._counts[before] -= 1
        self._left -= 1
        self._news = True
        self.tell_if_due()

    def tell_if_due(self) -> None:
        """Say how far it is, if there are news and the last line is long enough ago."""
        if self._exchange.monotonic() - self._told_at >= TELL_EVERY:
            self.tell()

    def tell(self) -> None:
        """Say how far it is, if there are news."""
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
    """Write counts for people, those that are not zero."""
    named = (f"{counts[result.value]} {result.value.replace('_', ' ')}" for result in Result if counts[result.value])
    return ", ".join(named) or "nobody"
