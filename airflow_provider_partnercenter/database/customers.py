"""
The customers that tasks of this package deal with, one by one: read from the XComs that the tasks push.

Who waits is found by the key of that XCom, so that tasks of subclasses are found too. A row is shown if its task waits,
or if no other task has told something later about the same customer and qualification.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_partnercenter.database.page import Choices, Counts, CustomerPage, Filters, Sort

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session


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
    raise NotImplementedError


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
    raise NotImplementedError


def choices(session: Session, dag_ids: Collection[str]) -> Choices:
    """Return what there is to filter by."""
    raise NotImplementedError
