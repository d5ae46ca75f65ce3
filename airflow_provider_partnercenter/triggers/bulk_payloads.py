"""The event that ends the wait for many customers: the trigger writes it, and the worker reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.plain import from_plain
from airflow_provider_partnercenter.exceptions import TriggerEventError, permanent_errors_fail
from airflow_provider_partnercenter.qualification.bulk.report import Entry, counts_of
from airflow_provider_partnercenter.storage.entries import EntryFolder, shortened
from airflow_provider_partnercenter.triggers.payloads import EVENT_VERSION, read_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_partnercenter.qualification.bulk.watching import Watch

DONE = "done"


@dataclass(frozen=True, slots=True)
class BulkEnding:
    """
    How the wait for many customers ended.

    :param entries: the entries.
    :param folder: the folder that contains them, if any.
    :param started_at: when the wait began, in seconds since the epoch.
    :param deadline: when it ends without all verdicts, in seconds since the epoch.
    """

    entries: list[Entry]
    folder: EntryFolder | None
    started_at: float
    deadline: float


def make_bulk_event(entries: Sequence[Entry], watch: Watch, folder: EntryFolder | None) -> dict[str, Any]:
    """
    Return the event for the end of the wait.

    :param watch: the wait.
    :param folder: the folder that contains the entries; if ``None``, the event contains them.
    """
    return {
        "version": EVENT_VERSION,
        "status": DONE,
        "counts": counts_of(entries),
        "started_at": watch.started_at,
        "deadline": watch.deadline,
        "path": folder.path if folder else None,
        "deferral_id": folder.deferral_id if folder else "",
        "total": len(entries),
        "entries": None if folder else shortened(entries),
    }


def read_bulk_event(event: object) -> BulkEnding:
    """
    Return what the trigger found.

    :raises TriggerEventError: if the event is missing, has another version, or is unreadable.
    :raises PermanentFailureError: if the trigger ended with an error that no retry can cure.
    :raises PartnerCenterError: if the trigger ended with another error.
    """
    members = read_event(event)
    status, entries, path = members.get("status"), members.get("entries"), members.get("path")
    if status != DONE or not isinstance(members.get("total"), int) or not (path or isinstance(entries, list)):
        raise TriggerEventError(
            f"The trigger's event with status {status!r} is unknown to this version of the provider."
        )
    folder = EntryFolder(str(path), str(members.get("deferral_id"))) if path else None
    if folder:
        with permanent_errors_fail():
            found = folder.read(members["total"])
        if counts_of(found) != members.get("counts"):
            # Another triggerer that runs the same trigger may be writing at this moment.
            raise TriggerEventError(f"The files in {path!r} do not match the trigger's event.")
    try:
        if not folder:
            found = [from_plain(Entry, entry) for entry in entries or ()]
        return BulkEnding(found, folder, *(float(members.get(name, 0.0)) for name in ("started_at", "deadline")))
    except (TypeError, ValueError, AttributeError) as problem:
        raise TriggerEventError(
            "The trigger's event contains customers that this version of the provider cannot read."
        ) from problem
