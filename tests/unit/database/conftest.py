"""Airflow's own tables, in a database of SQLite that nobody else uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.database import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session


@pytest.fixture
def database() -> Iterator[Session]:
    import airflow.models
    from airflow.models.base import Base
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session

    airflow.models.import_all_models()
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def told_world(database: Session) -> World:
    return World(database)
