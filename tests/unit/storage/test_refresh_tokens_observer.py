"""What the store of a refresh token tells its observer."""

from __future__ import annotations

from typing import Any

from airflow_provider_partnercenter.storage.refresh_tokens import RefreshTokenSeen, VariableRefreshTokenStore
from tests.unit.storage.test_refresh_tokens import DAY, NOW, Clock, Variable, stored


def watched(text):
    events: list[Any] = []
    return VariableRefreshTokenStore("ours", Variable(text), Clock(), observer=events.append), events


def seen(expires_at):
    return RefreshTokenSeen(began_at=NOW.timestamp(), seconds=0.0, expires_at=expires_at.timestamp())


def test_a_sign_in_tells_when_the_stored_token_expires():
    store, events = watched(stored(age=80 * DAY).to_text())
    store.load()
    assert events == [seen(NOW + 10 * DAY)]
    store.save("successor")
    assert events[1:] == [seen(NOW + 90 * DAY)]


def test_a_token_that_is_not_stored_has_no_known_end():
    store, events = watched(None)
    store.load()
    assert events == []


def test_what_is_not_written_is_not_told():
    store, events = watched(stored(age=0 * DAY).to_text())
    store.save("successor")
    assert events == []
