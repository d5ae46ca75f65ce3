"""The tables are Airflow's own, in a database of SQLite that nobody else uses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from airflow_provider_partnercenter.database.page import SignInRow
from airflow_provider_partnercenter.database.sign_ins import sign_ins
from airflow_provider_partnercenter.storage.shown.sign_ins import SignInRecord

RECORD = SignInRecord("App+User", "2026-11-27T08:00:00+00:00", True, "2026-11-01T08:00:00+00:00", None, "note")


@pytest.fixture
def put(database):
    from airflow.models.variable import Variable

    def put(key, text):
        database.add(Variable(key=key, val=text))
        database.flush()

    return put


def test_the_last_sign_ins(database, put):
    put("partnercenter_sign_in.b", RECORD.to_text())
    put("partnercenter_sign_in.a", SignInRecord("App-only", "2026-11-27T08:00:00+00:00").to_text())
    put("partnercenter_sign_in.broken", "{")
    put("partnercenterXsign_in.x", RECORD.to_text())
    put("refresh_token", "a secret")
    asked = []

    def may_read(ids):
        asked.append(ids)
        return ids

    first, second = sign_ins(database, may_read)
    assert asked == [{"a", "b", "broken"}]
    at = datetime(2026, 11, 27, 8, tzinfo=UTC)
    assert first == SignInRow("a", "App-only", signed_in_at=at)
    assert second == SignInRow("b", "App+User", True, at, datetime(2026, 11, 1, 8, tzinfo=UTC), None, "note")


@pytest.mark.parametrize("readable", [set(), {"another"}])
def test_rights(database, put, readable):
    put("partnercenter_sign_in.a", RECORD.to_text())
    assert sign_ins(database, lambda ids: readable) == ()


def test_nobody_has_signed_in(database):
    def nobody_is_asked(ids):
        raise AssertionError

    assert sign_ins(database, nobody_is_asked) == ()


def test_a_variable_of_another_fernet_key(database, put):
    from airflow.models.variable import Variable

    put("partnercenter_sign_in.a", RECORD.to_text())
    database.query(Variable).update({"_val": "of another key", "is_encrypted": True})
    database.expire_all()
    assert sign_ins(database, lambda ids: ids) == ()
