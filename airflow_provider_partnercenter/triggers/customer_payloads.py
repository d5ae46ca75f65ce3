"""The event that ends the wait for new customers: the trigger writes it, and the worker reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow_provider_partnercenter.exceptions import TriggerEventError
from airflow_provider_partnercenter.triggers.payloads import EVENT_VERSION, TIMED_OUT, read_event

FOUND = "found"
_ROW = {"customer_id", "company_name", "domain"}


@dataclass(frozen=True, slots=True)
class News:
    """
    What came of the wait.

    :param customers: the new customers; empty if there was none in time.
    :param looked_at: when the customers were last read completely, in seconds since the epoch; 0 if more are waiting
        to be reported.
    """

    customers: list[dict[str, Any]]
    looked_at: float


def make_found_event(customers: list[dict[str, Any]], looked_at: float) -> dict[str, Any]:
    """Return the trigger's event for new customers."""
    return {"version": EVENT_VERSION, "status": FOUND, "customers": customers, "looked_at": looked_at}


def make_timeout_event(looked_at: float) -> dict[str, Any]:
    """Return the trigger's event for a wait without a new customer."""
    return {"version": EVENT_VERSION, "status": TIMED_OUT, "customers": [], "looked_at": looked_at}


def read_news(event: object) -> News:
    """
    Read an event of this module.

    :raises TriggerEventError: if the event is missing, has another version, or is unreadable.
    :raises PermanentFailureError: if the trigger ended with an error that no retry can cure.
    :raises PartnerCenterError: if the trigger ended with another error.
    """
    event = read_event(event)
    status, looked_at = event.get("status"), event.get("looked_at")
    if status not in (FOUND, TIMED_OUT):
        raise TriggerEventError(
            f"The trigger's event has status {status!r}, which this version of the provider does not know."
        )
    customers = event.get("customers")
    readable = isinstance(customers, list) and all(isinstance(row, dict) and row.keys() == _ROW for row in customers)
    if not readable or not isinstance(looked_at, int | float) or bool(customers) is not (status == FOUND):
        raise TriggerEventError(f"The trigger's event with status {status!r} is incomplete. A retry waits again.")
    return News([dict(row) for row in customers or ()], float(looked_at))
