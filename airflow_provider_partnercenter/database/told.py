"""
What tasks have told about customers, as a query: one row for each customer and qualification, and for each that waits.

A task instance tells it in an XCom (:mod:`.qualification.states`). All of them are found by the index on the key, and
the task instances that have not ended by the index on their state. No query asks for the state of another one: those
are all that Airflow has ever run, and the database might read them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from airflow_provider_partnercenter.database.waits import AT_WORK, WAITING
from airflow_provider_partnercenter.qualification.states.customer import KEY, Phase, State

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import CTE, ColumnElement, Select, Subquery

TASK = ("dag_id", "run_id", "task_id", "map_index")
"""The names of the columns that name a task instance."""
PRIMARY = ("dag_run_id", "task_id", "map_index")
"""The names of the columns that name the XComs of a task instance, by which their primary key begins."""

# As text, because a cast would refuse the whole query for one bad value. The number of attempts is a digit.
_TEXTS = (
    *("customer_id", "qualification", "company_name", "phase", "attempts_left"),
    *("requested_at", "waiting_since", "until", "ended_at"),
)
_RESULT = "return_value"


def text_of(name: str) -> ColumnElement[Any]:
    """Return a member of an XCom's value, as text; ``NULL`` if there is none."""
    found: ColumnElement[Any] = XComModel.value[name].as_string()
    return found


def readable(dag_ids: Collection[str], key: str) -> ColumnElement[bool]:
    """Return the condition for the XComs with a key of these DAGs."""
    return and_(XComModel.key == key, XComModel.dag_id.in_(list(dag_ids)))


def unended() -> Subquery:
    """Return the task instances that wait, or are at work, or about to be."""
    return (
        select(*(getattr(TaskInstance, name) for name in TASK), TaskInstance.state)
        .where(TaskInstance.state.in_((*WAITING, *AT_WORK)))
        .subquery("unended")
    )


def of_its_task(tasks: Any) -> ColumnElement[bool]:
    """Return the condition that a row of these task instances is the one that has pushed an XCom."""
    return and_(*(getattr(tasks, name) == getattr(XComModel, name) for name in TASK))


def told(dag_ids: Collection[str], *conditions: ColumnElement[bool]) -> Subquery:
    """
    Return what each task instance has told about its customer.

    Its columns are those of :data:`TASK`, the members of :class:`.CustomerState` by which rows are found and sorted,
    ``state``, ``waits`` (whether the task still waits), ``dag_run_id``, ``changed_at`` and ``approved_at`` (when the
    triggerer ended the task).

    :param conditions: which XComs; by default all of these DAGs.
    """
    texts = _texts(dag_ids, *conditions)
    return select(*_with_state(texts)).subquery("told")


def customers(dag_ids: Collection[str]) -> Subquery:
    """
    Return the customers: a row for each task that waits, and else the latest one about a customer and a qualification.

    It has the columns of :func:`told`.
    """
    texts = _texts(dag_ids)
    # Who knows the company's name is often another task than the one that waits.
    latest = (
        select(
            texts.c.customer_id,
            texts.c.qualification,
            func.max(texts.c.changed_at).label("changed_at"),
            func.max(texts.c.company_name).label("company_name"),
        )
        .group_by(texts.c.customer_id, texts.c.qualification)
        .subquery("latest")
    )
    again = and_(latest.c.customer_id == texts.c.customer_id, latest.c.qualification == texts.c.qualification)
    columns = [column for column in _with_state(texts) if column.name != "company_name"]
    return (
        select(*columns, func.coalesce(texts.c.company_name, latest.c.company_name).label("company_name"))
        .outerjoin(latest, again)
        .where(or_(_waits(texts), texts.c.changed_at == latest.c.changed_at))
        .subquery("customers")
    )


def _texts(dag_ids: Collection[str], *conditions: ColumnElement[bool]) -> CTE:
    """Return the members of the XComs, each read once, and whether the task instance has not ended."""
    tasks = unended()
    left_alone = and_(text_of("phase") == Phase.WAITING, tasks.c.state.is_(None))
    return (
        select(
            *(getattr(XComModel, name) for name in TASK),
            XComModel.dag_run_id,
            XComModel.timestamp.label("changed_at"),
            *(text_of(name).label(name) for name in _TEXTS),
            text_of("state").label("told"),
            tasks.c.state.label("unended"),
            case((left_alone, _ended_by_triggerer())).label("approved_at"),
        )
        .outerjoin(tasks, of_its_task(tasks.c))
        .where(readable(dag_ids, KEY), *conditions)
        .cte("texts")
        # Else PostgreSQL would read each member again wherever it is used.
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


def _waits(texts: CTE) -> ColumnElement[bool]:
    return and_(or_(texts.c.phase.is_(None), texts.c.phase != Phase.ENDED), texts.c.unended.is_not(None))


def _with_state(texts: CTE) -> list[ColumnElement[Any]]:
    waits = _waits(texts)
    state = case(
        (texts.c.customer_id.is_(None), State.UNREADABLE),
        (or_(texts.c.phase == Phase.ENDED, waits), texts.c.told),
        (texts.c.approved_at.is_not(None), State.APPROVED),
        else_=State.STOPPED,
    )
    kept = [column for column in texts.c if column.name not in ("told", "unended")]
    return [*kept, state.label("state"), waits.label("waits")]


def _ended_by_triggerer() -> ColumnElement[Any]:
    """
    Return when the triggerer ended the task of an XCom, which it does only after an approval.

    It can push nothing that a database reads: Airflow stores what a trigger pushes as JSON text, so that the members of
    its result are hidden. A worker tells how it ends, and its result has them.
    """
    result = aliased(XComModel)
    found: ColumnElement[Any] = (
        select(result.timestamp)
        .where(
            *(getattr(result, name) == getattr(XComModel, name) for name in PRIMARY),
            result.key == _RESULT,
            result.value["outcome"].as_string().is_(None),
        )
        .correlate(XComModel)
        .scalar_subquery()
    )
    return found


def with_values(some: Subquery) -> Select[Any]:
    """Return rows of :func:`told` with the whole content of their XComs, which is only read of these."""
    its_xcom = and_(XComModel.key == KEY, *(getattr(XComModel, name) == some.c[name] for name in PRIMARY))
    return select(some, XComModel.value).join(XComModel, its_xcom)
