"""
What the page shows, as values: the rows that the other modules in here read from Airflow's database. Pure.

Texts of customers and of Microsoft are as they were received: show them as text. Times are aware and in UTC.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.qualification.states.customer import State

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_provider_partnercenter.qualification.states.customer import StoryEntry

OPEN_STATES = frozenset(State) - {State.APPROVED, State.GIVEN_UP}
"""The states in which something is still to be done, by Microsoft or by a person."""


@dataclass(frozen=True, slots=True)
class TaskKey:
    """
    A task instance, as Airflow's addresses name it.

    :param map_index: its number, if the task is mapped; else -1.
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """
    A customer and a qualification: how they stand, told by the last task that dealt with them.

    The members that :class:`.CustomerState` has too mean the same.

    :param task: the task instance that tells it.
    :param customer_id: ``None`` if the XCom cannot be read, for example because an XCom backend keeps it elsewhere.
    :param state: a :class:`.State`.
    :param who: an :class:`.Actor`: who has to act next.
    :param next_look: about when the task looks again; ``None`` if it does not.
    :param changed_at: when the task told it.
    """

    task: TaskKey
    customer_id: str | None
    qualification: str | None
    state: str
    who: str
    changed_at: datetime
    waits: bool = False
    asks: bool = False
    company_name: str | None = None
    connection_id: str | None = None
    cloud: str | None = None
    vetting_status: str | None = None
    reason: str | None = None
    hint: str | None = None
    attempts_left: int | None = None
    requested_at: datetime | None = None
    waiting_since: datetime | None = None
    next_look: datetime | None = None
    until: datetime | None = None
    ended_at: datetime | None = None
    request_id: str | None = None
    correlation_id: str | None = None


class Sort(enum.StrEnum):
    """By what customers can be sorted. Those without it come last."""

    COMPANY_NAME = "company_name"
    CUSTOMER_ID = "customer_id"
    QUALIFICATION = "qualification"
    STATE = "state"
    REQUESTED_AT = "requested_at"
    WAITING_SINCE = "waiting_since"
    UNTIL = "until"
    ATTEMPTS_LEFT = "attempts_left"
    CHANGED_AT = "changed_at"
    DAG_ID = "dag_id"


@dataclass(frozen=True, slots=True)
class Filters:
    """
    Which customers to show. All of them have to hold; by default everybody is shown.

    :param states: only these (:class:`.State`); empty for all. :data:`OPEN_STATES` are what is still to be done.
    :param who: only those whom this :class:`.Actor` has to do something about.
    :param qualification: only this one.
    :param dag_id: only customers of this DAG.
    :param overdue_days: only those in review whose request, or else whose wait, is at least this many days old.
    :param search: only those whose company name or id contains this text, in any letter case.
    """

    states: frozenset[str] = frozenset()
    who: str | None = None
    qualification: str | None = None
    dag_id: str | None = None
    overdue_days: float | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """
    Some of the customers that match.

    :param rows: the customers.
    :param total: how many match in all.
    """

    rows: tuple[CustomerRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Counts:
    """
    The numbers at the top of the page. All are of customers and qualifications.

    :param waiting: for whom a task waits, for Microsoft.
    :param overdue: of those in review, whose request is older than the number of days that was asked for.
    :param denied: who were denied, without an answer of a person so far.
    :param approved_today: who were approved since the time that was asked for, after a request or a wait.
    :param unknown: of whom nobody knows what came of the request.
    :param asking: about whom a person is asked now, for a decision or for a validation code.
    :param in_bulk: for whom tasks for many customers wait; they are in none of the other numbers.
    """

    waiting: int = 0
    overdue: int = 0
    denied: int = 0
    approved_today: int = 0
    unknown: int = 0
    asking: int = 0
    in_bulk: int = 0


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to filter by: the DAGs and the qualifications that occur, sorted."""

    dag_ids: tuple[str, ...] = ()
    qualifications: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """
    What happened to a customer in one task instance.

    :param row: how the customer stands there.
    :param entries: the time line, oldest first.
    """

    row: CustomerRow
    entries: tuple[StoryEntry, ...]


@dataclass(frozen=True, slots=True)
class Stories:
    """
    The stories of a run or a task, in the order in which its tasks told them.

    :param stories: one for each task instance; a run with many mapped tasks shows the first ones only.
    :param total: how many there are in all.
    :param bulk: the tasks for many customers.
    """

    stories: tuple[Story, ...] = ()
    total: int = 0
    bulk: tuple[BulkRow, ...] = ()


@dataclass(frozen=True, slots=True)
class PastVerdict:
    """
    A verdict that a task handed out as an asset event, as long as Airflow keeps it.

    :param at: when the event was stored.
    :param asset: the URI of the asset.
    :param task: the task that emitted it; ``None`` if the event came from elsewhere.
    :param outcome: ``"approved"`` or ``"denied"``.
    """

    at: datetime
    asset: str
    task: TaskKey | None
    customer_id: str
    qualification: str
    outcome: str
    reason: str | None = None
    hint: str | None = None
    attempts_left: int | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """
    The verdicts of the past.

    :param assets: the URIs of the assets of verdicts that a DAG names. If empty, there is no history: no task has such
        an outlet.
    :param verdicts: the verdicts, newest first.
    :param more: whether there are older ones.
    """

    assets: tuple[str, ...] = ()
    verdicts: tuple[PastVerdict, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class BulkRow:
    """
    A task for many customers.

    :param counts: how many customers there are, by outcome (``total``, ``approved``, ``denied``, ``in_review``,
        ``refused``, ``failed``, ``submitted``, and ``rest`` once it has ended), as the task last told.
    :param state: Airflow's state of the task instance.
    :param path: the folder or the report in object storage that has the customers; ``None`` if Airflow's database has
        them.
    :param deferral_id: which files in the folder are meant; empty for a report.
    :param customers: the customers, if there is no ``path``.
    """

    task: TaskKey
    counts: dict[str, int]
    state: str
    changed_at: datetime
    waits: bool = False
    connection_id: str | None = None
    waiting_since: datetime | None = None
    until: datetime | None = None
    path: str | None = None
    deferral_id: str = ""
    customers: tuple[BulkCustomer, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkCustomer:
    """One customer of a task for many. The members mean the same as in the report (``docs/guides/batches.md``)."""

    customer_id: str
    qualification: str
    outcome: str
    reason: str | None = None
    hint: str | None = None
    attempts_left: int | None = None
    submitted_at: str | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class BulkCustomers:
    """
    The customers of a task for many, as far as they can be shown.

    :param customers: the first ones.
    :param total: how many there are in all.
    :param problem: why they cannot be read here, for people; the path says where they are. ``None`` if they could.
    """

    customers: tuple[BulkCustomer, ...] = ()
    total: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class SignInRow:
    """
    The last sign-in of a connection on a worker.

    :param connection_id: the Airflow connection.
    :param mode: ``"App-only"`` or ``"App+User"``.
    :param mfa: whether the user signed in with MFA; ``None`` if nobody has asked Microsoft, or there is no user.
    :param signed_in_at: when, to within a day: it is written at most once a day if nothing else changes.
    :param renewed_at: when the stored refresh token was issued; ``None`` if none is stored.
    :param dies_at: when it expires, unless a sign-in renews it before; ``None`` if none is stored.
    :param note: what a person should know, for example that the refresh token is not renewed; ``None`` if nothing.
    """

    connection_id: str
    mode: str
    mfa: bool | None = None
    signed_in_at: datetime | None = None
    renewed_at: datetime | None = None
    dies_at: datetime | None = None
    note: str | None = None
