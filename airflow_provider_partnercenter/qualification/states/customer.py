"""
How a customer stands, as a task tells it to whoever looks at Airflow: the content of an XCom. No I/O, no Airflow.

A task pushes it before a wait begins, and again when it ends, so that Airflow's database knows who waits for as long as
the wait lasts. It is small, plain JSON, and has no secret. Times are ISO 8601 in UTC, to the second, so that a database
can compare and sort them as text.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.plain import to_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = "partnercenter_customer"
"""The key of the XCom of a task for one customer: :meth:`CustomerState.to_dict`."""
KEY_OF_MANY = "partnercenter_customers"
"""The key of the XCom of a task for many customers: :meth:`.states.many.ManyState.to_dict`."""

MAX_ENTRIES = 20
"""How many entries a story has at most."""

_BEGINNING = 5
# In characters. Nobody has promised a length of a customer's name or of Microsoft's texts.
_LONGEST = {"company_name": 10_240, "reason": 10_240, "hint": 2_000}
_LONGEST_OTHER, _LONGEST_OF_ENTRY = 300, 500


class State(enum.StrEnum):
    """How a customer stands. The first four have the values of :class:`.vetting.Outcome`."""

    IN_REVIEW = "in_review"
    """Microsoft has not decided."""
    APPROVED = "approved"
    DENIED = "denied"
    """Microsoft denied the request, and nobody has decided what follows, as far as Airflow knows."""
    ABSENT = "absent"
    """Partner Center shows no request."""
    NEEDS_CODE = "needs_code"
    """A person is asked for a validation code; nothing was requested yet."""
    TIMED_OUT = "timed_out"
    """The wait ended without a verdict."""
    UNKNOWN = "unknown"
    """A request was sent, and it is not known what came of it."""
    FAILED = "failed"
    """The task failed for another reason, for example because Partner Center refused the request."""
    GIVEN_UP = "given_up"
    """A person gave up."""
    UNREADABLE = "unreadable"
    """The XCom cannot be read, for example because an XCom backend keeps it elsewhere. No task tells this."""
    STOPPED = "stopped"
    """The task was ended while it waited, for example by a person. No task tells this; Airflow's state does."""


class Phase(enum.StrEnum):
    """What the task does. A database finds those who wait by it, so it is text."""

    WAITING = "waiting"
    """It waits for Microsoft."""
    ASKING = "asking"
    """It waits for a person."""
    ENDED = "ended"


class Actor(enum.StrEnum):
    """Who has to act next."""

    MICROSOFT = "microsoft"
    PERSON = "person"
    NOBODY = "nobody"


ACTORS: dict[str, Actor] = {
    **dict.fromkeys(State, Actor.PERSON),
    State.IN_REVIEW: Actor.MICROSOFT,
    State.APPROVED: Actor.NOBODY,
    State.GIVEN_UP: Actor.NOBODY,
}
"""Who has to act next in each state."""


class Happening(enum.StrEnum):
    """What an entry of a story is about."""

    READ = "read"
    REQUESTED = "requested"
    WAITING = "waiting"
    LOOK = "look"
    """A look that showed something else than the one before."""
    ASKED = "asked"
    ANSWERED = "answered"
    ENDED = "ended"
    """The verdict, or how else the wait ended."""


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """
    Something that happened to a customer.

    :param what: a :class:`Happening`.
    :param at: when, ISO 8601 UTC; ``None`` if it is not known.
    :param text: more about it, for example Microsoft's status or who answered; a text of others, not HTML.
    :param correlation_id: the ``MS-CorrelationId`` of the call, for Microsoft's support.
    :param request_id: the ``MS-RequestId`` of a submission.
    """

    what: str
    at: str | None = None
    text: str | None = None
    correlation_id: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerState:
    """
    How a customer stands.

    :param customer_id: the customer's tenant.
    :param qualification: Microsoft's name of the qualification.
    :param state: a :class:`State`.
    :param phase: a :class:`Phase`.
    :param company_name: the customer's name, if the task knows it.
    :param connection_id: the Airflow connection; ``None`` if the task uses none.
    :param cloud: the national cloud of the connection, a key of :data:`.client.clouds.CLOUDS`.
    :param vetting_status: Microsoft's status.
    :param reason: Microsoft's reason for a denial, or why else it ended so.
    :param hint: who must do what.
    :param attempts_left: after a denial, how many verification requests are left at most.
    :param requested_at: when the request was made, as far as the task knows.
    :param waiting_since: when the wait began.
    :param until: when the wait ends without a verdict.
    :param ended_at: when the task saw the verdict that it waited for or requested; ``None`` if it was there before.
    :param poke_interval: seconds between two looks; ``None`` for intervals that grow up to ``max_wait``.
    :param max_wait: the longest growing interval, in seconds.
    :param request_id: the ``MS-RequestId`` of the submission.
    :param correlation_id: the ``MS-CorrelationId`` of the latest call.
    :param story: what happened, oldest first, at most twenty entries.
    """

    customer_id: str
    qualification: str
    state: str
    phase: str
    company_name: str | None = None
    connection_id: str | None = None
    cloud: str | None = None
    vetting_status: str | None = None
    reason: str | None = None
    hint: str | None = None
    attempts_left: int | None = None
    requested_at: str | None = None
    waiting_since: str | None = None
    until: str | None = None
    ended_at: str | None = None
    poke_interval: float | None = None
    max_wait: float | None = None
    request_id: str | None = None
    correlation_id: str | None = None
    story: tuple[StoryEntry, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the content of the XCom: plain JSON types of a bounded size. What is not known is left out."""
        plain = {name: _cut(value, _LONGEST.get(name, _LONGEST_OTHER)) for name, value in to_plain(self).items()}
        return plain | {"story": [_entry(entry) for entry in shortened(self.story)]}


def shortened(story: Sequence[StoryEntry]) -> list[StoryEntry]:
    """Return a story of a bounded length: how it began, and how it ended."""
    if len(story) <= MAX_ENTRIES:
        return list(story)
    # Of a wait that saw very much, the latest is what matters.
    return [*story[:_BEGINNING], *story[_BEGINNING - MAX_ENTRIES :]]


def _entry(entry: StoryEntry) -> dict[str, Any]:
    return {name: _cut(value, _LONGEST_OF_ENTRY) for name, value in to_plain(entry).items()}


def _cut(value: Any, longest: int) -> Any:
    return value[:longest] if isinstance(value, str) else value
