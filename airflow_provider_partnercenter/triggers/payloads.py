"""The event that ends the wait for one customer: what the trigger sends, and how the worker reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterError, error_from_dict
from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.exceptions import TriggerEventError, permanent_errors_fail
from airflow_provider_partnercenter.qualification.vetting import describe

if TYPE_CHECKING:
    from airflow_provider_partnercenter.qualification.waiting import Sighting, Wait

EVENT_VERSION = 1
# What an event may say besides the outcomes that end a wait.
TIMED_OUT, ERROR = "timeout", "error"


def make_event(wait: Wait, sighting: Sighting, submission: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """
    Return the event for the end of a wait: the trigger sends it, a wait on a worker ends by it too.

    :param submission: the record of the submission that was waited for, if it is this task's own.
    """
    found = describe(wait.customer_id, sighting.verdict, Qualification(wait.qualification))
    return {
        "version": EVENT_VERSION,
        "status": sighting.verdict.outcome.value if sighting.ended else TIMED_OUT,
        "result": {"baseline": wait.baseline, **submission, **found} if submission else found,
        "summary": sighting.summary(wait.seen),
        "submitted": wait.submitted,
        "waited": str(timedelta(seconds=round(clock.now() - wait.started_at))),
        "correlation_id": sighting.correlation_id,
    }


def make_error_event(error: PartnerCenterError) -> dict[str, Any]:
    """Return the trigger's event for an error that ends the wait."""
    return {"version": EVENT_VERSION, "status": ERROR, "error": error.to_dict()}


def read_event(event: object) -> Mapping[str, Any]:
    """
    Return the event that ended a deferral.

    :raises TriggerEventError: if there is none, or one of another version.
    :raises PermanentFailureError: if the trigger ended with an error that no retry cures.
    :raises PartnerCenterError: if it ended with another one.
    """
    if not isinstance(event, Mapping):
        raise TriggerEventError("The trigger ended without an event; the task is retried and waits again.")
    if event.get("version") != EVENT_VERSION:
        raise TriggerEventError(
            f"The trigger's event is of version {event.get('version')!r}, this worker understands {EVENT_VERSION}: "
            "workers and triggerers run different versions of airflow-provider-partnercenter."
        )
    if event.get("status") == ERROR and isinstance(event.get("error"), Mapping):
        with permanent_errors_fail():
            raise error_from_dict(event["error"])
    return event
