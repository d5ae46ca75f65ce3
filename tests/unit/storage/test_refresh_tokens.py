"""What is kept of a refresh token: which one is used, what is written and when, and what is refused."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterConfigurationError,
    PartnerCenterServiceUnavailableError,
)
from airflow_provider_partnercenter.storage.refresh_tokens import VariableRefreshTokenStore
from airflow_provider_partnercenter.storage.stored_token import StoredToken, seed_of
from airflow_provider_partnercenter.storage.variables import VariableError

NOW = datetime(2026, 11, 3, 6, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SEED = seed_of("ours")


def stored(token="stored", age=2 * DAY, seed=SEED, replaced=()):
    return StoredToken(token, NOW - age, seed, tuple(replaced))


class Variable:
    """A Variable in memory; ``shadow`` answers in its place, ``away`` is raised by reading, writing or both."""

    name = "var"

    def __init__(self, text=None, writable=True):
        self.text, self.writable, self.shadow, self.away, self.writes = text, writable, None, {}, 0

    def read(self):
        if problem := self.away.get("read"):
            raise problem
        return self.shadow if self.shadow is not None else self.text

    def write(self, text):
        if problem := self.away.get("write"):
            raise problem
        self.writes += 1
        self.text = text

    @property
    def entry(self):
        return StoredToken.from_text(self.text)


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


def store(variable, token="ours", clock=None):
    return VariableRefreshTokenStore(token, variable, clock or Clock())


class TestStore:
    def test_it_begins_with_the_connection_s_token(self):
        variable = Variable()
        ours = store(variable)
        assert ours.load() == "ours"
        ours.save("first")
        assert variable.entry == StoredToken("first", NOW, SEED)
        assert ours.load() == store(variable).load() == "first"

    def test_without_a_successor_nothing_is_stored(self):
        variable = Variable()
        assert store(variable).load() == "ours"
        assert variable.text is None

    def test_it_is_written_once_a_day(self):
        variable, clock = Variable(), Clock()
        for hour in range(24 * 10):
            clock.now = NOW + hour * HOUR
            ours = store(variable, clock=clock)
            ours.load()
            ours.save(f"token-{hour}")
        assert variable.writes == 10

    def test_what_others_store_is_seen_at_the_next_sign_in(self):
        variable, clock = Variable(), Clock()
        long_lived, other = store(variable, clock=clock), store(variable, clock=clock)
        long_lived.load()
        long_lived.save("first")
        clock.now += 2 * DAY
        other.load()
        other.save("second")
        assert long_lived.load() == "second"

    def test_what_others_store_during_a_sign_in_is_left_alone(self):
        variable = Variable(stored().to_text())
        ours = store(variable)
        assert ours.load() == "stored"
        variable.text = stored("of-another", age=timedelta()).to_text()
        ours.save("too-late")
        assert variable.entry.refresh_token == "of-another"
        assert variable.writes == 0

    def test_a_new_consent_is_used_at_once_and_replaces_what_is_stored(self):
        variable = Variable(stored("old", age=HOUR, seed=seed_of("before")).to_text())
        ours = store(variable)
        assert ours.load() == "ours"
        ours.save("first")
        assert variable.entry == StoredToken("first", NOW, SEED, (seed_of("before"),))

    def test_a_new_consent_is_used_until_its_successor_could_be_stored(self):
        variable = Variable(stored("old", age=HOUR, seed="before").to_text())
        assert [store(variable).load() for _ in range(2)] == ["ours", "ours"]

    def test_who_holds_the_old_connection_goes_on_with_the_new_consent(self):
        variable = Variable(stored("new", age=9 * DAY, seed="after", replaced=[SEED]).to_text())
        ours = store(variable)
        assert ours.load() == "new"
        ours.save("successor")
        # A connection that was rolled back would let it die otherwise, unnoticed.
        assert variable.entry == StoredToken("successor", NOW, "after", (SEED,))

    def test_a_new_consent_wins_even_if_somebody_deletes_the_variable(self):
        """The history is lost then, so whoever holds the old connection must know by itself that it is the old one."""
        variable, clock = Variable(), Clock()
        before = store(variable, "before", clock)
        before.load()
        before.save("old")
        variable.text = None
        after = store(variable, "after", clock)
        after.load()
        after.save("new")
        clock.now += 2 * DAY
        assert before.load() == "new"
        before.save("successor")
        assert variable.entry.seed == seed_of("after")

    def test_an_old_lineage_that_comes_back_is_replaced_again(self):
        """A process may be held up for long between its last look and its write."""
        variable = Variable(stored("old", seed="before").to_text())
        ours = store(variable)
        ours.load()
        ours.save("first")
        variable.text = stored("held-up", seed="before").to_text()
        assert ours.load() == "ours"
        ours.save("second")
        assert variable.entry.refresh_token == "second"

    def test_nothing_is_stored_where_nothing_may_be(self):
        variable = Variable(stored(age=50 * DAY).to_text(), writable=False)
        variable.away = {"write": AssertionError("written")}
        ours = store(variable)
        assert ours.load() == "stored"
        ours.save("successor")
        assert variable.writes == 0


class TestTrouble:
    def test_a_variable_that_cannot_be_read_is_no_reason_to_use_the_old_token(self):
        variable = Variable(stored().to_text())
        variable.away = {"read": VariableError("API_SERVER_ERROR")}
        with pytest.raises(
            PartnerCenterServiceUnavailableError, match="'var' could not be read: API_SERVER_ERROR"
        ) as e:
            store(variable).load()
        assert e.value.retryable

    def test_a_variable_that_may_not_be_read(self):
        variable = Variable()
        variable.away = {"read": VariableError("denied", permanent=True)}
        with pytest.raises(
            PartnerCenterConfigurationError, match=r"'var' .*'credential_variable'.* cannot be read: denied"
        ):
            store(variable).load()

    @pytest.mark.parametrize("fails", ["read", "write"])
    def test_a_sign_in_does_not_fail_because_its_successor_cannot_be_stored(self, fails, caplog):
        variable = Variable(stored().to_text())
        ours = store(variable)
        ours.load()
        variable.away = {fails: VariableError("API_SERVER_ERROR")}
        with caplog.at_level(logging.WARNING):
            ours.save("secret-successor")
        assert "'var' was not updated: API_SERVER_ERROR" in caplog.text
        assert "secret-successor" not in caplog.text
        variable.away = {}
        assert ours.load() == "stored"

    @pytest.mark.parametrize("text", ["a text of its own", '{"refresh_token": "***", "seed": "s"}', ""])
    def test_something_else_is_neither_used_nor_overwritten(self, text):
        for call in ("load", "save"):
            variable = Variable(text)
            with pytest.raises(PartnerCenterConfigurationError, match=r"'var' .* does not contain") as caught:
                getattr(store(variable), call)(*(["new"] if call == "save" else []))
            assert variable.text == text
            error = caught.value
            # The cause would hold the text.
            assert error.__cause__ is error.__context__ is None
            assert "a text of its own" not in str(error)

    @pytest.mark.parametrize("shadow", [stored(age=3 * DAY).to_text()])
    def test_a_shadowed_variable_is_named(self, shadow):
        variable = Variable()
        variable.shadow = shadow
        ours = store(variable)
        assert ours.load() == "stored"
        with pytest.raises(PartnerCenterConfigurationError, match=r"'var' .* was written, but reading it") as e:
            ours.save("successor")
        assert "secrets backend" in e.value.hint
        assert "AIRFLOW_VAR_VAR" in e.value.hint

    def test_a_write_that_goes_nowhere_is_named(self):
        variable = Variable()
        variable.write = lambda text: None  # type: ignore[method-assign]  # of this one
        with pytest.raises(PartnerCenterConfigurationError, match="reading it returns another value"):
            store(variable).save("successor")

    def test_a_token_that_dies_soon_is_warned_of(self, caplog):
        variable = Variable(stored(age=80 * DAY).to_text())
        with caplog.at_level(logging.WARNING):
            assert store(variable).load() == "stored"
        assert "expires on 13 November 2026" in caplog.text
        assert "keep_partnercenter_signed_in" in caplog.text
