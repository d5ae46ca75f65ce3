"""What a task tells about its customers: how they stand, from what the task knows. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.client.wire import moment, parse_date
from airflow_provider_partnercenter.qualification.states.customer import (
    CustomerState,
    Happening,
    Phase,
    State,
    StoryEntry,
)
from airflow_provider_partnercenter.qualification.vetting import Outcome, describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_partnercenter.qualification.asking.answer import Answer
    from airflow_provider_partnercenter.qualification.waiting.sighting import Sighting
    from airflow_provider_partnercenter.qualification.waiting.wait import Wait
    from airflow_provider_partnercenter.triggers.payloads import Ending

# Seconds. A wait that ends within them ends by its first look.
_AT_ONCE = 10.0


@dataclass(frozen=True, slots=True)
class Source:
    """
    Where a task works, and with whom.

    :param connection_id: the Airflow connection; ``None`` if it uses none.
    :param company_name: the customer's name, if it is known.
    :param cloud: the national cloud of the connection, if it is known.
    """

    connection_id: str | None = None
    company_name: str | None = None
    cloud: str | None = None


def waiting(
    source: Source, wait: Wait, *, seen: Sighting | None = None, submission: Mapping[str, Any] | None = None
) -> CustomerState:
    """
    Return how a customer stands when a task begins to wait for a verdict.

    :param seen: what the last poll found, if there was one.
    :param submission: the record of the submission, of this task or another one.
    """
    found: Mapping[str, Any] = submission or {}
    if seen and seen.known and seen.verdict.entry:
        found = {**found, **describe(wait.customer_id, seen.verdict, Qualification(wait.qualification))}
    # A denial from before the submission says nothing about it.
    is_there = wait.submitted or found.get("outcome") not in (None, Outcome.ABSENT)
    return CustomerState(
        wait.customer_id,
        wait.qualification,
        state=State.IN_REVIEW if is_there else State.ABSENT,
        phase=Phase.WAITING,
        company_name=wait.company_name or source.company_name,
        connection_id=source.connection_id,
        cloud=wait.cloud or source.cloud,
        vetting_status=found.get("vetting_status") if found.get("outcome") == Outcome.IN_REVIEW else None,
        requested_at=_requested_at(found),
        waiting_since=moment(wait.started_at),
        until=moment(wait.deadline),
        poke_interval=wait.poke_interval,
        max_wait=wait.max_wait,
        request_id=found.get("request_id"),
        correlation_id=(seen and seen.correlation_id) or found.get("correlation_id"),
        story=(*_beginning(found, wait.seen), StoryEntry(Happening.WAITING, moment(wait.started_at))),
    )


def ended(
    source: Source,
    result: Mapping[str, Any],
    now: float,
    *,
    ending: Ending | None = None,
    submission: Mapping[str, Any] | None = None,
    answer: Answer | None = None,
) -> CustomerState:
    """
    Return how a customer stands when a task ends.

    :param result: what was found, as of :func:`.describe` or :meth:`.Submission.to_dict`.
    :param now: the present, in seconds since the epoch.
    :param ending: how the wait ended, if there was one.
    :param submission: the record of the submission, if another task made it.
    :param answer: what a person answered, if one was asked.
    """
    found = {**(submission or {}), **result}
    state = State.TIMED_OUT if ending and ending.timed_out else State(result["outcome"])
    in_review = state is State.IN_REVIEW
    wait = ending.wait if ending else {}
    # What was there at the first look, and requested by nobody here, is no news of today.
    is_news = not in_review and (bool(found.get("submitted")) or now - _epoch(wait.get("since"), now) > _AT_ONCE)
    correlation_id = (ending and ending.correlation_id) or found.get("correlation_id")
    said = found.get("vetting_status")
    reason = found.get("vetting_reason") or (ending and ending.timed_out and ending.summary) or None
    return CustomerState(
        result["customer_id"],
        result["qualification"],
        state=state,
        phase=Phase.ENDED,
        company_name=wait.get("company_name") or source.company_name,
        connection_id=source.connection_id,
        cloud=wait.get("cloud") or source.cloud,
        vetting_status=said,
        reason=reason,
        hint=found.get("hint"),
        attempts_left=found.get("attempts_left"),
        requested_at=_requested_at(found),
        waiting_since=wait.get("since"),
        ended_at=moment(now) if is_news else None,
        request_id=found.get("request_id"),
        correlation_id=correlation_id,
        story=(
            *_answered(answer),
            *_beginning(found, wait.get("seen")),
            *((StoryEntry(Happening.WAITING, wait["since"]),) if wait.get("since") else ()),
            *_looks(wait),
            *(() if in_review else (StoryEntry(Happening.ENDED, moment(now), _words(state, reason), correlation_id),)),
        ),
    )


def asking(source: Source, state: State, result: Mapping[str, Any], now: float, about: str) -> CustomerState:
    """
    Return how a customer stands when a person is asked.

    :param state: why: the request was denied, or a code is needed.
    :param result: what was found; ``customer_id`` and ``qualification`` at least.
    :param about: the question, on one line.
    """
    return CustomerState(
        result["customer_id"],
        result["qualification"],
        state=state,
        phase=Phase.ASKING,
        company_name=source.company_name,
        connection_id=source.connection_id,
        cloud=source.cloud,
        vetting_status=result.get("vetting_status"),
        reason=result.get("vetting_reason"),
        hint=result.get("hint") or about,
        attempts_left=result.get("attempts_left"),
        requested_at=_requested_at(result),
        waiting_since=moment(now),
        request_id=result.get("request_id"),
        correlation_id=result.get("correlation_id"),
        story=(*_beginning(result, None), StoryEntry(Happening.ASKED, moment(now), about)),
    )


def failed(
    source: Source,
    customer_id: str,
    qualification: str,
    now: float,
    *,
    state: State = State.FAILED,
    reason: str | None = None,
    hint: str | None = None,
    request_id: str | None = None,
    correlation_id: str | None = None,
    answer: Answer | None = None,
) -> CustomerState:
    """Return how a customer stands when a task ends without a result."""
    return CustomerState(
        customer_id,
        qualification,
        state=state,
        phase=Phase.ENDED,
        company_name=source.company_name,
        connection_id=source.connection_id,
        cloud=source.cloud,
        reason=reason,
        hint=hint,
        request_id=request_id,
        correlation_id=correlation_id,
        story=(
            *_answered(answer),
            StoryEntry(Happening.ENDED, moment(now), _words(state, reason), correlation_id, request_id),
        ),
    )


def _epoch(at: object, default: float) -> float:
    date = parse_date(at) if isinstance(at, str) else None
    return date.timestamp() if date else default


def _requested_at(found: Mapping[str, Any]) -> str | None:
    at = (found.get("submitted") and found.get("submitted_at")) or found.get("vetting_created_date")
    date = parse_date(at) if isinstance(at, str) else None
    return moment(date.timestamp()) if date else None


def _beginning(found: Mapping[str, Any], seen: str | None) -> Iterable[StoryEntry]:
    """Tell what was read before a request, and that it was sent; or what was seen before a wait."""
    if not found.get("submitted"):
        read = seen or _entry_in_words(found)
        return [StoryEntry(Happening.READ, None, read, found.get("correlation_id"))] if read else []
    correlation_id, baseline = found.get("correlation_id"), found.get("baseline") or ()
    before = "; ".join(filter(None, (_entry_in_words(entry) for entry in baseline))) or "no qualification"
    return [
        StoryEntry(Happening.READ, None, before, correlation_id),
        StoryEntry(
            Happening.REQUESTED,
            found.get("submitted_at"),
            found.get("qualification"),
            correlation_id,
            found.get("request_id"),
        ),
    ]


def _entry_in_words(entry: Mapping[str, Any]) -> str:
    status = entry.get("vetting_status")
    return f"{entry.get('qualification')} {status}" if status else ""


def _answered(answer: Answer | None) -> Iterable[StoryEntry]:
    if answer is None:
        return []
    text = f"{answer.option} ({answer.by})" if answer.by else answer.option
    return [StoryEntry(Happening.ANSWERED, answer.at or None, text)]


def _looks(wait: Mapping[str, Any]) -> Iterable[StoryEntry]:
    return (
        StoryEntry(Happening.LOOK, at, text, correlation_id) for at, text, correlation_id in wait.get("changes", ())
    )


def _words(state: State, reason: str | None) -> str:
    words = state.replace("_", " ")
    return f"{words}: {reason}" if reason else words
