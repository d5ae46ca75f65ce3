"""The event that ends the wait for one customer: the trigger writes it, and the worker reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterError, error_from_dict
from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.client.wire import moment
from airflow_provider_partnercenter.exceptions import TriggerEventError, permanent_errors_fail
from airflow_provider_partnercenter.qualification.vetting import Outcome, describe

if TYPE_CHECKING:
    from airflow_provider_partnercenter.qualification.waiting.sighting import Sighting
    from airflow_provider_partnercenter.qualification.waiting.wait import Wait

EVENT_VERSION = 1
_RESULT = {"customer_id", "qualification", "vetting_status", "vetting_reason", "vetting_created_date", "outcome"}
_FOR_MESSAGES = ("summary", "submitted", "waited", "correlation_id")
# Statuses of an event in addition to the outcomes that end a wait.
TIMED_OUT, ERROR = "timeout", "error"


@dataclass(frozen=True, slots=True)
class Ending:
    """
    How the wait for one customer ended; every member is a plain JSON type.

    :param status: an :class:`~airflow_provider_partnercenter.qualification.vetting.Outcome`, or :data:`TIMED_OUT`.
    :param result: the dictionary for XCom.
    :param summary: what was last seen, for messages.
    :param submitted: when the request was submitted, and its request id, for messages; ``None`` without a submission.
    :param waited: how long the wait took, as ``[D days, ]H:MM:SS``.
    :param correlation_id: the ``MS-CorrelationId`` of the last poll.
    :param wait: the wait, for people, as far as it is known: ``since`` (ISO 8601 UTC), ``seen`` (what was seen before),
        ``changes`` (:data:`.sighting.Change`), ``company_name`` and ``cloud``.
    """

    status: str
    result: dict[str, Any]
    summary: str | None = None
    submitted: str | None = None
    waited: str | None = None
    correlation_id: str | None = None
    wait: dict[str, Any] = field(default_factory=dict)

    @property
    def timed_out(self) -> bool:
        """Whether there was no verdict in time."""
        return self.status == TIMED_OUT


def ending_of(wait: Wait, sighting: Sighting, submission: Mapping[str, Any] | None = None) -> Ending:
    """
    Return how a wait ended.

    :param submission: the record of the submission, if this task made it.
    """
    found = describe(wait.customer_id, sighting.verdict, Qualification(wait.qualification))
    baseline = None if wait.baseline is None else list(wait.baseline)
    return Ending(
        status=sighting.verdict.outcome.value if sighting.ended else TIMED_OUT,
        result={"baseline": baseline, **submission, **found} if submission else found,
        summary=sighting.summary(wait.seen),
        submitted=wait.submitted,
        waited=str(timedelta(seconds=round(clock.now() - wait.started_at))),
        correlation_id=sighting.correlation_id,
        wait={
            "since": moment(wait.started_at),
            "seen": wait.seen,
            "changes": [list(change) for change in sighting.changes],
            "company_name": wait.company_name,
            "cloud": wait.cloud,
        },
    )


def make_event(ending: Ending) -> dict[str, Any]:
    """Return the trigger's event for the end of a wait."""
    return {"version": EVENT_VERSION, **to_plain(ending, complete=True)}


def read_ending(event: object) -> Ending:
    """
    Read an event of :func:`make_event`.

    :raises TriggerEventError: if the event is missing, has another version, or is unreadable.
    :raises PermanentFailureError: if the trigger ended with an error that no retry can cure.
    :raises PartnerCenterError: if the trigger ended with another error.
    """
    event = read_event(event)
    status, result = event.get("status"), event.get("result")
    if not isinstance(result, Mapping) or not result.keys() >= _RESULT:
        raise TriggerEventError(f"The trigger's event with status {status!r} does not contain a complete result.")
    decided = status in (Outcome.APPROVED, Outcome.DENIED) and result["outcome"] == status
    if not (decided or status in (Outcome.ABSENT, TIMED_OUT)):
        raise TriggerEventError(
            f"The trigger's event has status {status!r}, which this version of the provider does not know."
        )
    wait = event.get("wait")
    if not isinstance(wait, Mapping) or not _are_changes(wait.get("changes")):
        # It is only for people, and nothing that a task should fail for.
        wait = {}
    return Ending(
        str(status),
        dict(result),
        **{name: event.get(name) for name in _FOR_MESSAGES},
        wait=dict(wait),
    )


def _are_changes(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(change, list) and len(change) == 3 for change in found)


def make_error_event(error: PartnerCenterError) -> dict[str, Any]:
    """Return the trigger's event for an error that ends the wait."""
    return {"version": EVENT_VERSION, "status": ERROR, "error": error.to_dict()}


def read_event(event: object) -> Mapping[str, Any]:
    """
    Check the event that ended a deferral, and return it.

    :raises TriggerEventError: if the event is missing or has another version.
    :raises PermanentFailureError: if the trigger ended with an error that no retry can cure.
    :raises PartnerCenterError: if the trigger ended with another error.
    """
    if not isinstance(event, Mapping):
        raise TriggerEventError("The trigger ended without an event. A retry of the task waits again.")
    if event.get("version") != EVENT_VERSION:
        raise TriggerEventError(
            f"The trigger's event has version {event.get('version')!r}, but this worker reads version {EVENT_VERSION}: "
            "workers and triggerers run different versions of airflow-provider-partnercenter."
        )
    if event.get("status") == ERROR and isinstance(event.get("error"), Mapping):
        with permanent_errors_fail():
            raise error_from_dict(event["error"])
    return event
