"""
Many customers at once, in one event loop: their requests, and the wait for all verdicts.

The decisions are those for a single customer (:func:`.submission.submit`, :func:`.waiting.look`); here is only who is
next. Trouble with one customer is that customer's; trouble with the sign-in or the connection is everybody's, and ends
the work for all.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import logging
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterConfigurationError,
    PartnerCenterError,
    PartnerCenterNotFoundError,
    PartnerCenterThrottledError,
    PartnerCenterUnknownOutcomeError,
)
from airflow_provider_partnercenter.client.progress import Progress
from airflow_provider_partnercenter.client.report import Entry, Result, entry_of, failed_entry, submitted_entry
from airflow_provider_partnercenter.client.schedule import LookSchedule
from airflow_provider_partnercenter.client.submission import Preflight, Submission, SubmissionNotes, submit
from airflow_provider_partnercenter.client.vetting import Outcome
from airflow_provider_partnercenter.client.waiting import (
    FIRST_LOOK,
    MAX_WAIT,
    PROPAGATION_GRACE,
    Wait,
    interval,
    jittered,
    look,
)
from airflow_provider_partnercenter.client.wire import parse_date

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence

    from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
    from airflow_provider_partnercenter.client.rows import Row

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_CONCURRENCY = 16
# How often, and for how many seconds at the most, somebody waits for the end of a pause that is too long for one call.
MOST_PAUSES, LONGEST_PAUSE = 3, 3600.0
LET_OTHERS_GO = 5.0
# Seconds after the deadline in which looks that are due by then may still be made; the trigger is ended after that.
LAST_LOOKS = 60.0
# So many customers are put in order before the event loop may turn to somebody else: a few milliseconds' work.
AT_A_TIME = 500
EVERYBODYS = (PartnerCenterAuthenticationError, PartnerCenterConfigurationError)


async def submit_all(
    client: AsyncPartnerCenterClient,
    rows: Sequence[Row],
    notes: Callable[[Row], SubmissionNotes],
    *,
    max_concurrency: int = MAX_CONCURRENCY,
    preflight_mode: Preflight = "off",
    propagation_grace: float = PROPAGATION_GRACE,
    confirm: bool = True,
) -> list[Entry]:
    """
    Read, decide and submit for every row, so many at a time as ``max_concurrency`` says.

    :param notes: returns where the notes about a row's submission are kept.
    :param confirm: see :func:`.submission.submit`, as the others.
    :return: an entry for each row, in their order; one that is in review has to be waited for.
    :raises PartnerCenterAuthenticationError: if the sign-in is refused; what was begun is brought to an end before, as
        with anything else that is not about one customer.
    """
    entries = [entry_of(row) for row in rows]
    # What is asked for one customer is done one after the other.
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.request:
            groups[row.customer_id].append(row)
    numbers = {row.numbers: number for number, row in enumerate(rows)}
    # Between reading what is left of the codes and using one up nobody else may do the same, so these are one worker's.
    choosing: list[list[Row]] = []
    others: list[list[Row]] = []
    for group in groups.values():
        chooses = any(row.request and row.request.organization for row in group)
        (choosing if chooses else others).append(group)
    exchange = client.exchange
    refused = [entry.outcome for entry, row in zip(entries, rows, strict=True) if not row.request]
    progress = Progress("Requesting", refused, len(rows) - len(refused), exchange)
    ended: list[Exception] = []

    def submission_of(row: Row) -> Awaitable[Submission]:
        assert row.request
        procedure = submit(
            exchange,
            row.request,
            notes(row),
            tenant_id=client.settings.credentials.tenant_id,
            preflight_mode=preflight_mode,
            propagation_grace=propagation_grace,
            confirm=confirm,
            clearable=False,
        )
        return client.run(procedure)

    async def work(queue: Iterator[list[Row]]) -> None:
        for row in itertools.chain.from_iterable(queue):
            if ended:
                return
            number = numbers[row.numbers]
            try:
                entries[number] = submitted_entry(row, await patiently(functools.partial(submission_of, row)))
            except PartnerCenterError as error:
                log.warning("%s", error)
                if isinstance(error, EVERYBODYS):
                    ended.append(error)
                entries[number] = failed_entry(row, error, await asyncio.to_thread(notes(row).load))
            except Exception as problem:  # noqa: BLE001  # raised when the others are done
                # Such as notes that cannot be kept. What is under way is not to be cut off between sending and reading.
                ended.append(problem)
            progress.done(entries[number].outcome)

    queue = iter(others)
    # Who chooses codes is one of these workers, and goes on with the others' customers.
    await together(
        work(itertools.chain(choosing if number == 0 else (), queue))
        for number in range(min(max_concurrency, len(groups)))
    )
    if ended:
        raise ended[0]
    progress.tell()
    return entries


@dataclass(frozen=True, slots=True)
class Watch:
    """
    What all waits of a bulk request have in common; every member is a plain JSON type.

    :param started_at: when the wait began, in seconds since the epoch, as is the next.
    :param deadline: when it ends without all verdicts.
    :param propagation_grace: seconds until a request is sure to be visible.
    :param poke_interval: see :func:`.waiting.interval`, as the next.
    """

    started_at: float
    deadline: float
    propagation_grace: float = PROPAGATION_GRACE
    poke_interval: float | None = None
    max_wait: float = MAX_WAIT
    success_statuses: tuple[str, ...] = ()
    failure_statuses: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        lists = {"success_statuses": list(self.success_statuses), "failure_statuses": list(self.failure_statuses)}
        return {**asdict(self), **lists}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Watch:
        """Read back what :meth:`to_dict` wrote."""
        lists = {name: tuple(data.get(name, ())) for name in ("success_statuses", "failure_statuses")}
        return cls(**{**data, **lists})

    def begin(self, entry: Entry) -> float:
        """Tell since when an entry's request is under way: what somebody else requested days ago is as old as that."""
        date = parse_date((entry.submitted_at if entry.submitted else entry.vetting_created_date) or "")
        return date.timestamp() if date else self.started_at

    def wait_of(self, entry: Entry) -> Wait:
        """Return what to wait for on behalf of an entry."""
        return Wait(
            entry.customer_id,
            entry.qualification,
            started_at=self.begin(entry),
            deadline=self.deadline,
            settled_at=(self.begin(entry) if entry.submitted else self.started_at) + self.propagation_grace,
            baseline=list(entry.baseline) if entry.submitted else None,
            success_statuses=self.success_statuses,
            failure_statuses=self.failure_statuses,
            poke_interval=self.poke_interval,
            max_wait=self.max_wait,
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
    Wait until no entry is in review any more, or the deadline has passed. It only reads.

    The looks queue for their share of the request budget, in the order of :class:`.schedule.LookSchedule`.

    :param entries: of all customers; those in review are replaced in place, as verdicts come.
    :param checkpoint: is awaited now and then after something changed, to keep what is known so far.
    :raises PartnerCenterAuthenticationError: if the sign-in is refused.
    """
    exchange = client.exchange

    def pause(number: int, now: float) -> float:
        age = now - watch.begin(entries[number])
        return jittered(interval(age, watch.poke_interval, watch.max_wait), exchange.chance())

    schedule = LookSchedule(pause)
    now = exchange.now()
    waiting = [number for number, entry in enumerate(entries) if entry.outcome == Result.IN_REVIEW]
    moved = now - watch.started_at > pause(waiting[0], now) if waiting else False
    for position, number in enumerate(waiting):
        if position % AT_A_TIME == 0:
            await asyncio.sleep(0)
        first = watch.begin(entries[number]) + jittered(FIRST_LOOK, exchange.chance())
        if moved or watch.poke_interval is not None or not entries[number].submitted:
            # Many waits that move to another process together take a moment of their own each.
            schedule.add(number, now, exchange.chance() if moved else 1.0)
        else:
            # Its first look is not to be left out because the requests of the others took long.
            schedule.add_at(number, max(now, first))
    share = client.settings.poll_share
    outcomes = (entry.outcome for entry in entries)
    progress = Progress("Waiting", outcomes, len(waiting), exchange, share)

    async def one(number: int, due: float) -> None:
        if (held := exchange.budget.paused(exchange.clock())) > 0:
            # Not to be counted as a look: it comes as soon as the pause that a 429 asked for is over.
            await asyncio.sleep(min(held, max(0.0, watch.deadline - exchange.now())))
        entry = entries[number]
        wait = watch.wait_of(entry)
        trouble = None
        try:
            sighting = await client.run(look(exchange, wait))
        except EVERYBODYS:
            raise
        except PartnerCenterError as error:
            log.warning("%s", error)
            entries[number] = entry.failed(error)
        else:
            trouble = sighting.trouble
            if trouble:
                log.warning("Customer %s: %s Looking again later.", entry.customer_id, trouble)
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
        elif exchange.now() < watch.deadline:
            if trouble and exchange.budget.paused(exchange.clock()) > 0:
                # Refused with 429, so it is still the one that has been due for longest.
                schedule.add_at(number, due)
            else:
                schedule.add(number, exchange.now())
        progress.tell_if_due()

    async def work() -> None:
        while (found := schedule.take()) is not None:
            due, number = found
            # Whoever looks puts the customer back and takes the first again, so nobody oversleeps another one.
            await asyncio.sleep(max(0.0, min(due, watch.deadline) - exchange.now()))
            if exchange.now() < watch.deadline + LAST_LOOKS:
                await one(number, due)

    # The trigger ends by itself, with what is known, before Airflow ends it with nothing.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, watch.deadline + LAST_LOOKS - exchange.now())):
            await together(work() for _ in range(min(max_concurrency, len(waiting))))
    progress.tell()


def _vanished(wait: Wait, entry: Entry) -> PartnerCenterError:
    sent = f", submitted at {entry.submitted_at}" if entry.submitted_at else ""
    cls = PartnerCenterUnknownOutcomeError if entry.submitted else PartnerCenterNotFoundError
    return cls(
        f"The request of {wait.qualification} for customer {wait.customer_id}{sent} is not visible",
        hint="look at the customer in Partner Center; do not submit again before that",
        request_id=entry.request_id,
    )


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """
    Do something, and wait for the end of a pause that is too long for one call, but not for all of this.

    What was not even sent, because of a pause that others caused, is no attempt; who was refused lets others go first.
    """
    refusals = 0
    while True:
        try:
            return await work()
        except PartnerCenterThrottledError as error:
            refused = error.status is not None
            refusals += refused
            if refusals > MOST_PAUSES:
                raise
            pause = min(LONGEST_PAUSE, error.retry_after or 1.0)
            if refused:
                log.warning("%s All wait for %.0f s.", error, pause)
            await asyncio.sleep(pause + (LET_OTHERS_GO if refused else 0.0))


async def together(jobs: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do several jobs at a time; if one fails, the others stop."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
