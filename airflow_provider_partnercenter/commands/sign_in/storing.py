"""Find a connection, and store it in Airflow's database, whose exceptions quote values and are not shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.commands.sign_in.draft import Draft, read_draft
from airflow_provider_partnercenter.commands.sign_in.telling import refusal_to_store
from airflow_provider_partnercenter.compat import AirflowNotFoundException
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.hooks.proofs import SECRET_FIELD
from airflow_provider_partnercenter.storage.sources import Place, Source, sources_of_connection

if TYPE_CHECKING:
    from airflow.sdk import Connection


def find(conn_id: str) -> Draft | None:
    """
    Return the connection that Airflow finds, wherever it is; ``None`` if there is none.

    :raises PartnerCenterConfigurationError: if it is another one than to Partner Center.
    """
    connection = _read(conn_id)
    return read_draft(connection) if connection else None


def check_place(conn_id: str, *, replace: bool) -> None:
    """
    Check that a connection can be stored in Airflow's database, and that Airflow will find it there.

    :raises PartnerCenterConfigurationError: if it cannot.
    """
    if refusal := refusal_to_store(conn_id, sources_of_connection(conn_id), replace=replace):
        raise refusal


def store(draft: Draft, *, replace: bool) -> None:
    """
    Store a connection in Airflow's database. What a draft does not have stays: the description and the team.

    :param replace: whether an existing one may be changed.
    :raises PartnerCenterConfigurationError: if it was not stored.
    """
    from airflow.models.connection import Connection as StoredConnection
    from airflow.utils.session import create_session
    from sqlalchemy import select
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with create_session() as session:
            row = session.scalar(select(StoredConnection).where(StoredConnection.conn_id == draft.conn_id))
            there = [Source(Place.DATABASE, "Airflow's database")] if row else []
            # Somebody may have made it while the user signed in.
            if refusal := refusal_to_store(draft.conn_id, there, replace=replace):
                raise refusal
            if row is None:
                row = StoredConnection(conn_id=draft.conn_id)
                session.add(row)
            for name, value in draft.standard.items():
                setattr(row, name, value)
            row.extra = json.dumps(dict(draft.extra))
            if not draft.standard.get(SECRET_FIELD):
                # Airflow ignores it if the password is set to none.
                row._password = None
    except SQLAlchemyError as problem:
        raise PartnerCenterConfigurationError(
            f"Connection {draft.conn_id!r} could not be stored in Airflow's database ({type(problem).__name__})",
            hint="check the database of this Airflow (airflow db check), or use --print, which stores nothing",
        ) from None


def is_found(draft: Draft) -> bool:
    """Return whether Airflow now finds what was stored."""
    connection = _read(draft.conn_id)
    return bool(connection and connection.extra_dejson.get("refresh_token") == draft.extra["refresh_token"])


def _read(conn_id: str) -> Connection | None:
    try:
        return PartnerCenterHook.get_connection(conn_id)
    except AirflowNotFoundException:
        return None
