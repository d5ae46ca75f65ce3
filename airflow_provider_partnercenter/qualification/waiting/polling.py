"""When to poll, what a poll decides, and when to stop. No I/O, no Airflow."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterNotFoundError,
    PartnerCenterPermissionError,
)
from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.client.protocol.commands import Procedure, Sleep
from airflow_provider_partnercenter.qualification.vetting import Outcome, judge
from airflow_provider_partnercenter.qualification.waiting.intervals import FIRST_POLL, JITTER, interval, jittered
from airflow_provider_partnercenter.qualification.waiting.sighting import NOTHING_YET, Sighting

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.protocol.exchange import Exchange
    from airflow_provider_partnercenter.qualification.waiting.wait import Wait

log = logging.getLogger(__name__)

# In seconds. Polls that are due in the same interval of this length are made together: an event loop that wakes up once
# for many polls takes less CPU than even bare aiohttp that wakes up for each (benchmarks, "One look of many waits").
TOGETHER = 0.25

_NO_RELATIONSHIP = "20002"


def poll(exchange: Exchange, wait: Wait, last: Sighting = NOTHING_YET) -> Procedure[Sighting]:
    """
    Poll once. Throttling and outages do not end the wait.

    :param exchange: sends the call.
    :param wait: what is waited for.
    :param last: the result of the previous poll.
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


def next_poll_in(wait: Wait, now: float, chance: float, retry_after: float = 0.0) -> float:
    """
    Return the seconds until the next poll: the jittered interval, but never past the deadline.

    The time of the poll is rounded up to a quarter of a second, so that waits that began at different times poll
    together.

    :param now: the present, in seconds since the epoch.
    :param chance: a random number from 0 to 1, for the jitter.
    :param retry_after: how many seconds the service asked to be left alone at the last poll.
    """
    pause = jittered(interval(now - wait.started_at, wait.poke_interval, wait.max_wait), chance)
    due = now + max(pause, retry_after)
    # Rounded up, because a first poll that comes too early would be followed by another first poll.
    due = TOGETHER * math.ceil(due / TOGETHER)
    return max(0.0, min(due, wait.deadline) - now)


def wait_for_verdict(exchange: Exchange, wait: Wait) -> Procedure[Sighting]:
    """
    Poll again and again until there is a verdict or the deadline has passed.

    The first poll does not come at once, because the caller has just polled.

    :return: the last sighting. If its ``ended`` is false, the wait timed out.
    :raises PartnerCenterError: in the same cases as :func:`poll`.
    """
    sighting = NOTHING_YET
    pause = next_poll_in(wait, exchange.now(), exchange.chance())
    age = exchange.now() - wait.started_at
    if wait.poke_interval is None and FIRST_POLL * (1 - JITTER) <= age < FIRST_POLL * (1 + JITTER):
        # Another process waited before and ended when its first poll was due. That poll must not be skipped.
        pause = min(pause, FIRST_POLL)
    elif age > pause:
        # Another process waited before. Many waits move together, so each one gets a random time.
        pause *= exchange.chance()
    while True:
        yield Sleep(pause)
        before, sighting = sighting, (yield from poll(exchange, wait, sighting))
        tell_changes(before, sighting, wait)
        if sighting.ended or exchange.now() >= wait.deadline:
            return sighting
        pause = next_poll_in(wait, exchange.now(), exchange.chance(), sighting.retry_after)


def tell_changes(before: Sighting, after: Sighting, wait: Wait) -> None:
    """Log one line for each change from one poll to the next, and none for a poll that found nothing new."""
    if after.trouble:
        log.warning("Customer %s: %s Polling again later.", wait.customer_id, after.trouble)
    elif after.verdict != before.verdict or not before.known:
        log.info("Customer %s: %s. [correlation id %s]", wait.customer_id, after.summary(), after.correlation_id)
        if after.verdict.remark:
            remark = after.verdict.remark
            log.warning("Customer %s: %s. [correlation id %s]", wait.customer_id, remark, after.correlation_id)
