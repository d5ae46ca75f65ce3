"""A database that is away. All else is tested with a real Airflow, in ``tests/events/test_webhooks.py``."""

from __future__ import annotations

import contextlib

import pytest
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from airflow_provider_partnercenter.plugins.web import asset_events
from airflow_provider_partnercenter.plugins.web.asset_events import NotStoredError, store
from airflow_provider_partnercenter.qualification.webhooks.event import read_event
from tests.support.webhooks import signing
from tests.support.webhooks.in_process import body_of

EVENT = read_event(body_of(), signing.NOW)


@pytest.mark.parametrize("when", ["connect", "commit"])
def test_a_database_that_is_away_is_told_in_a_line(monkeypatch, when):
    class Session:
        def scalar(self, query):
            raise OperationalError("select", {}, ConnectionRefusedError("password=secret"))

    @contextlib.contextmanager
    def create_session():
        if when == "connect":
            raise SQLAlchemyError("secret")
        yield Session()

    monkeypatch.setattr(asset_events, "create_session", create_session)
    with pytest.raises(NotStoredError) as problem:
        store(EVENT, "webhooks", known_for=60)
    assert str(problem.value).startswith("Airflow's database fails (")
    assert "secret" not in str(problem.value)
    assert problem.value.__suppress_context__
