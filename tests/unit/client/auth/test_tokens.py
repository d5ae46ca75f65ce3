from __future__ import annotations

import threading
from json import JSONDecodeError

import pytest

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.auth.tokens import RENEWAL_LEAD, MemoryRefreshTokenStore, TokenSource
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterClientCredentialError,
    PartnerCenterConfigurationError,
    PartnerCenterLoginUnavailableError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterUnexpectedResponseError,
)
from airflow_provider_partnercenter.client.protocol.commands import TransportError


class Application:
    """Stands in for MSAL: gives tokens that count up, or what a test says."""

    def __init__(self, *answers, life=3600):
        self.answers, self.life, self.calls, self.removed = list(answers), life, [], 0

    def acquire_token_for_client(self, scopes):
        return self._answer(scopes)

    def acquire_token_by_refresh_token(self, refresh_token, scopes):
        return self._answer([refresh_token, *scopes])

    def remove_tokens_for_client(self):
        self.removed += 1

    def _answer(self, arguments):
        self.calls.append(arguments)
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, Exception):
            raise answer
        return {"access_token": f"t-{len(self.calls)}", "expires_in": self.life} if answer == {} else answer


class Bureau:
    """A token source on a stand-in of MSAL and a clock that moves when told."""

    def __init__(self, application, refresh_token=None, **options):
        self.now, self.application = 1000.0, application
        self.secrets: list[str] = []
        credentials = Credentials(
            "app", "tenant", "https://login.example.test", "scope", client_secret="s", refresh_token=refresh_token
        )
        self.source = TokenSource(credentials, None, on_secret=self.secrets.append, clock=lambda: self.now, **options)
        self.source._application = application


class TestRenewal:
    def test_a_token_is_kept_until_shortly_before_its_end(self):
        bureau = Bureau(Application(life=3600))
        assert bureau.source.cached() is None
        assert bureau.source.get() == "t-1"
        bureau.now += 3600 - RENEWAL_LEAD - 1
        assert bureau.source.get() == bureau.source.cached() == "t-1"
        bureau.now += 1
        assert bureau.source.cached() is None
        assert bureau.source.get() == "t-2"

    @pytest.mark.parametrize(("life", "kept"), [(3600, 3480), ("3600", 3480), (240, 120), (60, 30), (3599.0, 3479)])
    def test_how_long_it_is_kept(self, life, kept):
        bureau = Bureau(Application(life=life))
        bureau.source.get()
        bureau.now += kept
        assert bureau.source.cached() is None
        bureau.now -= 0.5
        assert bureau.source.cached() == "t-1"

    @pytest.mark.parametrize("life", [0, -1, None, "soon", [], float("nan")])
    def test_a_life_that_nobody_can_tell_is_the_usual_hour(self, life):
        """Else every call would sign in anew."""
        bureau = Bureau(Application(life=life))
        bureau.source.get()
        bureau.now += 3599 - RENEWAL_LEAD - 1
        assert bureau.source.cached() == "t-1"

    def test_a_refused_token_is_not_given_again(self):
        bureau = Bureau(Application())
        bureau.source.get()
        assert bureau.source.cached("t-1") is None
        assert bureau.source.get("t-1") == "t-2"
        assert bureau.application.removed == 1

    def test_who_was_refused_an_older_token_gets_the_present_one(self):
        bureau = Bureau(Application())
        bureau.source.get()
        bureau.source.get("t-1")
        assert bureau.source.get("t-1") == "t-2"
        assert len(bureau.application.calls) == 2

    def test_threads_share_one_renewal(self):
        bureau, tokens = Bureau(Application()), []
        threads = [threading.Thread(target=lambda: tokens.append(bureau.source.get())) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert tokens == ["t-1"] * 10

    def test_who_waited_while_a_sign_in_failed_fails_with_it(self):
        bureau = Bureau(Application(TransportError("gone")))
        errors = []
        for _ in range(3):
            with pytest.raises(PartnerCenterLoginUnavailableError) as caught:
                bureau.source.get(failures=0)
            errors.append(caught.value)
        assert len(bureau.application.calls) == 1
        assert len({id(error) for error in errors}) == 3
        bureau.application.answers.append({})
        assert bureau.source.get() == "t-2", "who comes later tries anew"

    def test_a_clock_that_is_set_back_does_not_matter(self):
        source = TokenSource(Credentials("a", "t", "https://l.test", "s", client_secret="x"), None)
        assert source._clock is clock.monotonic

    def test_every_secret_received_is_told(self):
        bureau = Bureau(Application({"access_token": "a", "expires_in": 60, "refresh_token": "r-2"}), "r-1")
        bureau.source.get()
        assert set(bureau.secrets) == {"a", "r-1", "r-2"}
        assert set(bureau.source.secrets) == {"s", "a", "r-1", "r-2"}

    def test_a_refresh_token_that_was_refused_is_told_too(self):
        bureau = Bureau(
            Application({"error": "invalid_grant"}), "seed", refresh_tokens=MemoryRefreshTokenStore("stored")
        )
        with pytest.raises(PartnerCenterAuthenticationError):
            bureau.source.get()
        assert bureau.secrets == ["stored", "stored"]
        assert "stored" in bureau.source.secrets


class TestRefreshToken:
    def test_a_successor_is_used_from_then_on(self):
        answers = [{"access_token": "a", "expires_in": 60, "refresh_token": "r-2"}, {"access_token": "b"}]
        store = MemoryRefreshTokenStore("r-1")
        bureau = Bureau(Application(*answers), "r-1", refresh_tokens=store)
        bureau.source.get()
        bureau.source.get("a")
        assert [call[0] for call in bureau.application.calls] == ["r-1", "r-2"]
        assert store.load() == "r-2"

    def test_without_a_successor_the_old_one_stays(self):
        store = MemoryRefreshTokenStore("r-1")
        Bureau(Application(), "r-1", refresh_tokens=store).source.get()
        assert store.load() == "r-1"

    def test_a_given_store_wins_over_the_seed(self):
        bureau = Bureau(Application(), "seed", refresh_tokens=MemoryRefreshTokenStore("stored"))
        bureau.source.get()
        assert bureau.application.calls == [["stored", "scope"]]


@pytest.mark.parametrize(
    ("answer", "cls", "retryable", "text"),
    [
        ({"error": "invalid_client"}, PartnerCenterClientCredentialError, False, "App-only"),
        ({"error": "x", "error_codes": [53003]}, PartnerCenterAuthenticationError, False, "exempt the application"),
        ({"error": "server_error"}, PartnerCenterLoginUnavailableError, True, "server_error"),
        (TransportError("x"), PartnerCenterLoginUnavailableError, True, "login.example.test"),
        (TransportError("x", permanent=True, hint="ca_bundle"), PartnerCenterLoginUnavailableError, False, "ca_bundle"),
        (ValueError("x"), PartnerCenterAuthenticationError, False, "tenant_id"),
        (JSONDecodeError("x", "", 0), PartnerCenterUnexpectedResponseError, True, "the answer did not come from"),
        (RuntimeError("redirect"), PartnerCenterUnexpectedResponseError, False, "'authority'"),
        (TypeError("x"), PartnerCenterUnexpectedResponseError, True, "the answer did not come from"),
        (AttributeError("x"), PartnerCenterUnexpectedResponseError, True, "the answer did not come from"),
        (KeyError("token_endpoint"), PartnerCenterUnexpectedResponseError, True, "the answer did not come from"),
        ({"access_token": "a\r\nX: 1"}, PartnerCenterUnexpectedResponseError, True, "the answer did not come from"),
        ({"access_token": 7}, PartnerCenterUnexpectedResponseError, True, "the answer did not come from"),
    ],
    ids=[
        "refused",
        "blocked",
        "passing",
        "timeout",
        "tls",
        "tenant",
        "page",
        "redirect",
        "type",
        "shape",
        "member",
        "header",
        "number",
    ],
)
def test_what_goes_wrong_says_what_to_do(answer, cls, retryable, text):
    bureau = Bureau(Application(answer))
    with pytest.raises(cls) as caught:
        bureau.source.get()
    assert type(caught.value) is cls
    assert caught.value.retryable is retryable
    assert text in str(caught.value)
    assert bureau.source.cached() is None


def test_a_store_that_cannot_be_used_says_so_itself():
    class Shadowed(MemoryRefreshTokenStore):
        def load(self):
            raise PartnerCenterConfigurationError("'credential_variable' is shadowed")

    with pytest.raises(PartnerCenterConfigurationError, match="shadowed"):
        Bureau(Application(), "r", refresh_tokens=Shadowed("r")).source.get()


class Away(MemoryRefreshTokenStore):
    """A store whose Airflow is out of reach."""

    def load(self):
        raise PartnerCenterServiceUnavailableError("the Variable could not be read")


def test_a_token_that_cannot_be_read_is_not_replaced_by_another():
    bureau = Bureau(Application(), "seed", refresh_tokens=Away("seed"))
    with pytest.raises(PartnerCenterServiceUnavailableError, match="could not be read") as caught:
        bureau.source.get()
    assert caught.value.retryable
    assert bureau.application.calls == []


def test_an_app_only_connection_asks_no_store():
    bureau = Bureau(Application(), refresh_tokens=Away(""))
    assert bureau.source.get() == "t-1"
