"""A session that reads Airflow's database, for one part of a page."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from airflow.utils.session import create_session
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session


class NoDatabaseError(Exception):
    """Airflow's database cannot be read here; the text says why."""


@contextlib.contextmanager
def reading() -> Iterator[Session]:
    """
    Give a session of its own, so that a query that fails spoils nothing but its own part.

    :raises NoDatabaseError: if the database cannot be read. The text has the kind of the problem, and nothing of the
        query.
    """
    try:
        with create_session() as session:
            if session.get_bind().dialect.name == "postgresql":
                # To compile a query of a page takes PostgreSQL several times as long as to run it.
                session.execute(text("SET LOCAL jit = off"))
            yield session
    # The second one: this process has no access to the database at all.
    except (SQLAlchemyError, RuntimeError) as problem:
        raise NoDatabaseError(type(problem).__name__) from None
