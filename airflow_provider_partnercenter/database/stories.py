"""What happened to customers: in a run or a task by their XComs, and before by the events of verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from airflow_provider_partnercenter.database.page import History, Stories


def stories_of(
    session: Session,
    dag_ids: Collection[str],
    dag_id: str,
    run_id: str,
    task_id: str | None = None,
    map_index: int | None = None,
    *,
    now: datetime,
    limit: int = 100,
) -> Stories:
    """
    Return the stories of a run, of a task in it, or of one of its mapped instances.

    :param dag_ids: the DAGs that the user may read; of Airflow's filters the ``value``. Nothing is found of others.
    :param limit: how many stories to return at most.
    """
    raise NotImplementedError


def history(
    session: Session,
    dag_ids: Collection[str],
    *,
    customer_id: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> History:
    """
    Return the verdicts of the past, from the asset events that tasks emitted.

    Only events that a task of a readable DAG emitted are shown: an event from elsewhere names nobody who may read it.

    :param dag_ids: see :func:`stories_of`.
    :param customer_id: only those of this customer.
    """
    raise NotImplementedError
