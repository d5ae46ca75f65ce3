"""The hook: its methods, and the client that the users of one event loop share."""

from __future__ import annotations

import asyncio
import gc
import json
import time
import uuid
import weakref
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import psutil
import pytest
import trustme

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterConfigurationError,
    PartnerCenterError,
    PartnerCenterMfaRequiredError,
    PartnerCenterPermissionError,
)
from airflow_provider_partnercenter.client.models import Customer, CustomerQualification, Qualification, VettingStatus
from airflow_provider_partnercenter.client.sync import PartnerCenterClient
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.partner.codes import GCC_CODE
from airflow_provider_partnercenter.hooks import shared_clients, sign_in
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.storage.credential_variable import NOT_STORED
from airflow_provider_partnercenter.storage.stored_token import StoredToken, seed_of
from testbed.patience import CALL_PATIENCE
from tests.airflow_versions import AirflowNotFoundException
from tests.support.login.certificate import self_signed

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
    from airflow_provider_partnercenter.client.settings import ClientSettings
    from airflow_provider_partnercenter.emulator.server import Emulator

    Connect = Callable[..., None]

CUSTOMER = ordinary_id(1)


@pytest.fixture
def connect(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Define the default connection, and others: the emulator's, with changes to its extra."""

    def define(conn_id: str = "partnercenter_default", **extra: Any) -> None:
        document = emulator.connection()
        document["extra"] = {**document["extra"], "requests_per_minute": 0, **extra}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(document))

    define()
    return define


@pytest.fixture
def hook(connect: Connect) -> PartnerCenterHook:
    return PartnerCenterHook()


# -- methods ----------------------------------------------------------------------------------------------------------


def test_customers(hook: PartnerCenterHook, emulator: Emulator) -> None:
    customer = hook.get_customer(CUSTOMER)
    assert isinstance(customer, Customer)
    assert customer.id == CUSTOMER
    listed = hook.get_customers(page_size=7, starts_with={"Domain": customer.domain})
    assert emulator.journal(path="/v1/customers", method="GET")[-1]["query"] == ""
    assert [each.id for each in listed] == [CUSTOMER]
    assert "size=7" in emulator.journal(path="/v1/customers")[-1]["query"]


def test_audit_records(hook: PartnerCenterHook, emulator: Emulator) -> None:
    new = emulator.configure(str(uuid.uuid4()))
    hook.create_qualification(CUSTOMER, "Education", education_segment="K12")
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    records = list(hook.get_audit_records(start_date=yesterday, resource_type="customer"))
    assert [(record.customer_id, record.adds_customer) for record in records] == [(CUSTOMER, False), (new, True)]
    assert [record.customer_id for record in hook.get_audit_records(start_date=yesterday, customer_id=new)] == [new]


def test_the_legacy_methods(hook: PartnerCenterHook) -> None:
    assert hook.get_qualification(CUSTOMER) is Qualification.NONE
    code = next(code for code in hook.get_validation_codes() if code.validation_id == GCC_CODE)
    wanted = Qualification.GOVERNMENT_COMMUNITY_CLOUD
    assert hook.update_qualification(CUSTOMER, wanted, validation_code=code.validation_id) is wanted
    assert hook.get_qualification(CUSTOMER) is wanted


@pytest.mark.parametrize(
    "name",
    [
        "approved-after-20s",
        "shape-wrapper",
        "shape-pascal-case",
        "shape-byte-order-mark",
        "unqualified-none-entry",
        "unqualified-no-content",
        "education-denied",
        "keeps-old-entries",
    ],
)
def test_create_qualification_returns_the_entry_it_made(hook: PartnerCenterHook, name: str) -> None:
    entry = hook.create_qualification(magic.customer_id(name), "Education", education_segment="K12")
    assert isinstance(entry, CustomerQualification)
    assert entry.qualification is Qualification.EDUCATION
    assert entry.vetting_status in (VettingStatus.IN_REVIEW, VettingStatus.APPROVED)


ENTRY = {"qualification": "Education", "vettingStatus": "InReview", "vettingCreateDate": "2026-01-02T03:04:05Z"}
OTHER = {"qualification": "StateOwnedEntity"}


@pytest.mark.parametrize("request_id", [None, "3d9a3d0c-6b0e-4f4e-9a60-0e1f2a3b4c5d"], ids=["made-once", "given"])
def test_a_call_is_one_decision(hook: PartnerCenterHook, emulator: Emulator, request_id: str | None) -> None:
    for customer in (ordinary_id(1), ordinary_id(2)):
        hook.create_qualification(customer, "Education", education_segment="K12", request_id=request_id)
    ids = {record["request_id"] for record in emulator.journal(method="POST", path="/qualifications")}
    assert (ids == {request_id}) if request_id else (len(ids) == 2)


@pytest.mark.parametrize(
    ("answer", "reads"),
    [
        pytest.param(ENTRY, 0, id="object"),
        pytest.param([ENTRY], 0, id="array"),
        pytest.param({"qualifications": [OTHER, ENTRY]}, 0, id="wrapper"),
        pytest.param({"Qualification": "education", "VettingStatus": "in_review"}, 0, id="pascal"),
        pytest.param("Education", 0, id="name"),
        pytest.param(1, 0, id="number"),
        pytest.param(None, 1, id="nothing"),
        pytest.param([], 1, id="empty"),
        pytest.param([OTHER], 1, id="another-one-only"),
        pytest.param({"qualification": "None"}, 1, id="none"),
    ],
)
def test_every_answer_that_a_submission_may_get(
    hook: PartnerCenterHook, emulator: Emulator, answer: Any, reads: int
) -> None:
    body = "" if answer is None else json.dumps(answer)
    posted = {"kind": "answer", "methods": ["POST"], "status": 201, "body": body}
    customer = emulator.configure(CUSTOMER, faults=[posted], qualifications=[])
    entry = hook.create_qualification(customer, "Education", education_segment="K12")
    assert entry.qualification is Qualification.EDUCATION
    assert len(emulator.journal(CUSTOMER, method="POST")) == 1
    # Where the answer does not tell, what is there is read; there is nothing in this case.
    assert len(emulator.journal(CUSTOMER, method="GET")) == reads


def test_an_empty_answer_is_completed_by_reading(hook: PartnerCenterHook, emulator: Emulator) -> None:
    posted = {"kind": "answer", "methods": ["POST"], "status": 201}
    held = [{"qualification": "Education", "vettingStatus": "InReview"}]
    customer = emulator.configure(CUSTOMER, faults=[posted], qualifications=held)
    entry = hook.create_qualification(customer, "Education", education_segment="K12")
    assert entry.vetting_status is VettingStatus.IN_REVIEW


def test_a_submission_that_was_carried_out_is_no_error(hook: PartnerCenterHook, emulator: Emulator) -> None:
    faults = [
        {"kind": "answer", "methods": ["POST"], "status": 201},
        {"kind": "answer", "methods": ["GET"], "status": 403},
    ]
    customer = emulator.configure(CUSTOMER, faults=faults, qualifications=[])
    entry = hook.create_qualification(customer, "Education", education_segment="K12")
    assert entry == CustomerQualification(Qualification.EDUCATION)


def test_one_hook_has_one_client(hook: PartnerCenterHook, emulator: Emulator) -> None:
    assert hook.get_conn() is hook.get_conn()
    for _ in range(3):
        hook.get_customer(CUSTOMER)
    assert len(emulator.journal(path="/token")) == 1
    assert PartnerCenterHook().get_conn() is not hook.get_conn()


def test_a_connection_that_is_not_there(connect: Connect) -> None:
    with pytest.raises(AirflowNotFoundException, match="nowhere"):
        PartnerCenterHook("nowhere").get_customer(CUSTOMER)


def test_a_connection_given_as_a_uri(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    document = emulator.connection()
    login, password, host = (quote(document[name], safe="") for name in ("login", "password", "host"))
    uri = f"partnercenter://{login}:{password}@{host}?{urlencode(document['extra'])}"
    monkeypatch.setenv("AIRFLOW_CONN_BY_URI", uri)
    assert PartnerCenterHook("by_uri").get_customer(CUSTOMER).id == CUSTOMER

    async def read() -> Customer:
        async with await PartnerCenterHook("by_uri").get_async_conn() as client:
            return await client.get_customer(CUSTOMER)

    assert asyncio.run(read()).id == CUSTOMER


# -- the connection test ----------------------------------------------------------------------------------------------


APP_USER = "Signed in as App+User at {url}: this connection can read and submit qualifications."
APP_ONLY = "Signed in as App-only at {url}: this connection can read but not submit qualifications."
MORTAL = (
    "The connection's refresh token expires 90 days after the consent. Name an Airflow Variable in "
    "'credential_variable' to have it renewed."
)
VARIABLE = "partnercenter_credential"
NOTHING_STORED = (
    "Variable 'partnercenter_credential' holds no successor of the connection's refresh token yet; the first task that "
    "signs in stores one."
)


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        ({}, f"{APP_USER} {MORTAL}"),
        ({"refresh_token": None}, APP_ONLY),
        pytest.param(
            {"credential_variable": VARIABLE},
            f"{APP_USER} {NOTHING_STORED}",
            marks=pytest.mark.since_airflow("3.1", "renewed refresh tokens in a Variable"),
        ),
        pytest.param(
            {"credential_variable": VARIABLE},
            f"{APP_USER} {NOT_STORED}",
            marks=pytest.mark.before_airflow("3.1", "a Variable of a refresh token that is only read"),
        ),
    ],
)
def test_test_connection(connect: Connect, emulator: Emulator, extra: dict[str, Any], text: str) -> None:
    connect(**extra)
    assert PartnerCenterHook().test_connection() == (True, text.format(url=emulator.url))
    (record,) = emulator.journal(path="/v1/")
    assert (record["method"], record["path"], record["query"]) == ("GET", "/v1/customers", "size=1")


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, emulator: Emulator) -> Callable[[timedelta], str]:
    """Store a token of a certain age, where a process without a supervisor finds it; return the token."""

    def store(age: timedelta) -> str:
        entry = StoredToken(emulator.consent(), datetime.now(UTC) - age, seed_of(emulator.refresh_token))
        monkeypatch.setenv(f"AIRFLOW_VAR_{VARIABLE.upper()}", entry.to_text())
        return entry.refresh_token

    return store


def test_the_stored_token_is_used_but_not_renewed_by_a_test(connect: Connect, emulator: Emulator, store: Any) -> None:
    connect(credential_variable=VARIABLE)
    store(timedelta(days=3))
    # The connection's own token is dead, as it is after three months.
    emulator.revoke(emulator.refresh_token)
    told = " ".join(filter(None, [APP_USER.format(url=emulator.url), NOT_STORED]))
    assert PartnerCenterHook().test_connection() == (True, told)


def test_a_token_that_dies_soon_is_told_by_the_test(connect: Connect, store: Any) -> None:
    connect(credential_variable=VARIABLE)
    token = store(timedelta(days=80))
    worked, text = PartnerCenterHook().test_connection()
    assert worked
    assert f"The refresh token in Variable '{VARIABLE}' expires on " in text
    assert token not in text


def test_a_refused_stored_token_says_who_must_do_what(connect: Connect, emulator: Emulator, store: Any) -> None:
    connect(credential_variable=VARIABLE)
    emulator.revoke(store(timedelta(days=80)))
    worked, text = PartnerCenterHook().test_connection()
    assert not worked
    assert "the partner's integration user must sign in again with MFA" in text


def test_secrets_that_microsoft_quotes_are_not_shown(
    connect: Connect, emulator: Emulator, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(credential_variable=VARIABLE)
    token = store(timedelta(days=80))

    def quote(client: PartnerCenterClient) -> None:
        raise PartnerCenterError(f"Refused: {client.tokens.get()}, {token} and {emulator.client_secret}")

    monkeypatch.setattr(sign_in, "check_sign_in", quote)
    assert PartnerCenterHook().test_connection() == (False, "Refused: ***, *** and ***.")


def test_the_test_does_not_wait_for_a_service_in_trouble(connect: Connect, emulator: Emulator) -> None:
    connect()
    for kind in ("error-503", "login-throttled", "throttled"):
        # An ordinary call would wait so long.
        emulator.faults(rate=1, kinds=(kind,), retry_after=290)
        began = time.monotonic()
        assert PartnerCenterHook().test_connection()[0] is False
        assert time.monotonic() - began < 2 * CALL_PATIENCE
    assert len(emulator.journal(path="/v1/")) == 2


def test_a_user_without_mfa_fails_the_test_before_microsoft_refuses_the_call(
    connect: Connect, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect()
    monkeypatch.setattr(PartnerCenterClient, "is_mfa_compliant", lambda client: False)
    worked, text = PartnerCenterHook().test_connection()
    assert not worked
    assert "signed in without MFA" in text
    assert "the partner's integration user must sign in again with MFA" in text
    # An App-only connection has no user who could.
    connect(refresh_token=None)
    assert PartnerCenterHook().test_connection() == (True, APP_ONLY.format(url=emulator.url))


def test_a_user_without_mfa_fails_the_test_when_it_does(connect: Connect, emulator: Emulator) -> None:
    connect(refresh_token=emulator.consent(mfa=False))
    worked, text = PartnerCenterHook().test_connection()
    assert not worked
    assert "(HTTP 401, code 900421)" in text
    with pytest.raises(PartnerCenterMfaRequiredError):
        PartnerCenterHook().is_mfa_compliant()


def test_is_mfa_compliant(connect: Connect) -> None:
    assert PartnerCenterHook().is_mfa_compliant() is True
    connect(refresh_token=None)
    assert PartnerCenterHook().is_mfa_compliant() is None

    async def ask() -> bool | None:
        async with await PartnerCenterHook().get_async_conn() as client:
            return await client.is_mfa_compliant()

    connect(locale="de-DE")
    assert asyncio.run(ask()) is True


def test_a_private_key_in_the_field_that_airflow_shows_is_told_by_the_test(connect: Connect) -> None:
    pair = trustme.CA().issue_cert("application.test", key_type=trustme.KeyType.RSA)
    connect(refresh_token=None, client_certificate=pair.private_key_and_cert_chain_pem.bytes().decode())
    worked, text = PartnerCenterHook().test_connection()
    assert worked
    assert "Move the text to 'client_certificate_private_key'" in text


def test_a_certificate_that_expires_soon_is_told_by_the_test(connect: Connect) -> None:
    key, certificate = self_signed()
    connect(refresh_token=None, client_certificate_private_key=key, client_certificate=certificate.decode())
    worked, text = PartnerCenterHook().test_connection()
    assert worked
    assert "The application's certificate expires on" in text


def test_a_sign_in_tells_what_a_task_can_return(connect: Connect, store: Any) -> None:
    connect(credential_variable=VARIABLE)
    store(timedelta(days=80))
    report = PartnerCenterHook().check_sign_in().to_dict()
    assert (report["mode"], report["mfa_compliant"]) == ("App+User", True)
    life = datetime.fromisoformat(report["expires_at"]) - datetime.fromisoformat(report["issued_at"])
    assert life == timedelta(days=90)
    (note,) = [note for note in report["notes"] if note != NOT_STORED]
    assert f"Variable '{VARIABLE}' expires on" in note
    assert json.loads(json.dumps(report)) == report


def test_both_clients_use_the_stored_token(connect: Connect, emulator: Emulator, store: Any) -> None:
    connect(credential_variable=VARIABLE)
    store(timedelta(days=3))
    emulator.revoke(emulator.refresh_token)
    assert PartnerCenterHook().get_customer(CUSTOMER).id == CUSTOMER

    async def read() -> Customer:
        async with await PartnerCenterHook().get_async_conn() as client:
            return await client.get_customer(CUSTOMER)

    assert asyncio.run(read()).id == CUSTOMER


def test_test_connection_says_what_is_missing(connect: Connect) -> None:
    connect(tenant_id=None)
    worked, text = PartnerCenterHook().test_connection()
    assert not worked
    assert text == (
        "Connection 'partnercenter_default': 'tenant_id' is missing. What to do: give the partner's tenant id."
    )


# -- the shared client ------------------------------------------------------------------------------------------------


async def shared(conn_id: str = "partnercenter_default") -> AsyncPartnerCenterClient:
    return await PartnerCenterHook(conn_id).get_async_conn()


def test_the_async_client_has_the_same_operations(hook: PartnerCenterHook) -> None:
    async def read() -> tuple[Any, ...]:
        async with await hook.get_async_conn() as client:
            return (
                await client.get_customer(CUSTOMER),
                await client.get_qualifications(CUSTOMER),
                await client.get_qualification(CUSTOMER),
                await client.get_validation_codes(),
                [customer async for customer in client.get_customers(page_size=500)],
            )

    assert asyncio.run(read()) == (
        hook.get_customer(CUSTOMER),
        hook.get_qualifications(CUSTOMER),
        hook.get_qualification(CUSTOMER),
        hook.get_validation_codes(),
        list(hook.get_customers()),
    )


def test_users_of_one_loop_and_connection_share(connect: Connect, emulator: Emulator) -> None:
    connect("other")

    async def use() -> None:
        clients = await asyncio.gather(*(shared() for _ in range(10)))
        assert len(set(map(id, clients))) == 1
        assert await shared("other") is not clients[0]

        async def read(client: AsyncPartnerCenterClient) -> None:
            async with client:
                await client.get_qualifications(CUSTOMER)

        await asyncio.gather(*map(read, clients))

    asyncio.run(use())
    assert len(emulator.journal(path="/token")) == 1
    assert len(emulator.journal(CUSTOMER)) == 10


def test_a_client_is_made_once_for_all_that_come_together_or_after(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[AsyncPartnerCenterClient] = []
    make_one = shared_clients._make_client

    def make(settings: ClientSettings) -> AsyncPartnerCenterClient:
        made.append(make_one(settings))
        return made[-1]

    monkeypatch.setattr(shared_clients, "_make_client", make)

    async def use() -> None:
        clients = await asyncio.gather(*(shared() for _ in range(50)))
        assert made == clients[:1]
        assert await shared() is clients[0]
        connect(locale="de-DE")
        edited = await asyncio.gather(*(shared() for _ in range(50)))
        assert made == [clients[0], edited[0]]

    asyncio.run(use())


def test_the_client_of_an_edited_connection_goes_with_its_last_user(connect: Connect) -> None:
    async def use() -> None:
        client = await shared()
        async with client:
            connect(locale="de-DE")
            await shared()
            await client.get_customer(CUSTOMER)
        assert client._transport._session is None
        gone = weakref.ref(client)
        del client
        gc.collect()
        assert gone() is None

    asyncio.run(use())


@pytest.mark.parametrize(("asked", "opened"), [(0, 8), (3, 8), (16, 16)])
def test_many_calls_at_once_share_few_connections(
    hook: PartnerCenterHook, emulator: Emulator, asked: int, opened: int
) -> None:
    def connections() -> int:
        found = psutil.Process().net_connections("tcp")
        return sum(bool(each.raddr) and each.raddr.port == emulator.port for each in found)

    async def use() -> None:
        async with await hook.get_async_conn(max_connections=asked) as client:
            await client.get_customer(CUSTOMER)
            for_one_call = connections()  # and for the sign-in
            await asyncio.gather(*(client.get_qualifications(CUSTOMER) for _ in range(100)))
            assert connections() == for_one_call - 1 + opened

    asyncio.run(use())


def test_who_needs_more_connections_shares_the_client_and_its_token(connect: Connect, emulator: Emulator) -> None:
    async def use() -> None:
        async with await shared() as few:
            await few.get_customer(CUSTOMER)
            async with await PartnerCenterHook().get_async_conn(max_connections=16) as many:
                await many.get_customer(CUSTOMER)
            assert await PartnerCenterHook().get_async_conn(max_connections=12) is many is few
            assert few.max_connections == 16

    asyncio.run(use())
    assert len(emulator.journal(path="/token")) == 1


def test_an_edited_connection_takes_effect(connect: Connect) -> None:
    async def use() -> None:
        before = await shared()
        connect(locale="de-DE")
        after = await shared()
        assert after is not before
        assert (before.settings.locale, after.settings.locale) == ("en-US", "de-DE")
        connect(refresh_token="another-token-after-consent")
        assert await shared() not in (before, after)
        # Those who began with the old one go on with it.
        async with before, after:
            assert await before.get_qualifications(CUSTOMER) == await after.get_qualifications(CUSTOMER) == []

    asyncio.run(use())


def test_another_loop_has_another_client(connect: Connect) -> None:
    first, second = asyncio.run(shared()), asyncio.run(shared())
    assert first is not second


def test_the_clients_of_a_loop_that_has_ended_are_forgotten(connect: Connect) -> None:
    async def use() -> None:
        client = await shared()
        async with client:
            # At the same time, so that one waits for the other's token.
            await asyncio.gather(client.get_customer(CUSTOMER), client.get_customer(CUSTOMER))
        assert list(shared_clients._shared) == [asyncio.get_running_loop()]

    asyncio.run(use())
    asyncio.run(use())


def test_the_last_user_closes_the_session_and_another_opens_it_again(connect: Connect, emulator: Emulator) -> None:
    async def use() -> None:
        client = await shared()
        assert client._transport._session is None
        async with client:
            async with await shared():
                await client.get_qualifications(CUSTOMER)
                session = client._transport._session
            assert session
            assert client._transport._session is session
            assert not session.closed
        assert session.closed
        assert client._transport._session is None
        async with await shared() as again:
            assert again is client
            await again.get_qualifications(CUSTOMER)
            assert client._transport._session is not session

    asyncio.run(use())
    # The token outlives the session.
    assert len(emulator.journal(path="/token")) == 1


def test_a_user_that_fails_leaves_like_any_other(connect: Connect) -> None:
    async def use() -> None:
        client = await shared()
        with pytest.raises(PartnerCenterPermissionError):
            async with client:
                await client.get_qualifications(magic.customer_id("no-relationship"))
        assert client._transport._session is None

    asyncio.run(use())


def test_a_connection_that_cannot_work_is_refused_in_the_loop_too(connect: Connect) -> None:
    connect(tenant_id=None)
    with pytest.raises(PartnerCenterConfigurationError, match="'tenant_id' is missing"):
        asyncio.run(shared())
