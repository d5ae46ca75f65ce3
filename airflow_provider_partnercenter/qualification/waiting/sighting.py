"""What a poll found, and what the observer is told about it. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from airflow_provider_partnercenter.client.observer import Event
from airflow_provider_partnercenter.client.wire import format_date
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome

Change = tuple[str, str, str | None]
"""When a poll saw something new (ISO 8601 UTC), what it was, and the poll's correlation id."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """
    The result of one poll.

    :param verdict: what the poll means; if it failed, the last known verdict.
    :param ended: whether the wait is over.
    :param trouble: why the poll failed, if the cause is temporary.
    :param correlation_id: the ``MS-CorrelationId`` of the poll.
    :param known: whether any poll has succeeded so far.
    :param retry_after: how many seconds the service asked to be left alone, if the poll failed.
    :param absent_since: when the first of the latest reads in a row that did not show what is waited for, or showed
        less than an earlier read, was answered, in seconds since the epoch; ``None`` if the last read did, or if its
        absence does not end the wait. Until the absence is certain, the verdict is the one before it.
    :param newest: the date of the newest entry that any read showed.
    :param changes: what the polls of this process saw that was new, as :class:`.telling.WaitLog` has collected it.
    """

    verdict: Judgement
    ended: bool
    trouble: str | None = None
    correlation_id: str | None = None
    known: bool = True
    retry_after: float = 0.0
    absent_since: float | None = None
    newest: datetime | None = None
    changes: tuple[Change, ...] = ()

    def summary(self, seen: str | None = None) -> str:
        """
        Describe the state, for logs and for the message of a time-out.

        :param seen: what was seen before the wait, for the case that no poll has succeeded.
        """
        entry = self.verdict.entry
        if not self.known:
            text = seen or "nothing"
        elif entry is None:
            text = "no such qualification"
        else:
            date = entry.vetting_created_date
            requested = format_date(date) if isinstance(date, datetime) else date
            text = f"{entry.qualification} {entry.vetting_status or 'without a status'}"
            text += f", requested {requested}" if requested else ""
            if self.verdict.outcome is Outcome.ABSENT:
                text += " (as before the submission)"
        return f"{text}; the last poll failed: {self.trouble}" if self.trouble else text


NOTHING_YET = Sighting(Judgement(Outcome.ABSENT), ended=False, known=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollEnded(Event):
    """
    A wait has looked once.

    :param customer_id: the customer.
    :param qualification: Microsoft's name of the qualification.
    :param failed: whether the poll failed, so that it says nothing about the verdict.
    :param verdict: ``"approved"``, ``"denied"`` or ``"absent"`` if that ended the wait; otherwise ``None``.
    :param waited: how many seconds after the request the verdict was seen; ``None`` if the poll brought no verdict, or
        if nobody has seen the request in review, so that the verdict may be old.
    :param error: the name of the class of an error that ended the wait.
    :param correlation_id: the ``MS-CorrelationId`` of the poll.
    """

    customer_id: str
    qualification: str
    failed: bool = False
    verdict: str | None = None
    waited: float | None = None
    error: str | None = None
    correlation_id: str | None = None
