"""When to poll, what a poll decides, and when to stop. No I/O, no Airflow."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterNotFoundError,
    PartnerCenterPermissionError,
)
from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.client.protocol.commands import Procedure, Sleep
from airflow_provider_partnercenter.client.protocol.exchange import TooLateError
from airflow_provider_partnercenter.qualification.vetting import Outcome, judge
from airflow_provider_partnercenter.qualification.waiting.intervals import (
    FIRST_POLL,
    GROWTH,
    JITTER,
    interval,
    jittered,
)
from airflow_provider_partnercenter.qualification.waiting.sighting import NOTHING_YET, PollEnded, Sighting
from airflow_provider_partnercenter.qualification.waiting.telling import WaitLog

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.protocol.exchange import Exchange
    from airflow_provider_partnercenter.qualification.waiting.wait import Wait

# In seconds. Polls that are due in the same interval of this length are made together: an event loop that wakes up once
# for many polls takes less CPU than even bare aiohttp that wakes up for each (benchmarks, "One look of many waits").
TOGETHER = 0.25

# In seconds. A wait ends at its deadline. A poll that is due then may take this long, including its turn in the request
# budget; if it cannot be made within this time, the wait ends with what was seen before.
LAST_POLL = 3.0

_NO_RELATIONSHIP = "20002"


def poll(exchange: Exchange, wait: Wait, last: Sighting = NOTHING_YET) -> Procedure[Sighting]:
    """
    Poll once. Throttling and outages do not end the wait.

    A read may be answered by a server that is behind the others. So one read that does not show the qualification, the
    customer or the new request, or that shows an older request than an earlier read, ends nothing: only reads in a row
    do that, if the first and the last of them are at least the grace apart. A poll that fails is no read.

    :param exchange: sends the call.
    :param wait: what is waited for.
    :param last: the result of the previous poll.
    :raises PartnerCenterError: if the wait can never succeed, or if reads for the length of the grace did not show the
        customer.
    """
    # A triggerer that takes over after the deadline polls too.
    exchange = replace(exchange.scoped(), until=max(wait.deadline, exchange.now()) + LAST_POLL)
    ended = partial(_ended, wait, last, exchange.correlation_id)
    return (yield from exchange.told(_poll(exchange, wait, last), ended))


def _ended(
    wait: Wait,
    last: Sighting,
    correlation_id: str | None,
    result: Sighting | PartnerCenterError,
    began_at: float,
    seconds: float,
) -> PollEnded | None:
    """Return the event of a poll that has ended; ``None`` if its turn came too late, so that nothing was sent."""
    ended = PollEnded(
        began_at=began_at,
        seconds=seconds,
        customer_id=wait.customer_id,
        qualification=wait.qualification,
        correlation_id=correlation_id,
    )
    if isinstance(result, PartnerCenterError):
        return replace(ended, failed=True, error=type(result).__name__)
    if result.correlation_id != correlation_id:
        return None
    if not result.ended:
        return replace(ended, failed=result.trouble is not None)
    # If nobody has seen the request in review, the verdict may be an old one.
    fresh = last.known or wait.seen is not None
    entry = result.verdict.entry
    date = entry.vetting_created_date if entry else None
    requested_at = date.timestamp() if isinstance(date, datetime) else wait.started_at
    waited = max(0.0, began_at + seconds - requested_at)
    return replace(ended, verdict=result.verdict.outcome.value, waited=waited if fresh else None)


def _poll(exchange: Exchange, wait: Wait, last: Sighting) -> Procedure[Sighting]:
    since = last.absent_since
    certain = since is not None and exchange.now() - since >= wait.propagation_grace
    try:
        entries = yield from exchange.send(endpoints.get_qualifications(wait.customer_id, waiting=True))
    except TooLateError:
        return replace(last, ended=False)
    except PartnerCenterError as error:
        absent = _may_be_propagation(error)
        if not error.retryable and (certain or not absent):
            raise
        return replace(
            last,
            ended=False,
            trouble=str(error),
            correlation_id=exchange.correlation_id,
            retry_after=error.retry_after or 0.0,
            absent_since=exchange.now() if absent and since is None else since,
        )
    verdict = judge(
        entries,
        Qualification(wait.qualification),
        baseline=None if wait.baseline is None else wait.earlier,
        success_statuses=wait.success_statuses,
        failure_statuses=wait.failure_statuses,
    )
    date = verdict.entry and verdict.entry.vetting_created_date
    date = date if isinstance(date, datetime) else None
    found = Sighting(verdict, ended=False, correlation_id=exchange.correlation_id, newest=date or last.newest)
    absent = verdict.outcome is Outcome.ABSENT
    if absent and verdict.entry is None and wait.if_absent == "wait":
        return found
    if not (absent or (date and last.newest and date < last.newest)):
        return replace(found, ended=verdict.outcome is not Outcome.IN_REVIEW)
    if not certain:
        return replace(
            found,
            verdict=last.verdict if last.known else verdict,
            newest=last.newest,
            absent_since=exchange.now() if since is None else since,
        )
    if absent and verdict.entry is not None:
        # The old denial still stands after the grace, so it is the answer.
        found = replace(found, verdict=replace(verdict, outcome=Outcome.DENIED))
    return replace(found, ended=verdict.outcome is not Outcome.IN_REVIEW)


def _may_be_propagation(error: PartnerCenterError) -> bool:
    return isinstance(error, PartnerCenterNotFoundError) or (
        isinstance(error, PartnerCenterPermissionError) and error.code == _NO_RELATIONSHIP
    )


def next_poll_in(wait: Wait, now: float, chance: float, last: Sighting = NOTHING_YET) -> float:
    """
    Return the seconds until the next poll: the jittered interval, but never past the deadline.

    After a read that shows nothing, the next poll comes when the grace is over: it decides whether nothing is there.
    The time of the poll is rounded up to a quarter of a second, so that waits that began at different times poll
    together.

    :param now: the present, in seconds since the epoch.
    :param chance: a random number from 0 to 1, for the jitter.
    :param last: what the last poll found.
    """
    pause = jittered(interval(now - wait.started_at, wait.poke_interval, wait.max_wait), chance)
    if last.absent_since is not None:
        waited = now - last.absent_since
        rest = wait.propagation_grace - waited
        # If the deciding poll failed, the next ones follow soon, but ever more slowly.
        pause = min(pause, rest if rest > 0 else max(FIRST_POLL, (GROWTH - 1) * waited))
    due = now + max(pause, last.retry_after)
    # Rounded up, because a first poll that comes too early would be followed by another first poll.
    due = TOGETHER * math.ceil(due / TOGETHER)
    return max(0.0, min(due, wait.deadline) - now)


def wait_for_verdict(exchange: Exchange, wait: Wait) -> Procedure[Sighting]:
    """
    Poll again and again until there is a verdict or the deadline has passed.

    The first poll does not come at once, because the caller has just polled.

    :return: the last sighting. If its ``ended`` is false, the wait timed out. It comes at most ``LAST_POLL`` seconds
        after the deadline.
    :raises PartnerCenterError: in the same cases as :func:`poll`.
    """
    sighting, told = NOTHING_YET, WaitLog(wait, exchange.now())
    pause = next_poll_in(wait, exchange.now(), exchange.chance())
    age = exchange.now() - wait.started_at
    if wait.poke_interval is None and FIRST_POLL * (1 - JITTER) <= age <= pause:
        # Nobody has made the first poll if this process began late, or another one ended before it. If somebody has,
        # this is one poll too many.
        pause = min(pause, jittered(FIRST_POLL, exchange.chance()))
    elif age > pause:
        # Another process waited before. Many waits move together, so each one gets a random time.
        pause *= exchange.chance()
    while True:
        yield Sleep(pause)
        sighting = yield from poll(exchange, wait, sighting)
        told.polled(sighting, exchange.now())
        if sighting.ended or exchange.now() >= wait.deadline:
            return replace(sighting, changes=told.changes)
        pause = next_poll_in(wait, exchange.now(), exchange.chance(), sighting)
        told.waiting(exchange.now(), pause)
