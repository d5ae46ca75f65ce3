"""
What tasks have told about customers, as a query: one row for each customer and qualification, and for each that waits.

A task instance tells it in an XCom (:mod:`.qualification.states`). All of them are found by the index on the key. The
state of a task instance is looked up one by one, and only of those that say that they wait: joined, the database would
rather read all task instances.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from sqlalchemy import and_, case, func, or_, select

from airflow_provider_partnercenter.database.rows import FINISHED
from airflow_provider_partnercenter.qualification.states.customer import KEY, Phase, State

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import CTE, ColumnElement, Subquery


_TEXTS = ("customer_id", "qualification", "company_name", "requested_at", "waiting_since", "until", "ended_at")
TASK = ("dag_id", "run_id", "task_id", "map_index")
"""The names of the columns that name a task instance."""


def text_of(name: str) -> ColumnElement[Any]:
    """Return a member of an XCom's value, as text; ``NULL`` if there is none."""
    found: ColumnElement[Any] = XComModel.value[name].as_string()
    return found


def of_its_task(column: Any) -> ColumnElement[Any]:
    """Return a column of the task instance that an XCom is of. It is looked up by an index, for each row."""
    found: ColumnElement[Any] = (
        select(column)
        .where(*(getattr(TaskInstance, name) == getattr(XComModel, name) for name in TASK))
        .correlate(XComModel)
        .scalar_subquery()
    )
    return found


def readable(dag_ids: Collection[str], key: str) -> ColumnElement[bool]:
    """Return the condition for the XComs with a key of these DAGs."""
    return and_(XComModel.key == key, XComModel.dag_id.in_(list(dag_ids)))


def _told(dag_ids: Collection[str]) -> CTE:
    phase = text_of("phase")
    # A backend may keep the content elsewhere; then only Airflow knows whether it waits.
    may_wait = or_(phase.is_(None), phase != Phase.ENDED)
    return (
        select(
            *(getattr(XComModel, name) for name in TASK),
            XComModel.dag_run_id,
            XComModel.timestamp.label("changed_at"),
            *(text_of(name).label(name) for name in _TEXTS),
            # Written by us, a digit; as text, because a cast would refuse the whole query for one bad value.
            text_of("attempts_left").label("attempts_left"),
            text_of("state").label("told"),
            phase.label("phase"),
            case((may_wait, of_its_task(TaskInstance.state))).label("task_state"),
            case((may_wait, of_its_task(TaskInstance.end_date))).label("task_ended_at"),
        )
        .where(readable(dag_ids, KEY))
        .cte("told")
    )


def customers(dag_ids: Collection[str]) -> Subquery:
    """
    Return the customers: a row for each task that waits, and else the latest one about a customer and a qualification.

    Its columns are those of :data:`TASK`, the members of :class:`.CustomerState` by which rows are found and sorted,
    ``state``, ``waits`` (whether the task still waits), ``phase``, ``dag_run_id``, ``changed_at`` and
    ``task_ended_at``.
    """
    told = _told(dag_ids)
    # Who knows the company's name is often another task than the one that waits.
    latest = (
        select(
            told.c.customer_id,
            told.c.qualification,
            func.max(told.c.changed_at).label("changed_at"),
            func.max(told.c.company_name).label("company_name"),
        )
        .group_by(told.c.customer_id, told.c.qualification)
        .subquery("latest")
    )
    ended = told.c.phase == Phase.ENDED
    over = told.c.task_state.in_(FINISHED)
    waits = and_(or_(told.c.phase.is_(None), ~ended), or_(told.c.task_state.is_(None), ~over))
    state = case(
        (told.c.customer_id.is_(None), State.UNREADABLE),
        (ended, told.c.told),
        # Only an approval ends a task in the triggerer, which tells nothing.
        (and_(told.c.phase == Phase.WAITING, told.c.task_state == "success"), State.APPROVED),
        (over, State.STOPPED),
        else_=told.c.told,
    )
    again = and_(latest.c.customer_id == told.c.customer_id, latest.c.qualification == told.c.qualification)
    kept = [column for column in told.c if column.name not in ("company_name", "told", "task_state")]
    return (
        select(
            *kept,
            func.coalesce(told.c.company_name, latest.c.company_name).label("company_name"),
            state.label("state"),
            waits.label("waits"),
        )
        .outerjoin(latest, again)
        .where(or_(waits, told.c.changed_at == latest.c.changed_at))
        .subquery("customers")
    )
