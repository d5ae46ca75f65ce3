from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError

from airflow_provider_partnercenter.database import reading


@pytest.fixture
def asked(monkeypatch):
    """Let Airflow have a session that only takes notes, of the database that a test names."""

    def of(dialect):
        statements = []
        bind = SimpleNamespace(dialect=SimpleNamespace(name=dialect))
        session = SimpleNamespace(get_bind=lambda: bind, execute=lambda statement: statements.append(str(statement)))
        monkeypatch.setattr(reading, "create_session", lambda: contextlib.nullcontext(session))
        return statements

    return of


@pytest.mark.parametrize(
    ("dialect", "statements"), [("postgresql", ["SET LOCAL jit = off"]), ("sqlite", []), ("mysql", [])]
)
def test_postgresql_is_asked_not_to_compile(asked, dialect, statements):
    found = asked(dialect)
    with reading.reading():
        assert found == statements


@pytest.mark.parametrize(
    "problem", [OperationalError("select secrets", {}, Exception("no such table")), RuntimeError("no access here")]
)
def test_a_query_that_fails_says_nothing_of_itself(asked, problem):
    asked("sqlite")
    with pytest.raises(reading.NoDatabaseError) as refusal, reading.reading():
        raise problem
    assert str(refusal.value) == type(problem).__name__
    assert refusal.value.__cause__ is None


def test_other_errors_are_not_hidden(asked):
    asked("sqlite")
    with pytest.raises(KeyError), reading.reading():
        raise KeyError
