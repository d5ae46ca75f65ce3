"""The event that ends the wait for many customers: what the trigger sends, and how the worker reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.plain import from_plain
from airflow_provider_partnercenter.exceptions import TriggerEventError, permanent_errors_fail
from airflow_provider_partnercenter.qualification.bulk.report import Entry, counts_of
from airflow_provider_partnercenter.storage.entries import EntryFolder, shortened
from airflow_provider_partnercenter.triggers.payloads import EVENT_VERSION, read_event

if TYPE_CHECKING:
    from collections.abc import Sequence


DONE = "done"


def make_bulk_event(entries: Sequence[Entry], folder: EntryFolder | None) -> dict[str, Any]:
    """
    Return the event for the end of the wait.

    :param folder: what holds the entries; the event holds them itself if there is none.
    """
    return {
        "version": EVENT_VERSION,
        "status": DONE,
        "counts": counts_of(entries),
        "path": folder.path if folder else None,
        "deferral_id": folder.deferral_id if folder else "",
        "total": len(entries),
        "entries": None if folder else shortened(entries),
    }


def read_bulk_event(event: object) -> tuple[list[Entry], EntryFolder | None]:
    """
    Return what the trigger found.

    :raises TriggerEventError: if the event is missing, of another version, or says something unknown.
    :raises PermanentFailureError: if the trigger ended with an error that no retry cures.
    :raises PartnerCenterError: if it ended with another one.
    """
    members = read_event(event)
    status, entries, path = members.get("status"), members.get("entries"), members.get("path")
    if status != DONE or not isinstance(members.get("total"), int) or not (path or isinstance(entries, list)):
        raise TriggerEventError(f"The trigger's event, with the status {status!r}, is not one that this version knows.")
    if path:
        folder = EntryFolder(str(path), str(members.get("deferral_id")))
        with permanent_errors_fail():
            found = folder.read(members["total"])
        if counts_of(found) != members.get("counts"):
            # Another triggerer that runs the same trigger may just be writing.
            raise TriggerEventError(f"What is kept in {path!r} is not what the trigger's event says.")
        return found, folder
    try:
        return [from_plain(Entry, entry) for entry in entries or ()], None
    except (TypeError, AttributeError) as problem:
        raise TriggerEventError("The trigger's event holds customers that this version cannot read.") from problem
