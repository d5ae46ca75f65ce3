"""Submitting the requests for many customers."""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.qualification.bulk.concurrency import (
    CONNECTION_WIDE,
    MAX_CONCURRENCY,
    run_all_or_cancel,
    wait_out_throttling,
)
from airflow_provider_partnercenter.qualification.bulk.progress import Progress
from airflow_provider_partnercenter.qualification.bulk.report import Entry, entry_of, failed_entry, submitted_entry
from airflow_provider_partnercenter.qualification.submission import Preflight, submit
from airflow_provider_partnercenter.qualification.waiting import PROPAGATION_GRACE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
    from airflow_provider_partnercenter.qualification.bulk.rows import Row
    from airflow_provider_partnercenter.qualification.records import Submission, SubmissionNotes

log = logging.getLogger(__name__)

T = TypeVar("T")


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
                entries[number] = submitted_entry(row, await wait_out_throttling(functools.partial(submission_of, row)))
            except PartnerCenterError as error:
                log.warning("%s", error)
                if isinstance(error, CONNECTION_WIDE):
                    ended.append(error)
                entries[number] = failed_entry(row, error, await asyncio.to_thread(notes(row).load))
            except Exception as problem:  # noqa: BLE001  # raised when the others are done
                # Such as notes that cannot be kept. What is under way is not to be cut off between sending and reading.
                ended.append(problem)
            progress.done(entries[number].outcome)

    queue = iter(others)
    # Who chooses codes is one of these workers, and goes on with the others' customers.
    await run_all_or_cancel(
        work(itertools.chain(choosing if number == 0 else (), queue))
        for number in range(min(max_concurrency, len(groups)))
    )
    if ended:
        raise ended[0]
    progress.tell()
    return entries
