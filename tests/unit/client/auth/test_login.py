"""What the login service answers, and the errors that this means."""

from __future__ import annotations

import json

import msal
import pytest
import requests

from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.auth.login import (
    DEFAULT_PAUSE,
    LoginTransport,
    error_from_login_status,
    error_from_token_answer,
)
from airflow_provider_partnercenter.client.auth.tokens import TokenSource
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterClientCredentialError,
    PartnerCenterConfigurationError,
    PartnerCenterError,
    PartnerCenterLoginThrottledError,
    PartnerCenterLoginUnavailableError,
    PartnerCenterMfaRequiredError,
    PartnerCenterRefreshTokenError,
    PartnerCenterUnexpectedResponseError,
)
from tests.support.login_service import Login

Auth, Mfa, Client, Grant, Throttled, Unavailable = (
    PartnerCenterAuthenticationError,
    PartnerCenterMfaRequiredError,
    PartnerCenterClientCredentialError,
    PartnerCenterRefreshTokenError,
    PartnerCenterLoginThrottledError,
    PartnerCenterLoginUnavailableError,
)


@pytest.mark.parametrize(
    ("error", "number", "cls"),
    [
        ("invalid_client", 7000215, Client),
        ("invalid_grant", 700082, Grant),
        ("invalid_grant", 50076, Mfa),
        ("invalid_grant", 65001, Auth),
        ("something_new", None, Auth),
        (None, None, Auth),
        ("temporarily_unavailable", None, Unavailable),
        ("invalid_request", 90033, Unavailable),
        ("invalid_request", 90055, Throttled),
        ("slow_down", None, Throttled),
    ],
)
def test_refusals(error, number, cls):
    answer = {"error": error, "error_codes": number and [number], "correlation_id": "corr"}
    refusal = error_from_token_answer(answer, "App+User")
    assert type(refusal) is cls
    assert refusal.code == (f"AADSTS{number}" if number else error or "no answer")
    assert refusal.retryable is (cls in (Throttled, Unavailable))
    assert refusal.retry_after == (DEFAULT_PAUSE if cls is Throttled else None)
    assert refusal.hint
    assert str(refusal).startswith("Signing in to Microsoft (App+User) failed (code ")
    assert refusal.correlation_id == "corr"


IDS = "Trace ID: 1-a Correlation ID: 2-b Timestamp: 2026-11-03 06:00:00Z"


def test_the_ids_are_no_part_of_what_the_login_service_says():
    answer = {"error": "invalid_client", "error_description": f"AADSTS7000215: Wrong secret. {IDS}"}
    error = error_from_token_answer(answer, "App-only")
    assert (error.description, error.correlation_id) == ("AADSTS7000215: Wrong secret.", "2-b")


def test_an_overloaded_login_service_says_no_ids_either():
    body = {"error": "x", "error_description": f"AADSTS70002: Wait. AADSTS50196: Loop. {IDS}", "error_codes": [70002]}
    error = error_from_login_status("there", 503, json.dumps(body).encode())
    assert type(error) is Throttled
    assert (error.code, error.description) == ("AADSTS50196", "AADSTS70002: Wait. AADSTS50196: Loop.")
    assert error.correlation_id == "2-b"


@pytest.mark.parametrize(
    ("document", "cls", "text"),
    [
        ({"error": "invalid_request", "error_codes": [900382]}, Auth, "check 'cloud'"),
        ({"error": "access_denied", "error_codes": [500021]}, Auth, "tenant restriction"),
        ({"error": "invalid_request", "error_codes": [90033]}, Unavailable, "try again later"),
        ({"message": "Forbidden"}, PartnerCenterUnexpectedResponseError, "did not come from the login service"),
        ({}, PartnerCenterUnexpectedResponseError, "did not come from the login service"),
        ({"error": "invalid_tenant", "error_codes": [90002]}, Auth, "does not know the tenant 'tenant'"),
        ({"error": "invalid_request", "error_codes": [900023]}, Auth, "does not know the tenant 'tenant'"),
    ],
)
def test_a_tenant_is_only_unknown_if_the_login_service_says_so(document, cls, text):
    """MSAL raises the same exception for every answer."""
    credentials = Credentials("app", "tenant", "https://login.example.test", "scope", client_secret="s")
    with pytest.raises(cls, match=text) as caught:
        TokenSource(credentials, Service(400, json.dumps(document).encode())).get()
    assert type(caught.value) is cls


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param((400, b'{"error": "invalid_client"}'), id="refused"),
        pytest.param((400, b'{"error": "invalid_tenant"}'), id="tenant"),
        pytest.param((503, b""), id="outage"),
        pytest.param((429, b""), id="throttled"),
        pytest.param((302, b""), id="redirect"),
        pytest.param((200, b"<html>"), id="page"),
    ],
)
def test_every_failed_sign_in_names_the_connection(answer):
    credentials = Credentials("a", "t", "https://l.test", "s", client_secret="x", connection="partner")
    source = TokenSource(credentials, Service(*answer))
    for _ in range(2):
        with pytest.raises(PartnerCenterError) as caught:
            source.get()
        # Once, although a throttled sign-in fails with the same error again.
        assert str(caught.value).count("partner'") == str(caught.value).startswith("Connection 'partner': Signing in ")


def test_a_certificate_that_cannot_be_used_names_the_connection_too():
    credentials = Credentials("a", "t", "https://l.test", "s", certificate="x", connection="partner")
    with pytest.raises(PartnerCenterConfigurationError, match=r"^Connection 'partner': 'client_certificate' "):
        TokenSource(credentials, Service(200, b"{}")).get()


def test_the_name_of_a_connection_does_not_make_other_credentials():
    one, two = (Credentials("a", "t", "l", "s", client_secret="x", connection=name) for name in ("one", None))
    assert one == two
    assert hash(one) == hash(two)


@pytest.mark.parametrize("nonsense", [None, 7, ["x"], {"x": 1}, "two\r\nlines", "nul\x00", "\ud800"], ids=ascii)
def test_nonsense_of_the_login_service_is_told_on_one_line(nonsense):
    names = ("error", "error_description", "error_codes", "correlation_id")
    error = error_from_token_answer(dict.fromkeys(names, nonsense), "App-only")
    assert str(error).isprintable()
    assert "\ud800" not in str(error)


@pytest.mark.parametrize(
    ("status", "number", "retry_after", "cls", "pause"),
    [
        (200, None, None, None, None),
        (400, 700082, None, None, None),
        (401, 7000215, None, None, None),
        (404, None, None, None, None),
        (408, None, None, Unavailable, None),
        (429, None, None, Throttled, DEFAULT_PAUSE),
        (429, 90055, 30.0, Throttled, 30.0),
        (429, None, 0.0, Throttled, 0.0),
        (500, None, None, Unavailable, None),
        (503, 90033, 7.0, Unavailable, 7.0),
        (503, 50196, None, Throttled, DEFAULT_PAUSE),
        # A refusal that comes with such a status passes all the same.
        (500, 700082, None, Unavailable, None),
    ],
)
def test_statuses(status, number, retry_after, cls, pause):
    body = json.dumps({"error": "x", "error_description": "Because", "error_codes": [number]} if number else {})
    error = error_from_login_status("the login service", status, body.encode(), retry_after)
    if cls is None:
        assert error is None
        return
    assert type(error) is cls
    assert error.retryable
    assert (error.status, error.retry_after) == (status, pause)
    assert "Signing in failed at the login service" in str(error)
    assert error.hint


@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b"\xff"])
def test_an_overloaded_login_service_may_say_anything(body):
    assert type(error_from_login_status("x", 503, body)) is Unavailable


class Bureau:
    """A token source on the real MSAL, a login service that is told what to answer, and a clock that is moved."""

    def __init__(self, *statuses, refresh_token="r", **options):
        self.now = 1000.0
        self.login = Login(lambda: self.now, *statuses, **options)
        credentials = Credentials(
            "app", "tenant", "https://login.example.test", "scope", client_secret="s", refresh_token=refresh_token
        )
        self.source = TokenSource(credentials, self.login, clock=lambda: self.now)


@pytest.mark.parametrize("refresh_token", ["r", None], ids=["app+user", "app-only"])
@pytest.mark.parametrize(("status", "cls"), [(429, Throttled), (503, Unavailable)])
class TestRetryAfter:
    def test_nobody_asks_before_it_is_over(self, refresh_token, status, cls):
        bureau = Bureau(status, Retry_After="30", refresh_token=refresh_token)
        for passed, left in ((0, 30), (1, 29), (29.5, 0.5)):
            bureau.now = 1000 + passed
            with pytest.raises(cls) as caught:
                bureau.source.get()
            assert caught.value.retry_after == pytest.approx(left)
            assert caught.value.status == status
        assert bureau.login.asked == [1000]

    def test_somebody_asks_as_soon_as_it_is_over(self, refresh_token, status, cls):
        bureau = Bureau(status, Retry_After="30", refresh_token=refresh_token)
        with pytest.raises(cls):
            bureau.source.get()
        bureau.now += 30
        assert bureau.source.get() == "t-2"
        assert bureau.login.asked == [1000, 1030]

    def test_each_caller_gets_an_error_of_its_own(self, refresh_token, status, cls):
        bureau = Bureau(status, Retry_After="30", refresh_token=refresh_token)
        errors = []
        for _ in range(2):
            with pytest.raises(cls) as caught:
                bureau.source.get()
            caught.value.request_id = "of the first call"
            errors.append(caught.value)
        assert errors[0] is not errors[1]


def test_a_throttling_login_service_that_does_not_say_how_long_is_left_alone_for_a_while():
    bureau = Bureau(429)
    for _ in range(3):
        with pytest.raises(Throttled):
            bureau.source.get()
    bureau.now += DEFAULT_PAUSE
    assert bureau.source.get() == "t-2"
    assert len(bureau.login.asked) == 2


def test_an_outage_without_retry_after_is_not_remembered():
    """The exchange's own waits keep the calls apart, and MSAL's memory of five seconds would use up two of them."""
    bureau = Bureau(503, 500)
    for _ in range(2):
        with pytest.raises(Unavailable):
            bureau.source.get()
    assert bureau.source.get() == "t-3"


def test_discovery_that_is_throttled_counts_too():
    bureau = Bureau(discovery=429, Retry_After="9")
    with pytest.raises(Throttled) as caught:
        bureau.source.get()
    assert caught.value.retry_after == 9
    assert bureau.login.asked == []


def test_what_msal_would_do_by_itself():
    """It keeps the refusal, hides for how long, and calls it an answer: why the transport raises in its place."""
    login = Login(lambda: 0, 429, Retry_After="30")
    application = msal.ConfidentialClientApplication(
        "app",
        client_credential="s",
        authority="https://login.example.test/tenant",
        http_client=login,
        instance_discovery=False,
    )
    answers = [application.acquire_token_by_refresh_token("r", ["scope"]) for _ in range(3)]
    assert answers == [{"error": "temporarily_unavailable"}] * 3
    assert len(login.asked) == 1


class Saying:
    """A login service that gives its tenant's addresses, and then one answer."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def get(self, url, **options):
        addresses = {"token_endpoint": "https://l.test/token", "authorization_endpoint": "https://l.test/a"}
        return made(json.dumps({**addresses, "issuer": "https://l.test/t/v2.0"}).encode())

    def post(self, url, **options):
        return made(self._body)

    def close(self):
        """There is nothing to close."""


def made(body, status=200):
    answer = requests.Response()
    answer.status_code, answer._content = status, body
    return answer


@pytest.mark.parametrize(
    "body",
    [
        b'{"access_token": "SECRET", "refresh_token": "SECR',
        b"<html>SECRET</html>",
        b'{"expires_in": NaN, "a": "SECRET"}',
    ],
    ids=["cut off", "a page", "no JSON"],
)
def test_an_answer_that_cannot_be_read_is_shown_to_nobody(body, caplog):
    """MSAL writes it into the log, with the tokens that it holds."""
    caplog.set_level(0)
    credentials = Credentials("a", "t", "https://l.test", "s", client_secret="x", refresh_token="r")
    with pytest.raises(PartnerCenterUnexpectedResponseError, match="did not come from the login service") as caught:
        TokenSource(credentials, Saying(body)).get()
    assert caught.value.retryable
    assert "SECR" not in caplog.text + str(caught.value)


def test_a_life_beyond_all_numbers_is_no_answer_of_the_login_service():
    credentials = Credentials("a", "t", "https://l.test", "s", client_secret="x", refresh_token="r")
    source = TokenSource(credentials, Saying(b'{"access_token": "token", "expires_in": 1e999}'))
    with pytest.raises(PartnerCenterUnexpectedResponseError):
        source.get()


class Service:
    """Answers MSAL with a status, headers and a body."""

    def __init__(self, status, body, **headers):
        self._answer = requests.Response()
        self._answer.status_code, self._answer._content = status, body
        self._answer.headers.update(headers)

    def get(self, url, **options):
        return self._answer

    post = get

    def close(self):
        pass


TOKENS = json.dumps({"access_token": "an-access-token", "refresh_token": "a-refresh-token"}).encode()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(b"\xef\xbb\xbf" + TOKENS, {}, id="byte-order-mark"),
        pytest.param(b"\xc2\xa0" + TOKENS, {}, id="blank"),
        pytest.param(TOKENS, {"Content-Type": "application/json; charset=utf-16"}, id="charset"),
    ],
)
def test_what_we_can_read_msal_can_read(body, headers):
    """Else it would write the answer into the log as it is, tokens included."""
    answer = LoginTransport(Service(200, body, **headers), "there").post("https://l.test")
    assert json.loads(answer.text)["access_token"] == "an-access-token"


def test_the_body_of_a_redirect_never_reaches_msal():
    with pytest.raises(PartnerCenterUnexpectedResponseError, match="not come from there") as caught:
        LoginTransport(Service(302, TOKENS, Location="https://elsewhere.test"), "there").post("https://l.test")
    assert not caught.value.retryable
