"""Read what tasks have told: from the values of XComs to the rows of the page. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.wire import parse_date
from airflow_provider_partnercenter.database.page import BulkCustomer, BulkRow, CustomerRow, PastVerdict
from airflow_provider_partnercenter.database.waits import AT_WORK, WAITING
from airflow_provider_partnercenter.qualification.states.customer import (
    ACTORS,
    Actor,
    Happening,
    Phase,
    State,
    StoryEntry,
)
from airflow_provider_partnercenter.qualification.verdicts import verdict_in
from airflow_provider_partnercenter.qualification.waiting.intervals import MAX_WAIT, next_poll_about

if TYPE_CHECKING:
    from airflow_provider_partnercenter.database.page import TaskKey

_TEXTS = (
    "customer_id",
    "qualification",
    "company_name",
    "connection_id",
    "cloud",
    "vetting_status",
    "reason",
    "hint",
    "request_id",
    "correlation_id",
)
_MOMENTS = ("requested_at", "waiting_since", "until", "ended_at")


def as_text(at: datetime) -> str:
    """Return a moment as tasks write it, so that a database can compare it."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def customer_row(
    task: TaskKey,
    value: object,
    *,
    state: str,
    waits: bool,
    changed_at: datetime,
    now: datetime,
    company_name: str | None = None,
    approved_at: datetime | None = None,
) -> CustomerRow:
    """
    Return the row of a customer.

    :param value: the content of the XCom, perhaps of another version of this package, or kept elsewhere.
    :param state: a :class:`.State`, in which Airflow's state of the task is considered.
    :param waits: whether the task still waits.
    :param changed_at: when the XCom was pushed.
    :param company_name: the customer's name, if another task knows it.
    :param approved_at: when the triggerer ended the task after an approval, which tells nothing else.
    """
    told: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    members: dict[str, Any] = {name: _text(told.get(name)) for name in _TEXTS}
    members |= {name: _moment(told.get(name)) for name in _MOMENTS}
    members["company_name"] = members["company_name"] or company_name
    started = members["waiting_since"]
    looks = waits and told.get("phase") == Phase.WAITING and started is not None
    return CustomerRow(
        task,
        state=state,
        # A later version may have told a state that this one does not know.
        who=ACTORS.get(state, Actor.PERSON),
        changed_at=approved_at or changed_at,
        waits=waits,
        asks=waits and told.get("phase") == Phase.ASKING,
        attempts_left=_number(told.get("attempts_left")),
        next_look=_next_look(told, started, now, members["until"]) if looks else None,
        **{**members, "ended_at": members["ended_at"] or approved_at},
    )


def story_entries(value: object, approved_at: datetime | None = None) -> tuple[StoryEntry, ...]:
    """
    Return the entries of a story, from the content of an XCom.

    :param approved_at: when the triggerer ended the task after an approval, which the XCom does not tell.
    """
    entries = value.get("story") if isinstance(value, Mapping) else None
    ended = (StoryEntry(Happening.ENDED, as_text(approved_at), State.APPROVED),) if approved_at else ()
    found = tuple(
        StoryEntry(str(entry["what"]), *(_text(entry.get(name)) for name in _OF_ENTRY))
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, Mapping) and entry.get("what")
    )
    return (*found, *ended)


_OF_ENTRY = ("at", "text", "correlation_id", "request_id")


def past_verdict(
    extra: object, key: str | None, *, at: datetime, asset: str, task: TaskKey | None
) -> PastVerdict | None:
    """
    Return the verdict in an asset event; ``None`` if there is none.

    :param extra: the event's ``extra``.
    :param key: its partition key.
    """
    found = verdict_in(extra, key.strip().lower() if key else None)
    if not found:
        return None
    return PastVerdict(
        at,
        asset,
        task,
        customer_id=str(found["customer_id"]),
        qualification=str(found.get("qualification") or ""),
        outcome=str(found["outcome"]),
        reason=_text(found.get("vetting_reason")),
        hint=_text(found.get("hint")),
        attempts_left=_number(found.get("attempts_left")),
        correlation_id=_text(found.get("correlation_id")),
    )


def row_of_many(task: TaskKey, value: object, *, task_state: str, changed_at: datetime) -> BulkRow:
    """
    Return the row of a task for many customers.

    :param value: the content of the XCom.
    :param task_state: Airflow's state of the task.
    :param changed_at: when the XCom was pushed.
    """
    told: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    counts, customers = told.get("counts"), told.get("customers")
    return BulkRow(
        task,
        {str(name): number for name, number in counts.items() if isinstance(number, int)}
        if isinstance(counts, Mapping)
        else {},
        state=task_state,
        changed_at=changed_at,
        waits=told.get("phase") == Phase.WAITING and task_state in (*WAITING, *AT_WORK),
        connection_id=_text(told.get("connection_id")),
        waiting_since=_moment(told.get("waiting_since")),
        until=_moment(told.get("until")),
        path=_text(told.get("path")),
        deferral_id=_text(told.get("deferral_id")) or "",
        customers=bulk_customers(customers if isinstance(customers, list) else ()),
    )


def in_review(value: object) -> int:
    """Return for how many customers a task for many waits, by the content of its XCom."""
    counts = value.get("counts") if isinstance(value, Mapping) else None
    found = counts.get("in_review") if isinstance(counts, Mapping) else None
    return _number(found) or 0


def bulk_customers(found: Any) -> tuple[BulkCustomer, ...]:
    """Return customers of a task for many, from its XCom or its report."""
    return tuple(
        BulkCustomer(
            customer_id=str(each.get("customer_id") or ""),
            qualification=str(each.get("qualification") or ""),
            outcome=str(each.get("outcome") or ""),
            reason=_text(each.get("reason")),
            hint=_text(each.get("hint")),
            attempts_left=_number(each.get("attempts_left")),
            submitted_at=_text(each.get("submitted_at")),
            correlation_id=_text(each.get("correlation_id")),
        )
        for each in found
        if isinstance(each, Mapping)
    )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _moment(value: object) -> datetime | None:
    return parse_date(value) if isinstance(value, str) else None


def _next_look(told: Mapping[str, Any], started: datetime, now: datetime, until: datetime | None) -> datetime:
    fixed, longest = told.get("poke_interval"), told.get("max_wait")
    due = next_poll_about(
        started.timestamp(),
        now.timestamp(),
        fixed if isinstance(fixed, int | float) else None,
        longest if isinstance(longest, int | float) else MAX_WAIT,
    )
    found = datetime.fromtimestamp(due, UTC)
    return min(found, until) if until else found
