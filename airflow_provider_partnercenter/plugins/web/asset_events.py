"""Store a webhook as an asset event in Airflow's database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow.assets.manager import asset_manager
from airflow.models.asset import AssetEvent, AssetModel
from airflow.utils.session import create_session
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from airflow_provider_partnercenter.client import clock

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from airflow_provider_partnercenter.qualification.webhooks.event import WebhookEvent


class NotStoredError(Exception):
    """
    An event could not be stored at the moment; the text says why.

    What to do: the reason says it. Microsoft sends the event again.
    """


def store(event: WebhookEvent, asset_name: str, known_for: float) -> bool:
    """
    Store an event. Its partition key is the customer, and its extra has the ``event_id``.

    :param asset_name: the name of the asset.
    :param known_for: for how many seconds an event that comes again is not stored again.
    :return: whether it was stored now; ``False`` if it is stored already.
    :raises NotStoredError: if no DAG would start because of it, or the database fails. Nothing is stored then.
    """
    try:
        with create_session() as session:
            asset = session.scalar(select(AssetModel).where(AssetModel.name == asset_name, AssetModel.active.has()))
            if asset is None:
                raise NotStoredError(f"no DAG uses the asset {asset_name!r}")
            if _is_stored(event, asset, known_for, session):
                return False
            stored = asset_manager.register_asset_change(
                asset=asset,
                extra={"event_id": event.event_id},
                partition_key=event.customer_id,
                source_is_api=True,
                session=session,
            )
            # Airflow drops an event that nobody waits for, and says nothing. Microsoft repeats one that is not taken.
            if stored is None or not _is_queued(stored, session):
                raise NotStoredError(
                    f"no DAG that is switched on has a PartitionedAssetTimetable on the asset {asset_name!r}"
                )
    except (SQLAlchemyError, RuntimeError) as problem:  # Airflow raises the latter for a DAG that is just being parsed
        raise NotStoredError(f"Airflow's database fails ({type(problem).__name__})") from None
    return True


def _is_stored(event: WebhookEvent, asset: AssetModel, known_for: float, session: Session) -> bool:
    since = datetime.fromtimestamp(clock.now(), UTC) - timedelta(seconds=known_for)
    query = select(AssetEvent.extra).where(
        AssetEvent.asset_id == asset.id, AssetEvent.timestamp > since, AssetEvent.partition_key == event.customer_id
    )
    return any(extra.get("event_id") == event.event_id for extra in session.scalars(query))


def _is_queued(stored: AssetEvent, session: Session) -> bool:
    # Airflow has it since 3.2. On an older one the receiver says what it needs, for which this module must be there.
    from airflow.models.asset import PartitionedAssetKeyLog

    session.flush()
    # There is no index for this, so the newest are looked at first.
    query = select(PartitionedAssetKeyLog.id).where(PartitionedAssetKeyLog.asset_event_id == stored.id)
    return session.scalar(query.order_by(PartitionedAssetKeyLog.id.desc()).limit(1)) is not None
