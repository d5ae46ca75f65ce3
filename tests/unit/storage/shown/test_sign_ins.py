from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.auth.tokens import MemoryRefreshTokenStore
from airflow_provider_partnercenter.storage.refresh_tokens import VariableRefreshTokenStore
from airflow_provider_partnercenter.storage.shown import sign_ins
from airflow_provider_partnercenter.storage.shown.sign_ins import SignInRecord, due, note_sign_in
from airflow_provider_partnercenter.storage.stored_token import StoredToken
from airflow_provider_partnercenter.storage.variables import VariableError

RECORD = SignInRecord("App+User", "2026-11-27T08:00:00+00:00", True, "2026-11-01T08:00:00+00:00", "2027-01-30T08:00:00")
USER = Credentials("app", "tenant", "https://login", "scope", refresh_token="seed", connection="partner")
STORED = StoredToken("a secret", datetime(2026, 11, 1, 8, tzinfo=UTC), "seed")


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (None, RECORD, True),
        (RECORD, RECORD, False),
        (RECORD, replace(RECORD, signed_in_at="2026-11-28T07:59:59+00:00"), False),
        (RECORD, replace(RECORD, signed_in_at="2026-11-28T08:00:00+00:00"), True),
        (RECORD, replace(RECORD, mfa=False), True),
        (RECORD, replace(RECORD, mode="App-only"), True),
        (RECORD, replace(RECORD, renewed_at="2026-11-27T08:00:00+00:00"), True),
        (RECORD, replace(RECORD, note="read me"), True),
        (replace(RECORD, signed_in_at="yesterday"), RECORD, True),
    ],
)
def test_when_it_is_written(before, after, wanted):
    assert due(before, after) is wanted


def test_it_is_read_as_it_was_written():
    assert SignInRecord.from_text(RECORD.to_text()) == RECORD


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"mode": 1, "signed_in_at": "x"}', '"App-only"'])
def test_what_is_no_record(text):
    with pytest.raises(ValueError):  # noqa: PT011  # of JSON, or ours
        SignInRecord.from_text(text)


class World:
    """Variables, and who reads and writes them."""

    def __init__(self):
        self.values, self.calls, self.writable, self.problem, self.now = {}, [], True, None, 1.8e9

    def variable(self, name, description):
        def read():
            self.calls.append("read")
            if self.problem:
                raise self.problem
            return self.values.get(name)

        def write(text):
            self.calls.append("write")
            self.values[name] = text

        return SimpleNamespace(writable=self.writable, read=read, write=write)

    @property
    def record(self):
        return SignInRecord.from_text(self.values["partnercenter_sign_in.partner"])


@pytest.fixture
def world(monkeypatch):
    world = World()
    monkeypatch.setattr(sign_ins, "AirflowVariable", world.variable)
    monkeypatch.setattr(sign_ins, "_seen", {})
    monkeypatch.setattr(clock, "source", SimpleNamespace(now=lambda: world.now))
    return world


def store(stored=STORED):
    found = VariableRefreshTokenStore("seed", SimpleNamespace(name="v"))
    found.stored = stored
    return found


def test_what_is_recorded(world):
    note_sign_in(USER, store())
    record = world.record
    assert (record.mode, record.mfa, record.note) == ("App+User", None, None)
    assert (record.renewed_at, record.dies_at) == ("2026-11-01T08:00:00+00:00", "2027-01-30T08:00:00+00:00")
    assert record.signed_in_at == "2027-01-15T08:00:00+00:00"
    assert "secret" not in world.record.to_text()


@pytest.mark.parametrize(
    ("credentials", "kept", "mode", "noted"),
    [
        (replace(USER, refresh_token=None), MemoryRefreshTokenStore(""), "App-only", False),
        (USER, MemoryRefreshTokenStore("seed"), "App+User", True),
        (USER, store(None), "App+User", True),
    ],
)
def test_without_a_stored_token(world, credentials, kept, mode, noted):
    note_sign_in(credentials, kept)
    record = world.record
    assert (record.mode, record.renewed_at, record.dies_at, bool(record.note)) == (mode, None, None, noted)


def test_a_triggerer_records_nothing(world, monkeypatch):
    """All its waits would stand still meanwhile."""
    monkeypatch.setattr(sign_ins, "is_of_triggerer", lambda channel: True)
    note_sign_in(USER, store())
    assert world.calls == []


def test_it_costs_next_to_nothing(world):
    for _ in range(24):
        note_sign_in(USER, store())
        world.now += 3500
    assert world.calls == ["read", "write"]
    world.now += 3600
    note_sign_in(USER, store())
    assert world.calls == ["read", "write"] * 2


def test_what_another_process_has_written_is_not_written_again(world):
    note_sign_in(USER, store())
    sign_ins._seen.clear()
    note_sign_in(USER, store())
    assert world.calls == ["read", "write", "read"]


def test_what_microsoft_said_about_mfa_is_kept(world):
    note_sign_in(USER, store(), mfa=True)
    note_sign_in(USER, store(replace(STORED, issued_at=datetime(2026, 11, 2, tzinfo=UTC))))
    assert (world.record.mfa, world.record.renewed_at) == (True, "2026-11-02T00:00:00+00:00")
    note_sign_in(USER, store(), mfa=False)
    assert world.record.mfa is False


def test_what_cannot_be_read_is_replaced(world):
    world.values["partnercenter_sign_in.partner"] = "{"
    note_sign_in(USER, store())
    assert world.record.mode == "App+User"


def test_nothing_comes_of_a_failure(world):
    world.problem = VariableError("no access")
    note_sign_in(USER, store())
    assert world.calls == ["read"]


@pytest.mark.parametrize(("credentials", "writable"), [(USER, False), (replace(USER, connection=None), True)])
def test_who_records_nothing(world, credentials, writable):
    world.writable = writable
    note_sign_in(credentials, store())
    assert world.calls == []
