"""The trigger that waits for the verdicts on many customers. It only reads; every write happens on a worker."""

from __future__ import annotations

import asyncio
import functools
import logging
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterServiceUnavailableError
from airflow_provider_partnercenter.client.plain import from_plain
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.qualification.bulk.report import Entry, Result
from airflow_provider_partnercenter.qualification.bulk.watching import Watch, watch_all
from airflow_provider_partnercenter.storage.entries import EntryFolder
from airflow_provider_partnercenter.telemetry.waits import counted
from airflow_provider_partnercenter.threads import in_thread
from airflow_provider_partnercenter.triggers.base import WaitingTrigger
from airflow_provider_partnercenter.triggers.bulk_payloads import make_bulk_event
from airflow_provider_partnercenter.triggers.payloads import make_error_event

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

T = TypeVar("T")

# Seconds before each further attempt if the storage fails.
PAUSES = (5.0, 30.0, 120.0)

# Seconds between two writes of the verdicts so far, from which another triggerer can continue.
CHECKPOINT_EVERY = 60.0
# Seconds that a write may take after the end of the wait. It may also hang.
SETTLED_WITHIN = 60.0


class PartnerCenterBulkQualificationTrigger(WaitingTrigger):
    """
    Wait until the qualifications of many customers are approved or denied, or the deadline has passed.

    If the watch has ``batch_after``, the wait ends earlier, once a batch of verdicts is to be handed out.

    The constructor only stores its arguments, because an exception there would stop the whole triggerer. All arguments
    are plain JSON types, and none is a secret, because Airflow stores them unencrypted.

    :param partnercenter_conn_id: the connection id.
    :param watch: what all waits have in common, as a dictionary of ``Watch``.
    :param not_before: the earliest time at which the trigger may end, in seconds since the epoch.
    :param max_concurrency: how many polls are made at the same time.
    :param entries: what is known about each customer, as dictionaries of ``Entry``; ``None`` if they are
        in the folder ``path``.
    :param path: the folder with the entries; ``None`` if ``entries`` contains them.
    :param deferral_id: the id of the deferral whose files in the folder are read and written; only with ``path``.
    :param total: how many entries the folder contains; only with ``path``.
    """

    def __init__(
        self,
        *,
        partnercenter_conn_id: str,
        watch: dict[str, Any],
        not_before: float,
        max_concurrency: int,
        entries: list[dict[str, Any]] | None = None,
        path: str | None = None,
        deferral_id: str = "",
        total: int = 0,
    ) -> None:
        super().__init__(partnercenter_conn_id=partnercenter_conn_id, not_before=not_before)
        self.watch = watch
        self.max_concurrency = max_concurrency
        self.entries = entries
        self.path = path
        self.deferral_id = deferral_id
        self.total = total

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "partnercenter_conn_id": self.partnercenter_conn_id,
                "watch": self.watch,
                "not_before": self.not_before,
                "max_concurrency": self.max_concurrency,
                "entries": self.entries,
                "path": self.path,
                "deferral_id": self.deferral_id,
                "total": self.total,
            },
        )

    async def _watch(self) -> dict[str, Any]:
        folder = EntryFolder(self.path, self.deferral_id) if self.path else None
        try:
            entries = await self._read(folder)
            checkpoint = _Checkpoint(folder, entries) if folder else None
            watch, most = from_plain(Watch, self.watch), self.max_concurrency
            with counted(watch.started_at, lambda: sum(entry.outcome == Result.IN_REVIEW for entry in entries)):
                await PartnerCenterHook(self.partnercenter_conn_id).with_async_conn(
                    lambda client: watch_all(client, entries, watch, max_concurrency=most, checkpoint=checkpoint)
                )
            if folder and checkpoint:
                await checkpoint.settled()
                await _insistently(functools.partial(folder.write_verdicts, entries))
        except PartnerCenterError as error:
            return make_error_event(error)
        return make_bulk_event(entries, watch, folder)

    async def _read(self, folder: EntryFolder | None) -> list[Entry]:
        if folder:
            return await _insistently(functools.partial(folder.read, self.total))
        return [from_plain(Entry, entry) for entry in self.entries or ()]


async def _insistently(work: Callable[[], T]) -> T:
    """Call a function that uses the storage in a thread, and repeat it if the storage fails temporarily."""
    for pause in PAUSES:
        try:
            return await in_thread(work)
        except PartnerCenterServiceUnavailableError as error:
            log.warning("%s Trying again in %.0f s.", error, pause)
            await clock.async_sleep(pause)
    return await in_thread(work)


class _Checkpoint:
    """Stores the verdicts so far, at most once in `CHECKPOINT_EVERY` seconds."""

    def __init__(self, folder: EntryFolder, entries: list[Entry]) -> None:
        self._folder = folder
        self._entries = entries
        self._next = clock.monotonic() + CHECKPOINT_EVERY
        self._write: asyncio.Future[None] | None = None

    async def __call__(self) -> None:
        if clock.monotonic() < self._next:
            return
        self._next = float("inf")  # so that no other write starts during this one
        decided = [entry for entry in self._entries if entry.outcome != Result.IN_REVIEW]
        # The wait may end meanwhile, but a thread writes on.
        self._write = asyncio.ensure_future(self._store(decided))
        await asyncio.shield(self._write)

    async def _store(self, decided: list[Entry]) -> None:
        try:
            await in_thread(self._folder.write_verdicts, decided)
        except PartnerCenterError as error:
            # Without them, a triggerer that takes over only polls customers once more that have a verdict.
            log.warning("The verdicts so far could not be stored: %s", error)
        self._next = clock.monotonic() + CHECKPOINT_EVERY

    async def settled(self) -> None:
        """Wait for a write that has not ended, because two at the same time would spoil the file."""
        if self._write is not None:
            await asyncio.wait([self._write], timeout=SETTLED_WITHIN)
