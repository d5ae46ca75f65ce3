"""
The customers that tasks of this package deal with, one by one: read from the XComs that the tasks push.

Who waits is found by the key of that XCom, so that tasks of subclasses are found too. A row is shown if its task waits,
or if no other task has told something later about the same customer and qualification.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.models.xcom import XComModel
from sqlalchemy import and_, case, func, or_, select

from airflow_provider_partnercenter.database.page import Choices, Counts, CustomerPage, Filters, Sort, TaskKey
from airflow_provider_partnercenter.database.rows import as_text, customer_row, in_review
from airflow_provider_partnercenter.database.told import (
    TASK,
    customers,
    of_its_task,
    readable,
    text_of,
    unended,
    with_values,
)
from airflow_provider_partnercenter.qualification.states.customer import ACTORS, KEY, KEY_OF_MANY, Phase, State

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row, Subquery
    from sqlalchemy.orm import Session

    from airflow_provider_partnercenter.database.page import CustomerRow


def count_customers(
    session: Session, dag_ids: Collection[str], *, overdue_days: float, today: datetime, now: datetime
) -> Counts:
    """
    Count the customers for the top of the page.

    :param session: a session of Airflow's database (:func:`.reading.reading`).
    :param dag_ids: the DAGs that the user may read; of Airflow's filters (``ReadableXComFilterDep``) the ``value``.
    :param overdue_days: after how many days in review a customer counts as overdue.
    :param today: when today began, aware.
    :param now: the present, aware.
    :raises SQLAlchemyError: if a query fails; so do all functions in here.
    """
    found = customers(dag_ids)
    since = or_(found.c.ended_at >= as_text(today), found.c.approved_at >= today)
    counted = {
        "waiting": and_(found.c.waits, found.c.phase == Phase.WAITING),
        "overdue": _overdue(found, overdue_days, now),
        "denied": found.c.state == State.DENIED,
        "approved_today": and_(found.c.state == State.APPROVED, since),
        "unknown": found.c.state == State.UNKNOWN,
        "asking": and_(found.c.waits, found.c.phase == Phase.ASKING),
    }
    # Not count(…) FILTER, which MySQL does not know.
    sums = (func.sum(case((condition, 1), else_=0)).label(name) for name, condition in counted.items())
    row = session.execute(select(*sums)).one()
    counts = {name: int(number or 0) for name, number in row._asdict().items()}
    return Counts(**counts, in_bulk=_in_bulk(session, dag_ids))


def _in_bulk(session: Session, dag_ids: Collection[str]) -> int:
    tasks = unended()
    waiting = select(XComModel.value).join(tasks, of_its_task(tasks.c)).where(readable(dag_ids, KEY_OF_MANY))
    return sum(in_review(value) for value in session.scalars(waiting.where(text_of("phase") == Phase.WAITING)))


def page_of_customers(
    session: Session,
    dag_ids: Collection[str],
    filters: Filters,
    *,
    now: datetime,
    sort: Sort = Sort.WAITING_SINCE,
    descending: bool = False,
    limit: int = 50,
    offset: int = 0,
) -> CustomerPage:
    """
    Return some of the customers that match. The number of queries does not depend on how many there are.

    For a file of all of them, give the largest number of rows as ``limit``; if ``total`` is larger, some are missing.

    :param dag_ids: see :func:`count_customers`.
    """
    found = customers(dag_ids)
    matching = and_(True, *_conditions(found, filters, now))
    order = _order(found, sort, descending=descending)
    some = (
        select(found, func.count().over().label("total"))
        .where(matching)
        .order_by(*order)
        .limit(limit)
        .offset(offset)
        .subquery("some")
    )
    rows = session.execute(with_values(some).order_by(*_order(some, sort, descending=descending))).all()
    if not rows and offset:
        total = session.scalar(select(func.count()).select_from(found).where(matching))
        return CustomerPage((), total or 0)
    return CustomerPage(tuple(row_of(row, now) for row in rows), rows[0].total if rows else 0)


def row_of(row: Row[Any], now: datetime) -> CustomerRow:
    """Return a row of the page, of a row of :func:`.told.with_values`."""
    return customer_row(
        TaskKey(*(getattr(row, name) for name in TASK)),
        row.value,
        state=row.state,
        waits=bool(row.waits),
        changed_at=row.changed_at,
        company_name=row.company_name,
        approved_at=row.approved_at,
        now=now,
    )


def choices(session: Session, dag_ids: Collection[str]) -> Choices:
    """Return what there is to filter by."""
    name = text_of("qualification")
    pairs = session.execute(select(XComModel.dag_id, name).where(readable(dag_ids, KEY)).distinct()).all()
    return Choices(*(tuple(sorted({pair[at] for pair in pairs if pair[at]})) for at in (0, 1)))


def _conditions(found: Subquery, filters: Filters, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[Any] = []
    if filters.states:
        conditions.append(found.c.state.in_(sorted(filters.states)))
    if filters.who:
        conditions.append(found.c.state.in_([state for state, actor in ACTORS.items() if actor == filters.who]))
    if filters.qualification:
        conditions.append(found.c.qualification == filters.qualification)
    if filters.dag_id:
        conditions.append(found.c.dag_id == filters.dag_id)
    if filters.overdue_days is not None:
        conditions.append(_overdue(found, filters.overdue_days, now))
    if text := filters.search.strip():
        columns = (found.c.company_name, found.c.customer_id)
        conditions.append(or_(*(func.lower(column).contains(text.lower(), autoescape=True) for column in columns)))
    return conditions


def _overdue(found: Subquery, days: float, now: datetime) -> ColumnElement[bool]:
    since = func.coalesce(found.c.requested_at, found.c.waiting_since)
    return and_(found.c.state == State.IN_REVIEW, since <= as_text(now - timedelta(days=days)))


def _order(found: Subquery, sort: Sort, *, descending: bool) -> list[ColumnElement[Any]]:
    column = func.lower(found.c[sort]) if sort is Sort.COMPANY_NAME else found.c[sort]
    # Whoever has no value comes last, in a way that every database knows. The rest makes the order definite.
    rest = (found.c[name] for name in ("changed_at", *TASK))
    return [column.is_(None), column.desc() if descending else column.asc(), *rest]
