"""The tasks for many customers: one row for each, and the customers of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from sqlalchemy import and_, func, select

from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.database.page import BulkCustomers, TaskKey
from airflow_provider_partnercenter.database.rows import bulk_customers, row_of_many
from airflow_provider_partnercenter.database.told import TASK, of_its_task, readable, text_of, unended
from airflow_provider_partnercenter.qualification.states.customer import KEY_OF_MANY, Phase
from airflow_provider_partnercenter.storage.shown.glimpses import some_of_folder, some_of_report

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from airflow_provider_partnercenter.database.page import BulkRow


def bulk_rows(
    session: Session,
    dag_ids: Collection[str],
    *,
    limit: int = 50,
    offset: int = 0,
    conditions: Sequence[ColumnElement[bool]] = (),
) -> tuple[tuple[BulkRow, ...], int]:
    """
    Return some of the tasks for many customers, those that wait first and then the newest, and how many there are.

    :param dag_ids: the DAGs that the user may read; of Airflow's filters the ``value``.
    :param conditions: which XComs, for the other modules in here.
    """
    tasks = unended()
    waits = and_(text_of("phase") == Phase.WAITING, tasks.c.state.is_not(None))
    which = (readable(dag_ids, KEY_OF_MANY), *conditions)
    rows = session.execute(
        select(
            *(getattr(XComModel, name) for name in TASK),
            XComModel.value,
            XComModel.timestamp,
            _state_of_its_task().label("state"),
        )
        .outerjoin(tasks, of_its_task(tasks.c))
        .where(*which)
        .order_by(waits.desc(), XComModel.timestamp.desc(), *(getattr(XComModel, name) for name in TASK))
        .limit(limit)
        .offset(offset)
    ).all()
    total = session.scalar(select(func.count()).select_from(XComModel).where(*which))
    found = (
        row_of_many(
            TaskKey(*(getattr(row, name) for name in TASK)),
            row.value,
            task_state=str(getattr(row.state, "value", row.state) or ""),
            changed_at=row.timestamp,
        )
        for row in rows
    )
    return tuple(found), total or 0


def bulk_row(session: Session, dag_ids: Collection[str], task: TaskKey) -> BulkRow | None:
    """Return one of them; ``None`` if there is none, or the user may not read it."""
    conditions: list[Any] = [getattr(XComModel, name) == getattr(task, name) for name in TASK]
    rows, _ = bulk_rows(session, dag_ids, conditions=conditions, limit=1)
    return rows[0] if rows else None


def customers_of(row: BulkRow, *, limit: int = 500) -> BulkCustomers:
    """
    Return the customers of a task for many: from the row, or from object storage, of which it reads so much at most.

    Call it after the session is closed: it may take a while. A failure is told in the result.
    """
    if not row.path:
        return BulkCustomers(row.customers[:limit], row.counts.get("total", len(row.customers)))
    total = row.counts.get("total", 0)
    try:
        found = some_of_folder(row.path, row.deferral_id, limit) if row.deferral_id else some_of_report(row.path, limit)
    except PartnerCenterError as problem:
        return BulkCustomers(total=total, problem=" ".join(problem.lines))
    return BulkCustomers(bulk_customers(found), total)


def _state_of_its_task() -> ColumnElement[Any]:
    # There are few of these tasks, so that each is looked up.
    found: ColumnElement[Any] = (
        select(TaskInstance.state).where(of_its_task(TaskInstance)).correlate(XComModel).scalar_subquery()
    )
    return found
