"""
Wait for Microsoft's verdict: when to look, what a look decides, and when to stop. No I/O, no Airflow.

The sensor's poke uses :func:`look`. The trigger and an operator that waits on a worker use :func:`wait_for_verdict`. So
all of them decide alike.
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

# In seconds. Looks that are due in the same interval of this length are made together: an event loop that wakes up once
# for many looks takes less CPU than even bare aiohttp that wakes up for each (benchmarks, "One look of many waits").
TOGETHER = 0.25
PROPAGATION_GRACE = 120.0
WAIT_TIMEOUT = 7 * 24 * 3600.0

_NO_RELATIONSHIP = "20002"


@dataclass(frozen=True, slots=True)
class WaitOptions:
    """
    How long to wait and how often to look: the options that the operators and the sensor share.

    :param propagation_grace: seconds after which a request, or a new customer, is sure to be visible to reads.
    :param poke_interval: seconds between two looks; ``None`` for intervals that grow up to ``max_wait``.
    :param max_wait: the longest growing interval, in seconds.
    :param timeout: how many seconds one try of the task waits.
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
    A wait for a verdict, fixed when it begins.

    Every member is a plain JSON type. Times are in seconds since the epoch.

    :param customer_id: the customer's tenant.
    :param qualification: Microsoft's name of the qualification.
    :param started_at: when the wait began.
    :param deadline: when the wait ends without a verdict.
    :param settled_at: until this time, reads may not yet show the qualification or the customer.
    :param baseline: the qualifications that were read before the submission, as dictionaries; ``None`` if nothing was
        submitted.
    :param if_absent: ``"fail"`` ends the wait if the qualification is absent after ``settled_at``, ``"wait"`` does not.
    :param success_statuses: vetting statuses, unknown to this package, that mean approval.
    :param failure_statuses: vetting statuses, unknown to this package, that mean denial.
    :param poke_interval: seconds between two looks; ``None`` for intervals that grow up to ``max_wait``.
    :param max_wait: the longest growing interval, in seconds.
    :param submitted: when the request was submitted and with which request id, for messages.
    :param seen: what was last seen before the wait, for messages.
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
        """The entries of the baseline; empty if nothing was submitted."""
        return tuple(CustomerQualification.from_dict(entry) for entry in self.baseline or ())


@dataclass(frozen=True, slots=True)
class Sighting:
    """
    The result of one look.

    :param verdict: what the look means; if it failed, the last known verdict.
    :param ended: whether the wait is over.
    :param trouble: why the look failed, if the cause is temporary.
    :param correlation_id: the ``MS-CorrelationId`` of the look.
    :param known: whether any look has succeeded so far.
    :param retry_after: how many seconds the service asked to be left alone, if the look failed.
    """

    verdict: Judgement
    ended: bool
    trouble: str | None = None
    correlation_id: str | None = None
    known: bool = True
    retry_after: float = 0.0

    def summary(self, seen: str | None = None) -> str:
        """
        Describe the state, for logs and for the message of a time-out.

        :param seen: what was seen before the wait, for the case that no look has succeeded.
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
        return f"{text}; the last look failed: {self.trouble}" if self.trouble else text


NOTHING_YET = Sighting(Judgement(Outcome.ABSENT), ended=False, known=False)


def look(exchange: Exchange, wait: Wait, last: Sighting = NOTHING_YET) -> Procedure[Sighting]:
    """
    Look once. Throttling and outages do not end the wait.

    :param exchange: sends the call.
    :param wait: what is waited for.
    :param last: the result of the previous look.
    :raises PartnerCenterError: if the wait can never succeed, or if the customer cannot be seen after the grace.
    """
    exchange = exchange.scoped()
    settled = exchange.now() >= wait.settled_at
    try:
        entries = yield from exchange.send(endpoints.get_qualifications(wait.customer_id, waiting=True))
    except PartnerCenterError as error:
        if not (error.retryable or (not settled and _may_be_propagation(error))):
            raise
        return replace(
            last,
            ended=False,
            trouble=str(error),
            correlation_id=exchange.correlation_id,
            retry_after=error.retry_after or 0.0,
        )
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


def next_look_in(wait: Wait, now: float, chance: float, retry_after: float = 0.0) -> float:
    """
    Return the seconds until the next look: the jittered interval, but never past the deadline.

    The time of the look is rounded up to a quarter of a second, so that waits that began at different times look
    together.

    :param now: the present, in seconds since the epoch.
    :param chance: a random number from 0 to 1, for the jitter.
    :param retry_after: how many seconds the service asked to be left alone at the last look.
    """
    pause = jittered(interval(now - wait.started_at, wait.poke_interval, wait.max_wait), chance)
    due = now + max(pause, retry_after)
    # Rounded up, because a first look that comes too early would be followed by another first look.
    due = TOGETHER * math.ceil(due / TOGETHER)
    return max(0.0, min(due, wait.deadline) - now)


def wait_for_verdict(exchange: Exchange, wait: Wait) -> Procedure[Sighting]:
    """
    Look again and again until there is a verdict or the deadline has passed.

    The first look does not come at once, because the caller has just looked.

    :return: the last sighting. If its ``ended`` is false, the wait timed out.
    :raises PartnerCenterError: in the same cases as :func:`look`.
    """
    sighting = NOTHING_YET
    pause = next_look_in(wait, exchange.now(), exchange.chance())
    age = exchange.now() - wait.started_at
    if wait.poke_interval is None and FIRST_LOOK * (1 - JITTER) <= age < FIRST_LOOK * (1 + JITTER):
        # Another process waited before and ended when its first look was due. That look must not be skipped.
        pause = min(pause, FIRST_LOOK)
    elif age > pause:
        # Another process waited before. Many waits move together, so each one gets a random time.
        pause *= exchange.chance()
    while True:
        yield Sleep(pause)
        before, sighting = sighting, (yield from look(exchange, wait, sighting))
        tell_changes(before, sighting, wait)
        if sighting.ended or exchange.now() >= wait.deadline:
            return sighting
        pause = next_look_in(wait, exchange.now(), exchange.chance(), sighting.retry_after)


def tell_changes(before: Sighting, after: Sighting, wait: Wait) -> None:
    """Log one line for each change from one look to the next, and none for a look that found nothing new."""
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
    Return a wait. What it compares against and when it ends must not change when another process takes over.

    :param customer_id: the customer's tenant.
    :param qualification: the qualification to wait for.
    :param options: how long to wait and how often to look.
    :param submission: the result of the submission to wait for (:meth:`.Submission.to_dict`), if there was one.
    :param started_at: when the wait began, in seconds since the epoch; by default now.
    :param if_absent: ``"fail"`` ends the wait if the qualification is absent after the grace, ``"wait"`` does not.
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
