"""What a person gets wrong, or an environment imposes: one clear message that names the field or the remedy."""

from __future__ import annotations

import asyncio
import functools
import json
import socket
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from airflow_provider_partnercenter.client import settings
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterInvalidRequestError,
    PartnerCenterServiceUnavailableError,
)
from airflow_provider_partnercenter.client.protocol.retry import RetryPolicy
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.partner.codes import GCC_CODE
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.operators.qualification import (
    PartnerCenterGetQualificationOperator,
    PartnerCenterUpdateQualificationOperator,
)
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor
from tests.airflow_versions import AirflowFailException
from tests.support.clients.both_clients import KINDS, ConnectProxy, TlsServer, User, send, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_provider_partnercenter.emulator.server import Emulator

    Connect = Callable[..., None]
    Read = Callable[[], Any]

CUSTOMER = ordinary_id(1)
WRONG = "a-secret-that-is-wrong"
PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxies and certificates of the machine, and no full second before the second attempt."""
    for name in PROXY_VARIABLES + CA_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(settings, "RetryPolicy", functools.partial(RetryPolicy, backoff=0.01))


@pytest.fixture
def connect(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Define the connection ``partner``: the emulator's, with changes to its fields and its extra."""

    def define(extra: dict[str, Any] | None = None, **fields: Any) -> None:
        document = emulator.connection()
        document["extra"] = {**document["extra"], "requests_per_minute": 0, **(extra or {})}
        monkeypatch.setenv("AIRFLOW_CONN_PARTNER", json.dumps({**document, **fields}))

    define()
    return define


@pytest.fixture
def other_ca(tmp_path: Path) -> str:
    """The file of an authority that has signed nothing here."""
    path = tmp_path / "other-ca.pem"
    trustme.CA().cert_pem.write_to_path(path)
    return str(path)


def get(**arguments: Any) -> PartnerCenterGetQualificationOperator:
    return PartnerCenterGetQualificationOperator(
        task_id="task", partnercenter_conn_id="partner", **{"customer_id": CUSTOMER, **arguments}
    )


def update(**arguments: Any) -> PartnerCenterUpdateQualificationOperator:
    defaults = {"customer_id": CUSTOMER, "qualification": "Education", "education_segment": "K12"}
    return PartnerCenterUpdateQualificationOperator(
        task_id="task", partnercenter_conn_id="partner", **{**defaults, **arguments}
    )


def sensor(**arguments: Any) -> PartnerCenterQualificationSensor:
    defaults = {"customer_id": CUSTOMER, "qualification": "Education", "poke_interval": 0.01, "timeout": 5}
    return PartnerCenterQualificationSensor(
        task_id="task", partnercenter_conn_id="partner", **{**defaults, **arguments}
    )


def read_async() -> None:
    async def read() -> None:
        async with await PartnerCenterHook("partner").get_async_conn() as client:
            await client.get_qualifications(CUSTOMER)

    asyncio.run(read())


def check(text: str, emulator: Emulator) -> None:
    """What every message has to be: one readable line without secrets."""
    assert "\n" not in text
    assert len(text) < 600
    assert "Traceback" not in text
    assert "object at 0x" not in text
    for secret in (emulator.client_secret, emulator.refresh_token, WRONG, "PRIVATE KEY"):
        assert secret not in text


# -- arguments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (
            get(customer_id="contoso"),
            "customer_id 'contoso' is not a GUID. What to do: give the customer's Microsoft ID",
        ),
        (get(customer_id="None"), "customer_id 'None' is not a GUID"),
        (update(customer_id=CUSTOMER[:-1]), "is not a GUID. What to do: give the customer's Microsoft ID"),
        (sensor(customer_id=f"{CUSTOMER}/.."), "is not a GUID"),
        (
            update(qualification="Charity"),
            "is unknown. What to do: use one of Education, GovernmentCommunityCloud, StateOwnedEntity.",
        ),
        (sensor(qualification="Charity"), "qualification 'Charity' is unknown. What to do: use one of Education"),
        (update(qualification="None"), "Education, GovernmentCommunityCloud"),
        (update(qualification="Nonprofit"), "Education, GovernmentCommunityCloud"),
        (update(education_segment=None), "education_segment"),
        (update(education_segment="None"), "education_segment"),
        (
            update(education_segment="Kindergarten"),
            "education_segment 'Kindergarten' is unknown. What to do: use one of K12",
        ),
        (update(qualification="GovernmentCommunityCloud", education_segment=None), "validation_code"),
        (sensor(submission="{{ ti.xcom_pull('submit') }}"), "submission is not the result of"),
    ],
)
def test_wrong_arguments_fail_without_a_call_and_without_a_retry(
    emulator: Emulator, connect: Connect, task: Any, said: str
) -> None:
    with pytest.raises(AirflowFailException) as caught:
        task.execute({})
    assert said in str(caught.value)
    check(str(caught.value), emulator)
    assert emulator.journal() == []


def test_wrong_arguments_of_the_hook(emulator: Emulator, connect: Connect) -> None:
    hook = PartnerCenterHook("partner")
    for call, said in (
        (lambda: hook.get_qualifications("contoso"), "customer_id 'contoso' is not a GUID"),
        (lambda: hook.get_customer("contoso"), "customer_id 'contoso' is not a GUID"),
        (lambda: hook.create_qualification(CUSTOMER, "Charity"), "qualification 'Charity' is unknown"),
        (lambda: hook.update_qualification(CUSTOMER, "Charity"), "qualification 'Charity' is unknown"),
        (lambda: hook.create_qualification(CUSTOMER, "Education", education_segment="x"), "education_segment 'x'"),
    ):
        with pytest.raises(PartnerCenterInvalidRequestError) as caught:
            call()
        assert said in str(caught.value)
        check(str(caught.value), emulator)
    assert emulator.journal() == []


def test_what_the_service_refuses_is_not_retried(emulator: Emulator, connect: Connect) -> None:
    with pytest.raises(AirflowFailException) as caught:
        update(
            qualification="GovernmentCommunityCloud", education_segment=None, validation_code=f"{GCC_CODE}-wrong"
        ).execute({})
    check(str(caught.value), emulator)
    assert "Microsoft says: " in str(caught.value)
    assert len(emulator.journal(method="POST", path="/qualifications")) == 1


def test_app_only_is_refused_before_the_call(emulator: Emulator, connect: Connect) -> None:
    connect({"refresh_token": None})
    with pytest.raises(AirflowFailException, match="add the 'refresh_token'") as caught:
        update().execute({})
    assert "App-only" in str(caught.value)
    check(str(caught.value), emulator)
    assert emulator.journal() == []


# -- connections ------------------------------------------------------------------------------------------------------

# The extra, the fields, what is said, how often the login service is asked.
BROKEN: dict[str, tuple[dict[str, Any], dict[str, Any], str, int]] = {
    "no tenant": ({"tenant_id": None}, {}, "'tenant_id' is missing", 0),
    "no client id": ({}, {"login": ""}, "'login' is missing", 0),
    "no secret": ({}, {"password": ""}, "'password' is missing", 0),
    "http host": ({}, {"host": "http://localhost:1"}, "'host' uses http://", 0),
    "http authority": ({"authority": "http://localhost:1"}, {}, "'authority' uses http://", 0),
    "unknown cloud": ({"cloud": "moon"}, {}, "'cloud' has the unknown value 'moon'", 0),
    "no CA file": ({"ca_bundle": "/no/such/file.pem"}, {}, "'ca_bundle' of the connection must name a PEM file", 0),
    "half a certificate": ({"client_certificate": "PEM"}, {}, "'client_certificate_private_key' is missing", 0),
    "no certificate": (
        {"client_certificate": "PEM", "client_certificate_private_key": "PRIVATE KEY"},
        {},
        "'client_certificate_private_key' of the connection is not",
        0,
    ),
    "wrong secret": ({}, {"password": WRONG}, "check the client secret; use the secret's value", 1),
    "wrong client id": ({}, {"login": CUSTOMER}, "check 'login' (the application (client) id)", 1),
    "wrong refresh token": ({"refresh_token": WRONG}, {}, "put a new refresh token into 'refresh_token'", 1),
    "unknown tenant": ({"tenant_id": "fabrikam.example"}, {}, "does not know the tenant 'fabrikam.example'", 0),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_connection_that_cannot_work(emulator: Emulator, connect: Connect, case: str) -> None:
    extra, fields, said, sign_ins = BROKEN[case]
    connect(extra, **fields)
    texts = []
    for task in (get(), update(), sensor(), sensor(deferrable=True)):
        with pytest.raises(AirflowFailException) as failed:
            task.execute({})
        texts.append(str(failed.value))
    for call in (lambda: PartnerCenterHook("partner").get_customer(CUSTOMER), read_async):
        with pytest.raises(PartnerCenterError) as refused:
            call()
        assert not refused.value.retryable
        texts.append(str(refused.value))
    worked, message = PartnerCenterHook("partner").test_connection()
    assert not worked
    for text in (*texts, message):
        assert said in text
        check(text, emulator)
    # A sensor that is refused reads the connection again, once, in case somebody has just corrected it.
    assert sign_ins * 7 <= len(emulator.journal(path="/token")) <= sign_ins * 9
    assert emulator.journal(path="/v1/") == []


def test_a_ca_that_does_not_match(emulator: Emulator, connect: Connect, other_ca: str) -> None:
    connect({"ca_bundle": other_ca})
    with pytest.raises(AirflowFailException, match="set 'ca_bundle' in the connection") as failed:
        get().execute({})
    with pytest.raises(PartnerCenterServiceUnavailableError, match="set 'ca_bundle' in the connection") as refused:
        read_async()
    assert not refused.value.retryable
    worked, message = PartnerCenterHook("partner").test_connection()
    assert not worked
    for text in (str(failed.value), str(refused.value), message):
        assert f"the certificate of localhost:{emulator.port} is not trusted: unable to get local issuer" in text
        check(text, emulator)


@pytest.mark.parametrize("kind", KINDS)
def test_a_ca_that_matches_the_login_service_only(kind: str, emulator: Emulator, tmp_path: Path) -> None:
    """The API's certificate is judged by each client itself, after the login has worked."""
    with (
        TlsServer(tmp_path, lambda handler: send(handler, 200, b"[]")) as server,
        User(kind, settings_of(emulator, base_url=server.url)) as user,
    ):
        with pytest.raises(PartnerCenterServiceUnavailableError, match="set 'ca_bundle'") as caught:
            user.get_customer(CUSTOMER)
        assert not caught.value.retryable
        assert server.requests == []


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("where", ["host", "authority"])
def test_a_host_that_cannot_be_reached_may_be_there_later(emulator: Emulator, connect: Connect, where: str) -> None:
    address = f"https://localhost:{closed_port()}"
    connect(
        *([{"authority": address}] if where == "authority" else []), **({"host": address} if where == "host" else {})
    )
    texts = []
    for call in (lambda: get().execute({}), lambda: update().execute({}), read_async):
        with pytest.raises(PartnerCenterServiceUnavailableError) as caught:
            call()
        assert caught.value.retryable
        assert not caught.value.outcome_unknown
        texts.append(str(caught.value))
    worked, message = PartnerCenterHook("partner").test_connection()
    assert not worked
    for text in (*texts, message):
        assert f"{address.removeprefix('https://')} cannot be reached: Connection refused" in text
        assert "check 'host' and 'authority' in the connection, and HTTPS_PROXY" in text
        check(text, emulator)


def test_test_connection_shows_no_secret_that_the_service_repeats(emulator: Emulator, connect: Connect) -> None:
    # The emulator, like Microsoft, quotes the client id that it does not know.
    connect({}, login=WRONG, password=WRONG)
    worked, message = PartnerCenterHook("partner").test_connection()
    assert not worked
    assert WRONG not in message
    assert "***" in message


# -- certificates and passwords of the environment --------------------------------------------------------------------


@pytest.fixture(params=KINDS)
def read(request: pytest.FixtureRequest, connect: Connect) -> Callable[[], Any]:
    """Read with each of the clients; both sign in first."""
    if request.param == "aiohttp":
        return read_async
    return lambda: PartnerCenterHook("partner").get_qualifications(CUSTOMER)


@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_the_connections_ca_wins_over_the_environment(
    read: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, other_ca: str, variable: str
) -> None:
    monkeypatch.setenv(variable, other_ca)
    read()
    assert len(emulator.journal(path="/token")) == len(emulator.journal(path="/v1/")) == 1


@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_the_environments_ca_serves_a_connection_without(
    read: Read, connect: Connect, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    connect({"ca_bundle": None})
    with pytest.raises(PartnerCenterServiceUnavailableError, match="not trusted"):
        read()
    monkeypatch.setenv(variable, str(emulator.ca_file))
    read()


def test_a_password_file_does_not_replace_the_token(
    read: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    read()
    (record,) = emulator.journal(path="/v1/")
    assert (record["status"], record["authorization"]) == (200, "app+user")


# -- proxies ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def proxy() -> Iterator[ConnectProxy]:
    with ConnectProxy() as proxy:
        yield proxy


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy"])
def test_a_proxy_carries_the_login_and_the_calls(
    read: Read,
    connect: Connect,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    proxy: ConnectProxy,
    variable: str,
) -> None:
    connect({"authority": f"https://127.0.0.1:{emulator.port}"})
    monkeypatch.setenv(variable, f"http://{proxy.address}")
    read()
    assert proxy.tunnels == [f"127.0.0.1:{emulator.port}", f"localhost:{emulator.port}"]


def test_a_proxy_without_a_scheme(
    read: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, proxy: ConnectProxy
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.address)
    read()
    assert proxy.tunnels
    assert len(emulator.journal(path="/v1/")) == 1


def test_without_a_way_past_the_proxy_nothing_arrives(
    read: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(PartnerCenterServiceUnavailableError, match="HTTPS_PROXY and NO_PROXY") as caught:
        read()
    assert "no connection through the proxy" in str(caught.value)
    assert emulator.journal() == []


@pytest.mark.parametrize("exception", ["localhost", "localhost,other.example", "*"])
def test_no_proxy_leads_past_it(
    read: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, proxy: ConnectProxy, exception: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    monkeypatch.setenv("NO_PROXY", exception)
    read()
    assert proxy.tunnels == []
    assert len(emulator.journal(path="/v1/")) == 1


def test_no_proxy_may_name_the_login_service_only(
    read: Read, connect: Connect, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, proxy: ConnectProxy
) -> None:
    connect({"authority": f"https://127.0.0.1:{emulator.port}"})
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    read()
    assert proxy.tunnels == [f"localhost:{emulator.port}"]


def test_a_proxy_that_wants_a_password(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    with ConnectProxy("p@ss:word") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:p%40ss%3Aword@{proxy.address}")
        read()
        assert proxy.tunnels
        monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:wrong-word@{proxy.address}")
        with pytest.raises(PartnerCenterServiceUnavailableError, match="no connection through the proxy") as caught:
            read()
        assert f"{proxy.address} to localhost" in str(caught.value)
        assert "it answered HTTP 407. What to do: correct the user and the password in HTTPS_PROXY" in str(caught.value)
        assert "wrong-word" not in str(caught.value)


def test_a_proxy_whose_url_is_not_valid(read: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://somebody:wrong#word@127.0.0.1:3128")
    with pytest.raises(PartnerCenterServiceUnavailableError, match="the URL of the proxy in HTTPS_PROXY") as caught:
        read()
    assert not caught.value.retryable
    assert "wrong#word" not in str(caught.value)
    assert emulator.journal() == []


def test_a_proxy_that_lets_the_login_pass_but_not_the_api(
    read: Read, connect: Connect, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect({"authority": f"https://127.0.0.1:{emulator.port}"})
    monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:wrong-word@127.0.0.1:{closed_port()}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(PartnerCenterServiceUnavailableError, match="no connection through the proxy") as caught:
        read()
    assert "wrong-word" not in str(caught.value)
    assert emulator.journal(path="/v1/") == []
