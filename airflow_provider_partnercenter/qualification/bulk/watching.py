"""Wait for the verdicts on many customers."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterNotFoundError,
    PartnerCenterUnknownOutcomeError,
)
from airflow_provider_partnercenter.client.wire import parse_date
from airflow_provider_partnercenter.qualification.bulk.batches import closes_at, first_seen
from airflow_provider_partnercenter.qualification.bulk.concurrency import (
    CONNECTION_WIDE,
    MAX_CONCURRENCY,
    run_all_or_cancel,
)
from airflow_provider_partnercenter.qualification.bulk.progress import Progress
from airflow_provider_partnercenter.qualification.bulk.report import Entry, Result
from airflow_provider_partnercenter.qualification.bulk.schedule import PollSchedule
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome
from airflow_provider_partnercenter.qualification.waiting.intervals import FIRST_POLL, MAX_WAIT, interval, jittered
from airflow_provider_partnercenter.qualification.waiting.polling import LAST_POLL, next_poll_in, poll
from airflow_provider_partnercenter.qualification.waiting.sighting import NOTHING_YET, Sighting
from airflow_provider_partnercenter.qualification.waiting.wait import PROPAGATION_GRACE, Wait

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
    from airflow_provider_partnercenter.qualification.waiting.wait import WaitOptions

log = logging.getLogger(__name__)

# Let the event loop run after scheduling this many customers, which takes a few milliseconds.
SCHEDULED_AT_A_TIME = 500


class _Ended(Exception):  # noqa: N818  # not an error
    """The wait has ended."""


@dataclass(frozen=True, slots=True)
class Watch:
    """
    What all waits of a bulk request have in common. Every member is a plain JSON type.

    :param started_at: when the wait began, in seconds since the epoch.
    :param deadline: when the wait ends without all verdicts, in seconds since the epoch.
    :param propagation_grace: seconds until a request is sure to be visible to reads.
    :param poke_interval: seconds between two polls; ``None`` for intervals that grow up to ``max_wait``.
    :param max_wait: the longest growing interval, in seconds.
    :param success_statuses: vetting statuses, unknown to this package, that mean approval.
    :param failure_statuses: vetting statuses, unknown to this package, that mean denial.
    :param batch_after: seconds from the first verdict until the wait ends, so that the verdicts are handed out;
        ``None`` to wait for all of them.
    :param batch_since: when the first of those verdicts was seen, if that was before the wait, in seconds since the
        epoch.
    """

    started_at: float
    deadline: float
    propagation_grace: float = PROPAGATION_GRACE
    poke_interval: float | None = None
    max_wait: float = MAX_WAIT
    success_statuses: tuple[str, ...] = ()
    failure_statuses: tuple[str, ...] = ()
    batch_after: float | None = None
    batch_since: float | None = None

    @classmethod
    def begin(
        cls,
        options: WaitOptions,
        batch_after: float | None = None,
        *,
        started_at: float | None = None,
        deadline: float | None = None,
    ) -> Watch:
        """Return a watch that begins now, or goes on with one that began earlier and has a deadline."""
        now = clock.now()
        return cls(
            started_at=now if started_at is None else started_at,
            deadline=now + options.timeout if deadline is None else deadline,
            propagation_grace=options.propagation_grace,
            poke_interval=options.poke_interval,
            max_wait=options.max_wait,
            success_statuses=options.success_statuses,
            failure_statuses=options.failure_statuses,
            batch_after=batch_after,
        )

    def started_at_of(self, entry: Entry) -> float:
        """Return when an entry's request was submitted, by this task or, perhaps days ago, by somebody else."""
        date = parse_date((entry.submitted_at if entry.submitted else entry.vetting_created_date) or "")
        return date.timestamp() if date else self.started_at

    def wait_of(self, entry: Entry) -> Wait:
        """Return the wait for an entry."""
        return Wait(
            entry.customer_id,
            entry.qualification,
            started_at=self.started_at_of(entry),
            deadline=self.deadline,
            propagation_grace=self.propagation_grace,
            baseline=entry.baseline if entry.submitted else None,
            success_statuses=self.success_statuses,
            failure_statuses=self.failure_statuses,
            poke_interval=self.poke_interval,
            max_wait=self.max_wait,
            seen=entry.outcome,
        )


async def watch_all(
    client: AsyncPartnerCenterClient,
    entries: list[Entry],
    watch: Watch,
    *,
    max_concurrency: int = MAX_CONCURRENCY,
    checkpoint: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """
    Wait until no entry is in review, a batch of verdicts is to be handed out, or the deadline has passed.

    This only reads. The polls queue for their share of the request budget, in the order of
    :class:`.schedule.PollSchedule`. If a batch ends the wait, the entries in review say when they are due, so that
    another task can go on as if nothing had happened.

    :param client: the client.
    :param entries: the entries of all customers. Those in review are replaced in the list as verdicts come in.
    :param watch: when the wait ends and how often to poll.
    :param max_concurrency: how many customers are polled at the same time.
    :param checkpoint: is awaited after each decided entry, so that it can store what is known so far.
    :raises PartnerCenterAuthenticationError: if the sign-in is refused.
    """
    exchange = client.exchange
    sightings: dict[int, Sighting] = {}
    dues: dict[int, float] = {}
    since, closing, has_verdict = watch.batch_since, math.inf, asyncio.Event()

    def pause(number: int, now: float) -> float:
        age = now - watch.started_at_of(entries[number])
        return jittered(interval(age, watch.poke_interval, watch.max_wait), exchange.chance())

    schedule = PollSchedule(pause)
    now = exchange.now()
    waiting = [number for number, entry in enumerate(entries) if entry.outcome == Result.IN_REVIEW]
    moved = now - watch.started_at > pause(waiting[0], now) if waiting else False
    for position, number in enumerate(waiting):
        if position % SCHEDULED_AT_A_TIME == 0:
            await clock.async_sleep(0)
        first = watch.started_at_of(entries[number]) + jittered(FIRST_POLL, exchange.chance())
        if (due := entries[number].due) is not None:
            schedule.add_at(number, due)
        elif moved or watch.poke_interval is not None or not entries[number].submitted:
            # Many waits that move to another process together are spread out at random.
            schedule.add(number, now, exchange.chance() if moved else 1.0)
        else:
            # The first poll must not be skipped if the requests of the other customers took long.
            schedule.add_at(number, max(now, first))
    share = client.settings.poll_share
    outcomes = (entry.outcome for entry in entries)
    left = functools.partial(_in_review, entries)
    progress = Progress("Waiting", outcomes, len(waiting), exchange, share, waiting_for=left)

    def look_at_batch() -> None:
        """End the wait if the batch is complete, or let it end in time."""
        nonlocal since, closing
        now = exchange.now()
        # At the deadline, everybody is polled once more.
        if watch.batch_after is not None and now < watch.deadline:
            since = first_seen(entries, since, now)
            closing = closes_at(entries, since, watch.batch_after)
            if closing <= now:
                raise _Ended
            if closing < math.inf:
                has_verdict.set()

    async def one(number: int, due: float) -> None:
        if (held := exchange.budget.paused(exchange.monotonic())) > 0:
            # Wait out the pause after a 429 first, so that this customer does not lose its poll to it.
            await clock.async_sleep(min(held, max(0.0, watch.deadline - exchange.now())))
        entry = entries[number]
        wait = watch.wait_of(entry)
        sighting = sightings.get(number) or _handed_on(entry)
        try:
            sighting = await client.run(poll(exchange, wait, sighting))
        except CONNECTION_WIDE:
            raise
        except PartnerCenterError as error:
            log.warning("%s", error)
            entries[number] = entry.failed(error)
        else:
            if sighting.trouble:
                log.warning("%s Polling again later.", sighting.trouble)
            elif sighting.ended and sighting.verdict.outcome is Outcome.ABSENT:
                entries[number] = entry.failed(_vanished(wait, entry))
            else:
                entries[number] = entry.judged(sighting.verdict, sighting.correlation_id)
                if sighting.verdict.remark and entries[number].vetting_status != entry.vetting_status:
                    log.warning("Customer %s: %s.", entry.customer_id, sighting.verdict.remark)
        if entries[number].outcome != Result.IN_REVIEW:
            progress.done(entries[number].outcome, entry.outcome)
            if checkpoint:
                await checkpoint()
            look_at_batch()
        elif exchange.now() < watch.deadline:
            sightings[number] = sighting
            if sighting.trouble and exchange.budget.paused(exchange.monotonic()) > 0:
                # The poll was refused with 429, so this customer is still the one that has been due for longest.
                schedule.add_at(number, due)
            else:
                now = exchange.now()
                schedule.add_at(number, now + next_poll_in(wait, now, exchange.chance(), sighting))
        progress.tell_if_due()

    async def work() -> None:
        while (found := schedule.take()) is not None:
            due, number = found
            dues[number] = due
            # A worker puts its customer back after the poll and takes the first one again, so no poll comes late.
            await clock.async_sleep(max(0.0, min(due, watch.deadline) - exchange.now()))
            if exchange.now() < watch.deadline + LAST_POLL:
                await one(number, due)

    async def poll_all() -> None:
        await run_all_or_cancel(work() for _ in range(min(max_concurrency, len(waiting))))
        raise _Ended

    async def close_batch() -> None:
        await has_verdict.wait()
        await clock.async_sleep(max(0.0, closing - exchange.now()))
        raise _Ended

    # The polls end by themselves; a checkpoint may hang. End with what is known, before Airflow ends it with nothing.
    with contextlib.suppress(TimeoutError, _Ended):
        look_at_batch()
        async with asyncio.timeout(max(0.0, watch.deadline + 2 * LAST_POLL - exchange.now())):
            await run_all_or_cancel([poll_all(), close_batch()])
    progress.tell()
    if watch.batch_after is not None:
        while (found := schedule.take()) is not None:
            dues[found[1]] = found[0]
        for position, number in enumerate(waiting):
            if position % SCHEDULED_AT_A_TIME == 0:
                await clock.async_sleep(0)
            entries[number] = _to_hand_on(entries[number], dues.get(number), sightings.get(number))


def _to_hand_on(entry: Entry, due: float | None, sighting: Sighting | None) -> Entry:
    """Return an entry with what another task must know to go on with its wait."""
    if entry.outcome != Result.IN_REVIEW:
        return replace(entry, due=None, absent_since=None)
    return replace(entry, due=due, absent_since=sighting.absent_since if sighting else entry.absent_since)


def _handed_on(entry: Entry) -> Sighting:
    """Return what the task before, if there was one, has seen of an entry in review."""
    if entry.due is None:
        return NOTHING_YET
    seen = entry.seen()
    date = seen.vetting_created_date
    return Sighting(
        Judgement(Outcome.IN_REVIEW, seen),
        ended=False,
        absent_since=entry.absent_since,
        newest=date if isinstance(date, datetime) else None,
    )


def _in_review(entries: list[Entry]) -> Iterator[str]:
    return (entry.customer_id for entry in entries if entry.outcome == Result.IN_REVIEW)


def _vanished(wait: Wait, entry: Entry) -> PartnerCenterError:
    sent = f", submitted at {entry.submitted_at}" if entry.submitted_at else ""
    cls = PartnerCenterUnknownOutcomeError if entry.submitted else PartnerCenterNotFoundError
    return cls(
        f"Customer {wait.customer_id}: the request for {wait.qualification}{sent} is not visible",
        hint="check the customer in Partner Center; do not submit again before that",
        request_id=entry.request_id,
    )
