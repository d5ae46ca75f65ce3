"""The last sign-in of each connection, as workers and triggerers have recorded it: without a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy.orm import Session

    from airflow_provider_partnercenter.database.page import SignInRow


def sign_ins(session: Session, may_read: Callable[[set[str]], Collection[str]]) -> tuple[SignInRow, ...]:
    """
    Return the last sign-ins, by connection. No connection is read, and nobody signs in.

    :param may_read: takes the ids of the connections, and returns those that the user may read, for example
        ``lambda ids: auth_manager.filter_authorized_connections(conn_ids=ids, user=user)``.
    """
    raise NotImplementedError
