"""The same cases for both clients, over TLS: what they send, how they read, when they try again."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import socket
import struct
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterConfigurationError,
    PartnerCenterError,
    PartnerCenterInvalidRequestError,
    PartnerCenterLoginThrottledError,
    PartnerCenterLoginUnavailableError,
    PartnerCenterMfaRequiredError,
    PartnerCenterNotFoundError,
    PartnerCenterPermissionError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterThrottledError,
    PartnerCenterUnexpectedResponseError,
)
from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.client.protocol.commands import GetToken
from airflow_provider_partnercenter.client.transport import body
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.partner.codes import GCC_CODE
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import REFRESH_TOKEN_WITHOUT_MFA, Settings
from testbed.patience import CALL_PATIENCE
from tests.support.clients.both_clients import KINDS, ConnectProxy, TlsServer, User, plain_server, send, settings_of
from tests.support.clients.busy import TooBusyError, at_its_pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

ORDINARY = ordinary_id(1)
EDUCATION = {"qualification": "Education", "education_segment": "K12"}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def user(kind: str, emulator: Emulator) -> Iterator[User]:
    with User(kind, settings_of(emulator)) as user:
        yield user


@pytest.fixture
def app(kind: str, emulator: Emulator) -> Iterator[User]:
    """The same without a user: App-only."""
    with User(kind, settings_of(emulator, credentials={"refresh_token": None})) as app:
        yield app


@pytest.fixture(params=["App+User", "App-only"])
def either(request: pytest.FixtureRequest, kind: str, emulator: Emulator) -> Iterator[User]:
    """The client in both modes."""
    credentials = {"refresh_token": None} if request.param == "App-only" else None
    with User(kind, settings_of(emulator, credentials=credentials)) as either:
        yield either


def token_requests(emulator: Emulator) -> int:
    return len(emulator.journal(path="/token"))


def statuses(entries: list[Any]) -> list[tuple[str, str | None]]:
    return [(str(entry.qualification), entry.vetting_status) for entry in entries]


# -- operations -------------------------------------------------------------------------------------------------------


def test_customers(user: User) -> None:
    customer = user.get_customer(ORDINARY)
    assert customer.id == ORDINARY
    assert customer.address.country == "US"
    page = user.get_customers_page(page_size=3)
    assert len(page.customers) == 3
    assert page.continuation


def test_pages_are_followed(user: User, emulator: Emulator) -> None:
    customers = user.all_customers(page_size=20)
    ids = [customer.id for customer in customers]
    assert len(ids) == len(set(ids)) > 40
    assert {ORDINARY, magic.customer_id("approved-at-once")} <= set(ids)
    assert magic.customer_id("unknown-customer") not in ids
    records = emulator.journal(path="/v1/customers")
    assert len(records) == -(-len(ids) // 20)
    assert [record["query"] for record in records[:2]] == ["size=20", "seekOperation=Next"]
    # Each page is a call of its own.
    assert len({record["request_id"] for record in records}) == len(records)


def test_customers_by_the_beginning_of_their_name(user: User) -> None:
    name = user.get_customer(ORDINARY).company_name
    assert [customer.id for customer in user.all_customers(starts_with={"CompanyName": name})] == [ORDINARY]


def test_validation_codes(user: User) -> None:
    code = next(code for code in user.get_validation_codes() if code.validation_id == GCC_CODE)
    assert code.max_creates
    assert code.remaining_creates is not None


def test_an_education_request(user: User, emulator: Emulator) -> None:
    assert user.get_qualifications(ORDINARY) == []
    made = user.create_qualification(ORDINARY, **EDUCATION, website="school.example")
    assert statuses([made]) == [("Education", "InReview")]
    assert isinstance(made.vetting_created_date, datetime)
    assert made.vetting_created_date.tzinfo is UTC
    (record,) = emulator.journal(method="POST", path="/qualifications")
    assert record["body"] == {
        "qualification": "Education",
        "educationSegment": "K12",
        "website": "school.example",
    }
    emulator.advance(5)
    assert statuses(user.get_qualifications(ORDINARY)) == [("Education", "Approved")]


def test_a_government_request_names_its_code_twice(user: User, emulator: Emulator) -> None:
    user.create_qualification(ORDINARY, "government_community_cloud", validation_code=GCC_CODE)
    (record,) = emulator.journal(method="POST", path="/qualifications")
    assert record["query"] == f"code={GCC_CODE}"
    assert record["body"] == {"qualification": "GovernmentCommunityCloud", "validationCode": GCC_CODE}


def test_the_legacy_endpoint(user: User, emulator: Emulator) -> None:
    assert user.get_qualification(ORDINARY) is Qualification.NONE
    assert user.update_qualification(ORDINARY, "Education") is Qualification.EDUCATION
    assert user.get_qualification(ORDINARY) is Qualification.EDUCATION
    (record,) = emulator.journal(method="PUT")
    assert record["body"] == 1


def test_wrong_arguments_are_not_sent(user: User, emulator: Emulator) -> None:
    for operation, arguments in (
        ("get_customer", ("contoso",)),
        ("get_qualifications", (f"{ORDINARY}/../x",)),
        ("create_qualification", (ORDINARY, "Charity")),
    ):
        with pytest.raises(PartnerCenterInvalidRequestError):
            getattr(user, operation)(*arguments)
    assert emulator.journal() == []


# -- shapes -----------------------------------------------------------------------------------------------------------

DENIED_BEFORE = [("Education", "Denied")]


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("shape-wrapper", []),
        ("shape-pascal-case", DENIED_BEFORE),
        ("shape-byte-order-mark", []),
        ("unqualified-none-entry", []),
        ("unqualified-no-content", []),
    ],
)
def test_every_shape_of_the_answers(user: User, name: str, before: list[tuple[str, str]]) -> None:
    customer = magic.customer_id(name)
    assert statuses(user.get_qualifications(customer)) == before
    assert statuses([user.create_qualification(customer, **EDUCATION)]) == [("Education", "InReview")]
    assert statuses(user.get_qualifications(customer)) == [("Education", "InReview")]
    assert statuses(user.get_qualifications(customer)) == [("Education", "Approved")]


def test_unknown_statuses_are_kept_as_they_come(user: User) -> None:
    customer = magic.customer_id("unknown-status")
    user.create_qualification(customer, **EDUCATION)
    assert statuses(user.get_qualifications(customer)) == [("Education", "Escalated")]


# -- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind_of_error", "status", "code", "said"),
    [
        ("no-relationship", PartnerCenterPermissionError, 403, "20002", "must accept the partner's relationship"),
        ("unknown-customer", PartnerCenterNotFoundError, 404, "1000", "check the customer id"),
        ("error-bare-string", PartnerCenterInvalidRequestError, 400, None, "could not be understood"),
        ("error-html", PartnerCenterServiceUnavailableError, 502, None, "an HTML page"),
    ],
)
def test_errors(
    user: User,
    emulator: Emulator,
    name: str,
    kind_of_error: type[PartnerCenterError],
    status: int,
    code: str | None,
    said: str,
) -> None:
    with pytest.raises(kind_of_error) as caught:
        user.get_qualifications(magic.customer_id(name))
    error = caught.value
    assert (error.status, error.code) == (status, code)
    assert said in str(error)
    assert magic.customer_id(name) in str(error)
    assert "<" not in str(error)
    records = emulator.journal(name)
    assert len(records) == (user.client.exchange.policy.attempts if error.retryable else 1)
    assert {record["correlation_id"] for record in records} == {error.correlation_id}
    assert {record["request_id"] for record in records} == {error.request_id}


def test_app_only_reads_but_does_not_write(app: User, emulator: Emulator) -> None:
    assert app.get_qualifications(ORDINARY) == []
    for write in (
        lambda: app.create_qualification(ORDINARY, **EDUCATION),
        lambda: app.update_qualification(ORDINARY, "Education"),
    ):
        with pytest.raises(PartnerCenterPermissionError, match="add 'refresh_token' to the connection") as caught:
            write()
        assert (caught.value.status, caught.value.code) == (403, "900329")
        assert not caught.value.outcome_unknown
    assert {record["grant_type"] for record in emulator.journal(path="/token")} == {"client_credentials"}


def test_a_token_without_mfa_is_not_tried_again(kind: str, emulator: Emulator) -> None:
    with User(kind, settings_of(emulator, credentials={"refresh_token": REFRESH_TOKEN_WITHOUT_MFA})) as user:
        with pytest.raises(PartnerCenterMfaRequiredError, match="sign in again with MFA") as caught:
            user.create_qualification(ORDINARY, **EDUCATION)
        assert (caught.value.status, caught.value.code) == (401, "900421")
    assert token_requests(emulator) == 1
    assert len(emulator.journal(method="POST", path="/v1/")) == 1


def test_a_retired_endpoint_says_what_to_use(user: User, emulator: Emulator) -> None:
    gone = {"kind": "answer", "status": 410, "methods": ["GET", "PUT"], "times": None}
    customer = emulator.configure(ORDINARY, faults=[gone])
    for call in (lambda: user.get_qualification(customer), lambda: user.update_qualification(customer, "Education")):
        with pytest.raises(PartnerCenterError, match="use asynchronous validation"):
            call()


# -- trying again -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status"), [("error-500-once", 500), ("error-503-once", 503), ("throttled-once", 429)]
)
def test_a_read_is_repeated_with_the_same_ids(user: User, emulator: Emulator, name: str, status: int) -> None:
    assert user.get_qualifications(magic.customer_id(name)) == []
    first, second = emulator.journal(name)
    assert (first["status"], second["status"]) == (status, 200)
    assert first["request_id"] == second["request_id"]
    assert first["correlation_id"] == second["correlation_id"]
    user.get_qualifications(magic.customer_id(name))
    third = emulator.journal(name)[-1]
    assert third["request_id"] != first["request_id"]
    assert third["correlation_id"] != first["correlation_id"]


def test_a_long_throttling_ends_the_call_at_once(user: User, emulator: Emulator) -> None:
    customer = magic.customer_id("throttled")
    with pytest.raises(PartnerCenterThrottledError, match="'requests_per_minute'") as caught:
        user.get_qualifications(customer)
    assert (caught.value.status, caught.value.retry_after) == (429, 600)
    # The pause is the connection's: nothing is sent for any customer before its end.
    with pytest.raises(PartnerCenterThrottledError, match="was not sent") as caught:
        user.get_customer(ORDINARY)
    assert caught.value.retry_after == pytest.approx(600, abs=10)
    assert len(emulator.journal(path="/v1/")) == 1


@pytest.mark.parametrize(
    "name", ["lost-answer", "reset-before-write", "error-500-once", "error-503-once", "reset-before-every-write"]
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_write_without_an_answer_is_not_repeated(user: User, emulator: Emulator, name: str, method: str) -> None:
    customer = magic.customer_id(name)
    write = {
        "POST": lambda: user.create_qualification(customer, **EDUCATION),
        "PUT": lambda: user.update_qualification(customer, "Education"),
    }[method]
    with pytest.raises(PartnerCenterServiceUnavailableError) as caught:
        write()
    assert caught.value.outcome_unknown
    (record,) = emulator.journal(name, method=method)
    assert record["request_id"] == caught.value.request_id


def test_a_throttled_write_was_not_carried_out_and_is_repeated(user: User, emulator: Emulator) -> None:
    assert user.create_qualification(magic.customer_id("throttled-once"), **EDUCATION)
    first, second = emulator.journal("throttled-once", method="POST")
    assert (first["status"], second["status"]) == (429, 201)
    assert first["request_id"] == second["request_id"]
    assert emulator.customer("throttled-once")["education_attempts"] == 1


# -- tokens -----------------------------------------------------------------------------------------------------------


def test_one_token_serves_many_calls(user: User, emulator: Emulator) -> None:
    user.together("get_validation_codes", 12)
    user.get_customer(ORDINARY)
    (record,) = emulator.journal(path="/token")
    assert record["grant_type"] == "refresh_token"
    assert len(emulator.journal(path="/v1/")) == 13


def test_a_token_is_renewed_before_its_end(user: User, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    user.get_customer(ORDINARY)
    for passed, tokens in ((3600 - 150, 1), (3600 - 119, 2)):
        moment = time.monotonic() + passed
        monkeypatch.setattr(user.client.tokens, "_clock", lambda moment=moment: moment)
        user.get_customer(ORDINARY)
        assert token_requests(emulator) == tokens
    # It was renewed in time: no call was ever refused.
    assert {record["status"] for record in emulator.journal(path="/v1/")} == {200}


def test_a_refused_token_is_replaced_once(either: User, emulator: Emulator) -> None:
    either.get_customer(ORDINARY)
    # The service's clock is ahead: to it, the token has expired.
    emulator.advance(3700)
    assert either.get_customer(ORDINARY).id == ORDINARY
    assert token_requests(emulator) == 2
    _, refused, taken = emulator.journal(ORDINARY)
    assert (refused["status"], taken["status"]) == (401, 200)
    assert refused["request_id"] == taken["request_id"]


def test_a_service_that_refuses_every_token(either: User, emulator: Emulator) -> None:
    emulator.configure(ORDINARY, faults=[{"kind": "answer", "status": 401, "times": None}])
    with pytest.raises(PartnerCenterAuthenticationError) as caught:
        either.get_qualifications(ORDINARY)
    assert caught.value.status == 401
    assert token_requests(emulator) == 2
    assert len(emulator.journal(ORDINARY)) == 2


def test_a_write_that_was_refused_for_its_token_is_sent_again(user: User, emulator: Emulator) -> None:
    user.get_customer(ORDINARY)
    emulator.advance(3700)
    user.create_qualification(ORDINARY, **EDUCATION)
    assert [record["status"] for record in emulator.journal(ORDINARY, method="POST")] == [401, 201]
    assert emulator.customer(ORDINARY)["education_attempts"] == 1


def test_no_token_is_written_down(kind: str, emulator: Emulator) -> None:
    secrets: list[str] = []
    with User(kind, settings_of(emulator, on_secret=secrets.append)) as user:
        user.get_customer(ORDINARY)
    # The access token, the refresh token and its successor, to be masked in logs.
    assert len(set(secrets)) == 3
    assert all(len(secret) > 20 for secret in secrets)


# -- certificates -----------------------------------------------------------------------------------------------------


def key_and_certificate(key_type: trustme.KeyType = trustme.KeyType.RSA) -> dict[str, str | None]:
    pair = trustme.CA().issue_cert("application.test", key_type=key_type)
    return {
        "private_key": pair.private_key_pem.bytes().decode(),
        "certificate": pair.cert_chain_pems[0].bytes().decode(),
        "client_secret": None,
    }


@pytest.fixture(scope="module")
def pair() -> dict[str, str | None]:
    return key_and_certificate()


@pytest.fixture(scope="module")
def strict_emulator(pair: dict[str, str]) -> Iterator[Emulator]:
    """An emulator that knows the application's certificate."""
    with Emulator(Settings(client_certificate=pair["certificate"].encode())) as emulator:
        yield emulator


@pytest.mark.parametrize("app_only", [True, False], ids=["app-only", "app+user"])
def test_signing_in_with_a_certificate(
    kind: str, strict_emulator: Emulator, pair: dict[str, str], app_only: bool
) -> None:
    credentials = {**pair, **({"refresh_token": None} if app_only else {})}
    with User(kind, settings_of(strict_emulator, credentials=credentials)) as user:
        assert user.get_customer(ORDINARY).id == ORDINARY


def test_signing_in_with_another_certificate(kind: str, strict_emulator: Emulator) -> None:
    with (
        User(kind, settings_of(strict_emulator, credentials=key_and_certificate())) as user,
        pytest.raises(PartnerCenterAuthenticationError, match="check that the certificate is one of this") as caught,
    ):
        user.get_customer(ORDINARY)
    assert caught.value.code == "AADSTS700027"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (
            {"private_key": "-----BEGIN PRIVATE KEY-----\nZZ\n-----END PRIVATE KEY-----"},
            "client_certificate_private_key",
        ),
        ({"private_key": "none at all"}, "client_certificate_private_key"),
        ({"certificate": "certificate"}, "client_certificate"),
        ({"private_key": key_and_certificate()["private_key"]}, "client_certificate_private_key"),
        (key_and_certificate(trustme.KeyType.ECDSA), "client_certificate_private_key"),
    ],
    ids=["garbled key", "no key", "no certificate", "another's key", "not RSA"],
)
def test_a_certificate_that_cannot_work(
    kind: str, emulator: Emulator, pair: dict[str, str], changes: dict[str, str], field: str
) -> None:
    credentials = {**pair, **changes}
    with (
        User(kind, settings_of(emulator, credentials=credentials)) as user,
        pytest.raises(PartnerCenterConfigurationError, match=f"'{field}' of the connection") as caught,
    ):
        user.get_customer(ORDINARY)
    assert not caught.value.retryable
    assert not [line for line in credentials["private_key"].splitlines() if line in str(caught.value)]
    assert emulator.journal() == []


# -- answers that no emulator gives -----------------------------------------------------------------------------------


def meet(
    kind: str, emulator: Emulator, directory: Path, answer: Any, *, sign_in_there: bool = False, **changes: Any
) -> tuple[PartnerCenterError, list[tuple[str, str, dict[str, str]]]]:
    """Read the codes from a server of our own; return the error and what the server was asked."""
    with TlsServer(directory, answer) as server:
        where = {"authority": server.url} if sign_in_there else {}
        settings = settings_of(
            emulator,
            credentials=where,
            ca_bundle=server.ca_file_with(emulator),
            base_url=emulator.url if sign_in_there else server.url,
            **changes,
        )
        with User(kind, settings) as user, pytest.raises(PartnerCenterError) as caught:
            user.get_validation_codes()
        return caught.value, server.requests


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_the_token_does_not_follow_a_redirect(kind: str, emulator: Emulator, tmp_path: Path, status: int) -> None:
    def redirect(handler: BaseHTTPRequestHandler) -> None:
        send(handler, status, Location=f"{emulator.url}/v1/customers/all/validations")

    error, requests = meet(kind, emulator, tmp_path, redirect)
    assert isinstance(error, PartnerCenterUnexpectedResponseError)
    assert "check 'host' in the connection" in str(error)
    assert "redirects are not followed" in str(error)
    assert not error.retryable
    assert len(requests) == 1
    assert emulator.journal(path="/v1/") == []


def shrink_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "MAX_BODY", 100_000)


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_body_beyond_the_limit(
    kind: str, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    shrink_the_limit(monkeypatch)
    content = b'"' + b" " * 20_000_000 + b'"'
    content = gzip.compress(content) if encoding == "gzip" else content
    error, requests = meet(
        kind, emulator, tmp_path, lambda handler: send(handler, 200, content, Content_Encoding=encoding)
    )
    assert isinstance(error, PartnerCenterServiceUnavailableError)
    assert "the answer is larger than" in str(error)
    assert not error.retryable
    assert len(requests) == 1


def drip(handler: BaseHTTPRequestHandler) -> None:
    """An answer that does not end for ten minutes, though there is always a little more of it."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(30_000):
        handler.wfile.write(b" ")
        time.sleep(0.02)


def test_an_answer_that_does_not_end(kind: str, emulator: Emulator, tmp_path: Path) -> None:
    def attempt(total: float) -> None:
        error, requests = meet(kind, emulator, tmp_path, drip, timeout=total)
        if not requests:
            raise TooBusyError(error)
        assert isinstance(error, PartnerCenterServiceUnavailableError)
        assert "in time" in str(error)
        assert error.retryable
        assert len(requests) == 1

    at_its_pace(attempt, 0.4)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>captive portal</html>", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"items": [{"organizationName": "x"}]}', "has no member 'validationId'"),
    ],
)
def test_an_answer_that_makes_no_sense(kind: str, emulator: Emulator, tmp_path: Path, body: bytes, said: str) -> None:
    error, requests = meet(kind, emulator, tmp_path, lambda handler: send(handler, 200, body))
    assert isinstance(error, PartnerCenterUnexpectedResponseError)
    assert said in str(error)
    # Gateways answer like this during an outage, so it is tried again.
    assert len(requests) == 4


def test_the_token_goes_into_no_message(kind: str, emulator: Emulator, tmp_path: Path) -> None:
    def echo(handler: BaseHTTPRequestHandler) -> None:
        body = {"code": 1, "description": "Refused", "echo": handler.headers["Authorization"]}
        send(handler, 400, json.dumps(body).encode())

    error, requests = meet(kind, emulator, tmp_path, echo)
    ((_, _, headers),) = requests
    token = headers["Authorization"].removeprefix("Bearer ")
    assert token not in str(error)
    assert token not in repr(error.to_dict())
    assert headers["User-Agent"] == "airflow-provider-partnercenter"
    assert headers["Accept"] == "application/json"
    assert headers["X-Locale"] == "en-US"


# -- the login service in trouble -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 500, 503])
def test_a_login_service_that_fails(kind: str, emulator: Emulator, tmp_path: Path, status: int) -> None:
    error, requests = meet(kind, emulator, tmp_path, lambda handler: send(handler, status), sign_in_there=True)
    assert type(error) is PartnerCenterLoginUnavailableError
    assert "Signing in failed" in str(error)
    assert error.retryable
    assert len(requests) == 4


def test_a_login_service_that_wants_to_be_left_alone(kind: str, emulator: Emulator, tmp_path: Path) -> None:
    def refuse(handler: BaseHTTPRequestHandler) -> None:
        send(handler, 429, b"", **{"Retry-After": "301"})

    error, requests = meet(kind, emulator, tmp_path, refuse, sign_in_there=True)
    assert type(error) is PartnerCenterLoginThrottledError
    assert "Signing in failed" in str(error)
    assert (error.retryable, error.retry_after) == (True, 301)
    assert len(requests) == 1


def test_a_login_service_whose_answer_does_not_end(kind: str, emulator: Emulator, tmp_path: Path) -> None:
    error, _ = meet(kind, emulator, tmp_path, drip, sign_in_there=True, timeout=0.4)
    assert isinstance(error, PartnerCenterServiceUnavailableError)
    assert "Signing in got no answer" in str(error)
    assert not error.outcome_unknown


def test_a_login_service_whose_answer_is_beyond_the_limit(
    kind: str, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shrink_the_limit(monkeypatch)
    error, _ = meet(kind, emulator, tmp_path, lambda handler: send(handler, 200, b" " * 200_000), sign_in_there=True)
    assert "Signing in got no answer" in str(error)
    assert "the answer is larger than" in str(error)


def test_credentials_do_not_follow_a_redirect(kind: str, emulator: Emulator, tmp_path: Path) -> None:
    def redirect(handler: BaseHTTPRequestHandler) -> None:
        path = f"/{emulator.tenant_id}/v2.0/.well-known/openid-configuration"
        send(handler, 302, Location=f"{emulator.url}{path}")

    error, _ = meet(kind, emulator, tmp_path, redirect, sign_in_there=True)
    assert isinstance(error, PartnerCenterUnexpectedResponseError)
    assert "check 'authority' in the connection" in str(error)
    assert not error.retryable
    assert emulator.journal() == []


def test_a_page_in_place_of_the_login_service(kind: str, emulator: Emulator, tmp_path: Path) -> None:
    error, requests = meet(kind, emulator, tmp_path, lambda handler: send(handler, 200, b"<html>"), sign_in_there=True)
    assert isinstance(error, PartnerCenterUnexpectedResponseError)
    assert "the answer did not come from the login service" in str(error)
    assert len(requests) == 4


# -- connections that break -------------------------------------------------------------------------------------------


def close_after_hello(connection: socket.socket) -> None:
    connection.recv(4096)


def reset_after_hello(connection: socket.socket) -> None:
    connection.recv(10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def answer_in_plain_text(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("behave", [close_after_hello, reset_after_hello, answer_in_plain_text])
def test_a_handshake_that_fails_is_weather(
    kind: str, emulator: Emulator, behave: Callable[[socket.socket], None]
) -> None:
    with plain_server(behave) as address, User(kind, settings_of(emulator, base_url=f"https://{address}")) as user:
        with pytest.raises(PartnerCenterServiceUnavailableError) as caught:
            user.create_qualification(ORDINARY, **EDUCATION)
        assert caught.value.retryable
        assert not caught.value.outcome_unknown
        assert "'ca_bundle'" not in str(caught.value)
        assert "check 'host'" in str(caught.value)


def garble(handler: BaseHTTPRequestHandler) -> None:
    """Answer with a TLS record that cannot be decrypted, past the TLS library."""
    os.write(handler.connection.fileno(), b"\x17\x03\x03\x00\x20" + b"A" * 32)


def reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "through-a-proxy"])
@pytest.mark.parametrize("answer", [garble, reset])
def test_a_connection_that_breaks_after_a_submission_leaves_its_outcome_unknown(
    kind: str,
    emulator: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[BaseHTTPRequestHandler], None],
    proxied: bool,
) -> None:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(TlsServer(tmp_path, answer))
        if proxied:
            proxy = stack.enter_context(ConnectProxy())
            monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        settings = settings_of(emulator, base_url=server.url, ca_bundle=server.ca_file_with(emulator))
        user = stack.enter_context(User(kind, settings))
        with pytest.raises(PartnerCenterServiceUnavailableError) as caught:
            user.create_qualification(ORDINARY, **EDUCATION)
        assert caught.value.outcome_unknown
        assert caught.value.retryable
        assert "'ca_bundle'" not in str(caught.value)
        assert [method for method, _, _ in server.requests] == ["POST"]


@contextlib.contextmanager
def signed_in(kind: str, emulator: Emulator, server: TlsServer, *, total: float) -> Iterator[User]:
    """A client whose next call may take ``total`` seconds, because it has its token."""
    with User(kind, settings_of(emulator, base_url=server.url, ca_bundle=server.ca_file_with(emulator))) as user:
        user.run(sign_in())
        user.client.exchange.policy = replace(user.client.exchange.policy, total=total)
        yield user


def sign_in() -> Iterator[GetToken]:
    yield GetToken()


CUSTOMER = json.dumps({"id": ORDINARY, "companyProfile": {"companyName": "Contoso"}}).encode()


def test_all_attempts_together_keep_to_the_time(kind: str, emulator: Emulator, tmp_path: Path) -> None:
    """The second attempt gets its answer within a second, but not within what the first one has left of it."""

    def stall(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.6)
        send(handler, 503) if len(server.requests) == 1 else send(handler, 200, CUSTOMER)

    with TlsServer(tmp_path, stall) as server, signed_in(kind, emulator, server, total=1) as user:
        began = time.monotonic()
        with pytest.raises(PartnerCenterServiceUnavailableError):
            user.get_customer(ORDINARY)
        assert time.monotonic() - began >= 0.9


def test_a_body_that_stalls_keeps_to_the_time(kind: str, emulator: Emulator, tmp_path: Path) -> None:
    """It would come within a second, but the headers have taken a part of that."""

    def stall(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.6)
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(CUSTOMER)))
        handler.end_headers()
        time.sleep(0.6)
        handler.wfile.write(CUSTOMER)

    with (
        TlsServer(tmp_path, stall) as server,
        signed_in(kind, emulator, server, total=1) as user,
        pytest.raises(PartnerCenterServiceUnavailableError),
    ):
        user.get_customer(ORDINARY)


def test_who_stays_within_the_time_gets_the_same_answer(kind: str, emulator: Emulator, tmp_path: Path) -> None:
    with (
        TlsServer(tmp_path, lambda handler: send(handler, 200, CUSTOMER)) as server,
        signed_in(kind, emulator, server, total=CALL_PATIENCE) as user,
    ):
        assert user.get_customer(ORDINARY).id == ORDINARY
