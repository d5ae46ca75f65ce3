"""Store a webhook as an asset event in Airflow's database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.assets.manager import asset_manager
from airflow.models.asset import (
    AssetModel,
    DagScheduleAssetNameReference,
    DagScheduleAssetReference,
    DagScheduleAssetUriReference,
)
from airflow.models.dag import DagModel
from airflow.utils.session import create_session
from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from airflow_provider_partnercenter.qualification.webhooks.event import WebhookEvent


class NotStoredError(Exception):
    """An event could not be stored at the moment; the text says why."""


def store(event: WebhookEvent, asset_name: str) -> None:
    """
    Store an event. Its partition key is the customer, and its extra has the ``event_id``.

    :param asset_name: the name of the asset.
    :raises NotStoredError: if no active DAG would start because of it, or the database fails. Nothing is stored then.
    """
    try:
        with create_session() as session:
            asset = session.scalar(select(AssetModel).where(AssetModel.name == asset_name, AssetModel.active.has()))
            if asset is None:
                raise NotStoredError(f"no DAG uses the asset {asset_name!r}")
            # Airflow drops an event that nobody waits for, and Microsoft repeats one that is not taken.
            if not _somebody_waits(asset, session):
                raise NotStoredError(f"no DAG that is scheduled on the asset {asset_name!r} is switched on")
            asset_manager.register_asset_change(
                asset=asset,
                extra={"event_id": event.event_id},
                partition_key=event.customer_id,
                source_is_api=True,
                session=session,
            )
    except SQLAlchemyError as problem:
        raise NotStoredError(f"Airflow's database fails ({type(problem).__name__})") from None


def _somebody_waits(asset: AssetModel, session: Session) -> bool:
    scheduled = or_(
        DagModel.dag_id.in_(
            select(DagScheduleAssetReference.dag_id).where(DagScheduleAssetReference.asset_id == asset.id)
        ),
        DagModel.dag_id.in_(
            select(DagScheduleAssetNameReference.dag_id).where(DagScheduleAssetNameReference.name == asset.name)
        ),
        DagModel.dag_id.in_(
            select(DagScheduleAssetUriReference.dag_id).where(DagScheduleAssetUriReference.uri == asset.uri)
        ),
    )
    active = select(DagModel.dag_id).where(DagModel.is_paused.is_(False), DagModel.is_stale.is_(False), scheduled)
    return session.scalar(active.limit(1)) is not None
