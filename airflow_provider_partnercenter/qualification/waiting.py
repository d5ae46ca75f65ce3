"""
Waiting for Microsoft's verdict: how often to look, what a look decides, and when to stop. No I/O, no Airflow.

:func:`look` serves the sensor's poke, :func:`wait_for_verdict` the trigger and the operator that waits on a worker, so
that all of them decide alike.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterNotFoundError,
    PartnerCenterPermissionError,
)
from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.client.protocol.commands import Procedure, Sleep
from airflow_provider_partnercenter.client.wire import format_date, moment, parse_date
from airflow_provider_partnercenter.qualification.intervals import FIRST_LOOK, JITTER, MAX_WAIT, interval, jittered
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_partnercenter.client.protocol.exchange import Exchange

log = logging.getLogger(__name__)

# Seconds. Looks that are due in the same one of these are made together: an event loop that wakes up once for many
# takes less CPU than a bare one that wakes up for each (benchmarks, "One look of many waits").
TOGETHER = 0.25
PROPAGATION_GRACE = 120.0
WAIT_TIMEOUT = 7 * 24 * 3600.0

_NO_RELATIONSHIP = "20002"


@dataclass(frozen=True, slots=True)
class WaitOptions:
    """
    How long and how often to wait: the options that the operators and the sensor share.

    :param propagation_grace: seconds after which a request, or a new customer, is sure to be visible to reads.
    :param poke_interval: seconds between two looks; ``None`` for intervals that grow up to ``max_wait``.
    :param max_wait: the longest of these intervals, in seconds.
    :param timeout: seconds that one try waits.
    :param success_statuses: vetting statuses, unknown to this package, that mean approval.
    :param failure_statuses: vetting statuses, unknown to this package, that mean denial.
    """

    propagation_grace: float = PROPAGATION_GRACE
    poke_interval: float | None = None
    max_wait: float = MAX_WAIT
    timeout: float = WAIT_TIMEOUT
    success_statuses: tuple[str, ...] = ()
    failure_statuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """
    What is waited for, all of it fixed when the wait begins; every member is a plain JSON type.

    :param customer_id: the customer's tenant.
    :param qualification: Microsoft's name of the qualification.
    :param started_at: when the wait began, in seconds since the epoch, as all moments here.
    :param deadline: when it ends without a verdict.
    :param settled_at: until then an absent qualification, or a customer that cannot be seen, may be a matter of
        propagation.
    :param baseline: what was read before the submission, as dictionaries; ``None`` if nothing was submitted.
    :param submitted: when that was and with which request id, for messages.
    :param seen: what was last seen before the wait, for messages.
    :param if_absent: whether a qualification that is absent after that ends the wait.
    :param poke_interval: see :func:`.intervals.interval`, as for the next.
    """

    customer_id: str
    qualification: str
    started_at: float
    deadline: float
    settled_at: float
    baseline: tuple[dict[str, Any], ...] | None = None
    if_absent: Literal["fail", "wait"] = "fail"
    success_statuses: tuple[str, ...] = ()
    failure_statuses: tuple[str, ...] = ()
    poke_interval: float | None = None
    max_wait: float = MAX_WAIT
    submitted: str | None = None
    seen: str | None = None

    @property
    def earlier(self) -> tuple[CustomerQualification, ...]:
        """The baseline's entries; none if nothing was submitted."""
        return tuple(CustomerQualification.from_dict(entry) for entry in self.baseline or ())


@dataclass(frozen=True, slots=True)
class Sighting:
    """
    What one look found.

    :param verdict: its meaning; after trouble, the last one known.
    :param ended: whether the wait is over.
    :param trouble: why the look told nothing, where that may pass.
    :param correlation_id: the ``MS-CorrelationId`` of the look.
    :param known: whether any look told something.
    """

    verdict: Judgement
    ended: bool
    trouble: str | None = None
    correlation_id: str | None = None
    known: bool = True

    def summary(self, seen: str | None = None) -> str:
        """
        Put the state into words, for logs and for the message of a time-out.

        :param seen: what was seen before, for when no look told anything.
        """
        entry = self.verdict.entry
        if not self.known:
            text = seen or "nothing"
        elif entry is None:
            text = "no such qualification"
        else:
            date = entry.vetting_created_date
            since = format_date(date) if isinstance(date, datetime) else date
            text = f"{entry.qualification} {entry.vetting_status or 'without a status'}"
            text += f" since {since}" if since else ""
            if self.verdict.outcome is Outcome.ABSENT:
                text += " (as before the submission)"
        return f"{text}; the last look failed: {self.trouble}" if self.trouble else text


NOTHING_YET = Sighting(Judgement(Outcome.ABSENT), ended=False, known=False)


def look(exchange: Exchange, wait: Wait, last: Sighting = NOTHING_YET) -> Procedure[Sighting]:
    """
    Look once. Throttling and outages are no failures: they leave the wait where it was.

    :param last: what the look before found.
    :raises PartnerCenterError: if the wait can never succeed, or the customer cannot be seen after the grace.
    """
    exchange = exchange.scoped()
    settled = exchange.now() >= wait.settled_at
    try:
        entries = yield from exchange.send(endpoints.get_qualifications(wait.customer_id, waiting=True))
    except PartnerCenterError as error:
        if not (error.retryable or (not settled and _may_be_propagation(error))):
            raise
        return replace(last, ended=False, trouble=str(error), correlation_id=exchange.correlation_id)
    verdict = judge(
        entries,
        Qualification(wait.qualification),
        baseline=None if wait.baseline is None else wait.earlier,
        success_statuses=wait.success_statuses,
        failure_statuses=wait.failure_statuses,
    )
    ended = verdict.outcome in (Outcome.APPROVED, Outcome.DENIED)
    if verdict.outcome is Outcome.ABSENT and settled:
        if verdict.entry is not None:
            # The old denial still stands after the grace, so it is the answer.
            verdict = replace(verdict, outcome=Outcome.DENIED)
            ended = True
        else:
            ended = wait.if_absent == "fail"
    return Sighting(verdict, ended, correlation_id=exchange.correlation_id)


def _may_be_propagation(error: PartnerCenterError) -> bool:
    return isinstance(error, PartnerCenterNotFoundError) or (
        isinstance(error, PartnerCenterPermissionError) and error.code == _NO_RELATIONSHIP
    )


def next_look_in(wait: Wait, now: float, chance: float) -> float:
    """
    Return the seconds to the next look: the jittered interval, but never past the deadline.

    Rounded up to the clock's next quarter of a second, so that waits which begin at any time look together.

    :param now: the present, in seconds since the epoch.
    :param chance: a random number from 0 to 1, for the jitter.
    """
    due = now + jittered(interval(now - wait.started_at, wait.poke_interval, wait.max_wait), chance)
    # Up, because a first look that comes too early would be followed by another first one.
    due = TOGETHER * math.ceil(due / TOGETHER)
    return max(0.0, min(due, wait.deadline) - now)


def wait_for_verdict(exchange: Exchange, wait: Wait) -> Procedure[Sighting]:
    """
    Look again and again until there is a verdict or the deadline has passed.

    The first look is not at once: whoever begins a wait has just looked.

    :return: the last sighting; the wait timed out if it has not ended.
    :raises PartnerCenterError: as :func:`look`.
    """
    sighting = NOTHING_YET
    pause = next_look_in(wait, exchange.now(), exchange.chance())
    age = exchange.now() - wait.started_at
    if wait.poke_interval is None and FIRST_LOOK * (1 - JITTER) <= age < FIRST_LOOK * (1 + JITTER):
        # Another process waited before, and ended when its first look was due: that look is not to be left out.
        pause = min(pause, FIRST_LOOK)
    elif age > pause:
        # Another process waited before. Many waits move together, so each takes a moment of its own.
        pause *= exchange.chance()
    while True:
        yield Sleep(pause)
        before, sighting = sighting, (yield from look(exchange, wait, sighting))
        tell_changes(before, sighting, wait)
        if sighting.ended or exchange.now() >= wait.deadline:
            return sighting
        pause = next_look_in(wait, exchange.now(), exchange.chance())


def tell_changes(before: Sighting, after: Sighting, wait: Wait) -> None:
    """Log what changed from one look to the next: one line for each change, none for a look that found nothing new."""
    if after.trouble:
        log.warning("Customer %s: %s Looking again later.", wait.customer_id, after.trouble)
    elif after.verdict != before.verdict or not before.known:
        log.info("Customer %s: %s. [correlation id %s]", wait.customer_id, after.summary(), after.correlation_id)
        if after.verdict.remark:
            remark = after.verdict.remark
            log.warning("Customer %s: %s. [correlation id %s]", wait.customer_id, remark, after.correlation_id)


def begin_wait(
    customer_id: str,
    qualification: Qualification,
    options: WaitOptions,
    *,
    submission: Mapping[str, Any] | None = None,
    started_at: float | None = None,
    if_absent: Literal["fail", "wait"] = "fail",
) -> Wait:
    """
    Fix what a wait compares against and when it ends; it must not change when another process takes over.

    :param submission: the result of the submission that is waited for, if there was one.
    :param started_at: when the wait began, if not now; seconds since the epoch.
    """
    started_at = clock.now() if started_at is None else started_at
    baseline, submitted, seen, changed_at = None, None, None, started_at
    if submission:
        entry = CustomerQualification.from_dict(submission)
        seen = Sighting(Judgement(Outcome.IN_REVIEW, entry), ended=False).summary()
    if submission and submission["submitted"]:
        baseline = tuple(submission.get("baseline") or ())
        submitted_at = parse_date(str(submission.get("submitted_at") or ""))
        changed_at = submitted_at.timestamp() if submitted_at else started_at
        submitted = f"at {moment(changed_at)} with request id {submission.get('request_id')}"
    return Wait(
        customer_id,
        str(qualification),
        started_at,
        deadline=started_at + options.timeout,
        settled_at=changed_at + options.propagation_grace,
        baseline=baseline,
        if_absent=if_absent,
        success_statuses=options.success_statuses,
        failure_statuses=options.failure_statuses,
        poke_interval=options.poke_interval,
        max_wait=options.max_wait,
        submitted=submitted,
        seen=seen,
    )
