"""The last sign-in of each connection, as tasks have recorded it: without a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.models.variable import Variable
from sqlalchemy import and_, select

from airflow_provider_partnercenter.client.wire import parse_date
from airflow_provider_partnercenter.database.page import SignInRow
from airflow_provider_partnercenter.storage.shown.sign_ins import PREFIX, SignInRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

# PostgreSQL's index serves a LIKE only in a database that sorts by bytes, but a range in all. Languages disagree about
# the order of punctuation, and Hawaiian has "o" before "n", but in all of them "…_in.", whatever follows, comes before
# "…_j". What else is in the range is left out by the LIKE.
_AFTER = "partnercenter_sign_j"


def sign_ins(session: Session, may_read: Callable[[set[str]], Collection[str]]) -> tuple[SignInRow, ...]:
    """
    Return the last sign-ins, by connection. No connection is read, and nobody signs in.

    :param may_read: takes the ids of the connections, and returns those that the user may read, for example
        ``lambda ids: auth_manager.filter_authorized_connections(conn_ids=ids, user=user)``.
    """
    key: Any = Variable.key
    ours = and_(key >= PREFIX, key < _AFTER, key.startswith(PREFIX, autoescape=True))
    keys = {found.removeprefix(PREFIX): found for found in session.scalars(select(key).where(ours))}
    readable = [keys[conn_id] for conn_id in may_read(set(keys)) if conn_id in keys] if keys else []
    if not readable:
        return ()
    # Only these are decrypted.
    found = session.scalars(select(Variable).where(ours, key.in_(readable)).order_by(key))
    return tuple(filter(None, (_row(variable.key.removeprefix(PREFIX), variable.val) for variable in found)))


def _row(conn_id: str, text: str | None) -> SignInRow | None:
    try:
        record = SignInRecord.from_text(text or "")
    except ValueError:
        return None
    return SignInRow(
        conn_id,
        record.mode,
        record.mfa,
        _date(record.signed_in_at),
        _date(record.renewed_at),
        _date(record.dies_at),
        record.note,
    )


def _date(text: str | None) -> datetime | None:
    return parse_date(text) if text else None
