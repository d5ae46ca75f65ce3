"""
How a customer stands, as a task tells it to whoever looks at Airflow: the content of an XCom. No I/O, no Airflow.

A task pushes it before a wait begins, and again when it ends, so that Airflow's database knows who waits for as long as
the wait lasts. It is small, plain JSON, and has no secret. Times are ISO 8601 in UTC, to the second, so that a database
can compare and sort them as text.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

KEY = "partnercenter_customer"
"""The key of the XCom of a task for one customer: :meth:`CustomerState.to_dict`."""
KEY_OF_MANY = "partnercenter_customers"
"""The key of the XCom of a task for many customers: :meth:`.states.many.ManyState.to_dict`."""


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
    STOPPED = "stopped"
    """The task was ended while it waited, for example by a person. No task tells this; Airflow's state does."""


class Actor(enum.StrEnum):
    """Who has to act next."""

    MICROSOFT = "microsoft"
    PERSON = "person"
    NOBODY = "nobody"


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
    :param waits: whether the task waits, for Microsoft or for a person; ``False`` once it has ended.
    :param asks: whether a person is asked.
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
    waits: bool = False
    asks: bool = False
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
        """Return the content of the XCom: plain JSON types of a bounded size."""
        raise NotImplementedError
