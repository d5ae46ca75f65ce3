"""What happened to customers: in a run or a task by their XComs, and before by the events of verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.models.asset import AssetEvent, AssetModel, TaskOutletAssetReference
from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from sqlalchemy import String, cast, func, select

from airflow_provider_partnercenter.assets import VERDICTS
from airflow_provider_partnercenter.compat import EVENTS_HAVE_PARTITIONS
from airflow_provider_partnercenter.database.bulk_tasks import bulk_rows
from airflow_provider_partnercenter.database.customers import row_of
from airflow_provider_partnercenter.database.page import History, Stories, Story, TaskKey
from airflow_provider_partnercenter.database.rows import past_verdict, story_entries
from airflow_provider_partnercenter.database.told import told, with_values

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


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
    mine = {dag_id} & set(dag_ids)
    there = _conditions(dag_id, run_id, task_id, map_index)
    all_told = told(mine, *there)
    numbered = select(all_told, func.count().over().label("total"))
    some = numbered.order_by(all_told.c.changed_at, all_told.c.map_index).limit(limit).subquery("some")
    rows = session.execute(with_values(some).order_by(some.c.changed_at, some.c.map_index)).all()
    return Stories(
        tuple(Story(row_of(row, now), story_entries(row.value, row.approved_at)) for row in rows),
        rows[0].total if rows else 0,
        bulk_rows(session, mine, conditions=there, limit=limit)[0],
    )


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
    named = select(TaskOutletAssetReference.asset_id).where(TaskOutletAssetReference.dag_id.in_(list(dag_ids)))
    ours = AssetModel.uri.like(VERDICTS)
    found = session.execute(select(AssetModel.id, AssetModel.uri).where(ours, AssetModel.id.in_(named)))
    assets = {row.id: row.uri for row in found}
    if not assets:
        return History()
    conditions: list[Any] = [AssetEvent.asset_id.in_(list(assets)), AssetEvent.source_dag_id.in_(list(dag_ids))]
    if customer_id:
        conditions.append(_about(customer_id.lower()))
    order = (AssetEvent.timestamp.desc(), AssetEvent.id.desc())
    columns = [getattr(AssetEvent, name) for name in ("timestamp", "asset_id", "extra", *_SOURCE, *_KEY)]
    rows = session.execute(select(*columns).where(*conditions).order_by(*order).limit(limit + 1).offset(offset)).all()
    verdicts = (
        past_verdict(
            row.extra,
            row.partition_key if _KEY else None,
            at=row.timestamp,
            asset=assets[row.asset_id],
            task=TaskKey(row.source_dag_id, row.source_run_id, row.source_task_id, row.source_map_index),
        )
        for row in rows[:limit]
    )
    return History(tuple(sorted(assets.values())), tuple(filter(None, verdicts)), more=len(rows) > limit)


_SOURCE = ("source_dag_id", "source_run_id", "source_task_id", "source_map_index")
_KEY = ("partition_key",) if EVENTS_HAVE_PARTITIONS else ()


def _conditions(dag_id: str, run_id: str, task_id: str | None, map_index: int | None) -> list[ColumnElement[bool]]:
    # By the number of the run, by which the primary key of XComs begins.
    run = select(DagRun.id).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id).scalar_subquery()
    conditions: list[Any] = [XComModel.dag_run_id == run]
    if task_id is not None:
        conditions.append(XComModel.task_id == task_id)
    if map_index is not None:
        conditions.append(XComModel.map_index == map_index)
    return conditions


def _about(customer_id: str) -> ColumnElement[bool]:
    if EVENTS_HAVE_PARTITIONS:
        return AssetEvent.partition_key == customer_id
    # Then an event is of a task for one customer, and nothing else in it has the form of this id but other ids.
    return cast(AssetEvent.extra, String).contains(customer_id, autoescape=True)
