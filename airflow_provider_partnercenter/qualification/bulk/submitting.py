"""Submit the requests for many customers."""

from __future__ import annotations

import functools
import itertools
import logging
from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.qualification.bulk.concurrency import (
    CONNECTION_WIDE,
    MAX_CONCURRENCY,
    run_all_or_cancel,
    wait_out_throttling,
)
from airflow_provider_partnercenter.qualification.bulk.progress import Progress
from airflow_provider_partnercenter.qualification.bulk.report import Entry, entry_of, failed_entry, submitted_entry
from airflow_provider_partnercenter.qualification.submission import submit
from airflow_provider_partnercenter.qualification.waiting.wait import PROPAGATION_GRACE
from airflow_provider_partnercenter.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
    from airflow_provider_partnercenter.qualification.bulk.rows import Row
    from airflow_provider_partnercenter.qualification.preparation import Preflight
    from airflow_provider_partnercenter.qualification.records import Submission, SubmissionNotes

log = logging.getLogger(__name__)

T = TypeVar("T")


async def submit_all(
    client: AsyncPartnerCenterClient,
    rows: Sequence[Row],
    notes: Callable[[Row], SubmissionNotes],
    *,
    decision: str | None = None,
    max_concurrency: int = MAX_CONCURRENCY,
    preflight_mode: Preflight = "off",
    propagation_grace: float = PROPAGATION_GRACE,
    confirm: bool = True,
) -> list[Entry]:
    """
    Read, decide and submit for every row.

    The other parameters are those of :func:`.submission.submit`.

    :param client: the client.
    :param rows: the rows.
    :param notes: takes a row and returns the place for the notes about its submission.
    :param max_concurrency: how many customers are processed at the same time.
    :return: an entry for each row, in the same order. Entries in review must be waited for.
    :raises PartnerCenterAuthenticationError: if the sign-in is refused. Submissions under way are finished before that,
        as with every error that is not about one customer.
    """
    entries = [entry_of(row) for row in rows]
    # Requests for the same customer are submitted one after the other.
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.request:
            groups[row.customer_id].append(row)
    numbers = {row.numbers: number for number, row in enumerate(rows)}
    # Reading how many uses a code has left and using it must not run concurrently, so one worker does all of these.
    choosing: list[list[Row]] = []
    others: list[list[Row]] = []
    for group in groups.values():
        chooses = any(row.request and row.request.organization for row in group)
        (choosing if chooses else others).append(group)
    exchange = client.exchange
    refused = [entry.outcome for entry, row in zip(entries, rows, strict=True) if not row.request]
    progress = Progress("Requesting", refused, len(rows) - len(refused), exchange)
    ended: list[BaseException] = []
    began, begun = exchange.now(), set[tuple[int, ...]]()

    def submission_of(row: Row) -> Awaitable[Submission]:
        assert row.request
        # If this try itself sent the request before a long pause, its grace counts from now.
        first = row.numbers not in begun
        begun.add(row.numbers)
        procedure = submit(
            exchange,
            row.request,
            notes(row),
            tenant_id=client.settings.credentials.tenant_id,
            decision=decision,
            began=began if first else None,
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
                entries[number] = failed_entry(row, error, await in_thread(notes(row).load))
            except (Exception, clock.Stopped) as problem:  # noqa: BLE001  # raised after the other workers end
                # The others must not be cut off between sending and reading.
                ended.append(problem)
            progress.done(entries[number].outcome)

    queue = iter(others)
    # The worker that chooses codes then continues with the other customers.
    await run_all_or_cancel(
        work(itertools.chain(choosing if number == 0 else (), queue))
        for number in range(min(max_concurrency, len(groups)))
    )
    if ended:
        raise ended[0]
    progress.tell()
    return entries
