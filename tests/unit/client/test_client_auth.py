from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from json import JSONDecodeError
from types import SimpleNamespace

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from msal.exceptions import MsalServiceError

from airflow_provider_partnercenter.client.auth import (
    RENEWAL_LEAD,
    Credentials,
    MemoryRefreshTokenStore,
    TokenSource,
)
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterConfigurationError,
    PartnerCenterMfaRequiredError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterUnexpectedResponseError,
)
from airflow_provider_partnercenter.client.exchange import TransportError


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
        self.now, self.application, self.secrets = 1000.0, application, []
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

    @pytest.mark.parametrize(("life", "kept"), [(3600, 3480), ("3600", 3480), (240, 120), (60, 30), (0, 0), (None, 0)])
    def test_how_long_it_is_kept(self, life, kept):
        bureau = Bureau(Application(life=life))
        bureau.source.get()
        bureau.now += kept
        assert bureau.source.cached() is None
        if kept:
            bureau.now -= 0.5
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

    def test_every_secret_received_is_told(self):
        bureau = Bureau(Application({"access_token": "a", "expires_in": 60, "refresh_token": "r-2"}), "r-1")
        bureau.source.get()
        assert set(bureau.secrets) == {"a", "r-2"}


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


def http_error(status):
    return requests.HTTPError("x", response=SimpleNamespace(status_code=status))


@pytest.mark.parametrize(
    ("answer", "cls", "retryable", "text"),
    [
        ({"error": "invalid_client"}, PartnerCenterAuthenticationError, False, "App-only"),
        ({"error": "x", "error_codes": [50076]}, PartnerCenterMfaRequiredError, False, "sign in again"),
        ({"error": "server_error"}, PartnerCenterServiceUnavailableError, True, "server_error"),
        (http_error(503), PartnerCenterServiceUnavailableError, True, "HTTP 503"),
        (TransportError("x"), PartnerCenterServiceUnavailableError, True, "login.example.test"),
        (
            TransportError("x", permanent=True, hint="ca_bundle"),
            PartnerCenterServiceUnavailableError,
            False,
            "ca_bundle",
        ),
        (ValueError("x"), PartnerCenterAuthenticationError, False, "tenant_id"),
        (
            MsalServiceError("HTTP Error: 503", error="x", error_description="y"),
            PartnerCenterServiceUnavailableError,
            True,
            "503",
        ),
        (JSONDecodeError("x", "", 0), PartnerCenterUnexpectedResponseError, True, "what answered is not"),
        (RuntimeError("redirect"), PartnerCenterUnexpectedResponseError, False, "'authority'"),
    ],
    ids=["refused", "mfa", "passing", "http", "timeout", "tls", "tenant", "http-of-newer-msal", "page", "redirect"],
)
def test_what_goes_wrong_says_what_to_do(answer, cls, retryable, text):
    bureau = Bureau(Application(answer))
    with pytest.raises(cls) as caught:
        bureau.source.get()
    assert type(caught.value) is cls
    assert caught.value.retryable is retryable
    assert text in str(caught.value)
    assert bureau.source.cached() is None


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


KEY, OTHER_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
DAY = datetime(2024, 1, 1, tzinfo=UTC)
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
CERTIFICATE = (
    x509.CertificateBuilder(NAME, NAME, KEY.public_key(), 1, DAY, DAY + timedelta(days=1))
    .sign(KEY, SHA256())
    .public_bytes(Encoding.PEM)
    .decode()
)


@pytest.mark.parametrize(
    ("private_key", "certificate", "field"),
    [
        ("not a key", CERTIFICATE, "'client_certificate_private_key'"),
        (pem(KEY), "not a certificate", "'client_certificate'"),
        (pem(OTHER_KEY), CERTIFICATE, "'client_certificate_private_key' .* does not belong"),
        (pem(KEY), CERTIFICATE, "'client_certificate_private_key' .* is not an RSA key"),
    ],
    ids=["no-key", "no-certificate", "no-pair", "no-rsa"],
)
def test_a_certificate_that_cannot_be_used_is_refused_by_the_field_s_name(private_key, certificate, field):
    credentials = Credentials("a", "t", "https://l.test", "s", private_key=private_key, certificate=certificate)
    with pytest.raises(PartnerCenterConfigurationError, match=field) as caught:
        TokenSource(credentials, SimpleNamespace()).get()
    assert private_key not in str(caught.value)


def test_a_store_that_cannot_be_used_says_so_itself():
    class Shadowed(MemoryRefreshTokenStore):
        def load(self):
            raise PartnerCenterConfigurationError("'credential_variable' is shadowed")

    with pytest.raises(PartnerCenterConfigurationError, match="shadowed"):
        Bureau(Application(), "r", refresh_tokens=Shadowed("r")).source.get()
