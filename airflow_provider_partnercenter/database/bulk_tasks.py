"""The tasks for many customers: one row for each, and the customers of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from airflow_provider_partnercenter.database.page import BulkCustomers, BulkRow, TaskKey


def bulk_rows(
    session: Session, dag_ids: Collection[str], *, limit: int = 50, offset: int = 0
) -> tuple[tuple[BulkRow, ...], int]:
    """
    Return some of the tasks for many customers, those that wait first and then the newest, and how many there are.

    :param dag_ids: the DAGs that the user may read; of Airflow's filters the ``value``.
    """
    raise NotImplementedError


def bulk_row(session: Session, dag_ids: Collection[str], task: TaskKey) -> BulkRow | None:
    """Return one of them; ``None`` if there is none, or the user may not read it."""
    raise NotImplementedError


def customers_of(row: BulkRow, *, limit: int = 500) -> BulkCustomers:
    """
    Return the customers of a task for many: from the row, or from object storage, of which it reads so much at most.

    Call it after the session is closed: it may take a while. A failure is told in the result.
    """
    raise NotImplementedError
