"""Reading an Airflow connection: what works in each of its forms, and how what cannot work is refused."""

from __future__ import annotations

import asyncio
import json

import pytest
from airflow.sdk import Connection

from airflow_provider_partnercenter.client.clouds import CLOUDS
from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.hooks.connection import client_settings, user_agent
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook

TENANT = "contoso.example"
SECRET = "p@ss/w=rd&secret?#%+"
REFRESH_TOKEN = "0.refresh-token-of-a-user"
PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\nprivate-key\n-----END PRIVATE KEY-----"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\ncertificate\n-----END CERTIFICATE-----"
SECRETS = (SECRET, REFRESH_TOKEN, "private-key")


def connect(*, conn_id="partner", host=None, port=None, schema=None, login="app", password=SECRET, **extra):
    """Read a connection as the form of the UI stores it: standard fields, and plain keys in the extra."""
    extra = {"tenant_id": TENANT, **extra}
    connection = Connection(
        conn_id=conn_id,
        conn_type="partnercenter",
        host=host,
        port=port,
        schema=schema,
        login=login,
        password=password,
        extra=json.dumps(extra),
    )
    return client_settings(connection)


def refusal(**fields):
    with pytest.raises(PartnerCenterConfigurationError) as caught:
        connect(**fields)
    text = str(caught.value)
    assert text.startswith("Connection 'partner': '")
    assert "What to do: " in text
    assert "\n" not in text
    assert len(text) < 300
    assert not caught.value.retryable
    assert not [secret for secret in SECRETS if secret in text]
    return text


def test_the_least_that_works():
    settings = connect()
    credentials = settings.credentials
    assert (credentials.client_id, credentials.client_secret, credentials.tenant_id) == ("app", SECRET, TENANT)
    assert credentials.mode == "App-only"
    assert settings.base_url == "https://api.partnercenter.microsoft.com"
    assert credentials.authority == "https://login.microsoftonline.com"
    assert credentials.scope == "https://api.partnercenter.microsoft.com/.default"
    assert (settings.requests_per_minute, settings.timeout, settings.locale) == (480, 100, "en-US")
    assert settings.poll_share == 0.2
    assert settings.ca_bundle is settings.credential_variable is None


def test_everything_that_can_be_given():
    settings = connect(
        host="https://localhost:8443",
        refresh_token=REFRESH_TOKEN,
        cloud="china",
        authority="https://login.example.test/",
        ca_bundle="/etc/ca.pem",
        requests_per_minute=0,
        poll_share=0.5,
        credential_variable=" partnercenter_credential ",
        timeout=5.5,
        locale="zh-Hans-CN",
    )
    credentials = settings.credentials
    assert credentials.mode == "App+User"
    assert credentials.refresh_token == REFRESH_TOKEN
    assert settings.base_url == "https://localhost:8443"
    assert credentials.authority == "https://login.example.test"
    assert credentials.scope == "https://partner.partnercenterapi.microsoftonline.cn/.default"
    assert (settings.ca_bundle, settings.requests_per_minute) == ("/etc/ca.pem", 0)
    assert (settings.poll_share, settings.credential_variable) == (0.5, "partnercenter_credential")
    assert (settings.timeout, settings.locale) == (5.5, "zh-Hans-CN")


def test_fields_of_the_form_that_were_left_empty_count_as_missing():
    names = ("refresh_token", "client_certificate", "client_certificate_private_key", "cloud", "authority",
             "ca_bundle", "requests_per_minute", "poll_share", "timeout", "locale", "credential_variable")  # fmt: skip
    assert connect(**dict.fromkeys(names, "")) == connect(**dict.fromkeys(names)) == connect()
    assert connect(host="", schema="") == connect()


def test_blanks_around_what_was_pasted_do_not_matter():
    padded = connect(
        login=" app\n", password=f" {SECRET}\n", host=" localhost ", tenant_id=f"{TENANT}\n", cloud=" global"
    )
    assert padded == connect(host="localhost")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_clouds(cloud):
    settings = connect(cloud=cloud)
    assert settings.base_url == CLOUDS[cloud].api
    assert settings.credentials.authority == CLOUDS[cloud].authority
    assert settings.credentials.scope == f"{CLOUDS[cloud].api}/.default"


def test_the_certificate_wins_over_the_secret():
    both = {"client_certificate": CERTIFICATE, "client_certificate_private_key": PRIVATE_KEY}
    for password in (SECRET, None):
        credentials = connect(password=password, **both).credentials
        assert credentials.client_secret is None
        assert (credentials.certificate, credentials.private_key) == (CERTIFICATE, PRIVATE_KEY)


@pytest.mark.parametrize("field", ["client_certificate", "client_certificate_private_key"])
@pytest.mark.parametrize(
    "text", [f"{PRIVATE_KEY}\n{CERTIFICATE}", f"{CERTIFICATE}\n{PRIVATE_KEY}"], ids=["key-first", "last"]
)
def test_one_text_may_hold_key_and_certificate(field, text):
    credentials = connect(**{field: text}).credentials
    assert credentials.client_secret is None
    assert text in (credentials.certificate, credentials.private_key)
    assert text in credentials.secrets
    assert "private-key" not in repr(credentials)


def test_a_key_in_the_field_that_airflow_shows_is_masked(monkeypatch):
    masked: list[str] = []
    monkeypatch.setattr("airflow_provider_partnercenter.hooks.connection.mask_secret", masked.append)
    connect(client_certificate=CERTIFICATE + PRIVATE_KEY)
    assert masked == [CERTIFICATE + PRIVATE_KEY]


def test_another_variable_makes_other_settings():
    settings = [connect(refresh_token=REFRESH_TOKEN, credential_variable=name) for name in (None, "a", "b", "a")]
    assert settings[1] == settings[3]
    assert len({hash(each) for each in settings}) == len(set(settings)) == 3


@pytest.mark.parametrize(("value", "share"), [(None, 0.2), ("0.5", 0.5), (1, 1.0), (0.01, 0.01)])
def test_the_share_of_waiting_tasks(value, share):
    assert connect(poll_share=value).poll_share == share


@pytest.mark.parametrize("value", [0, 0.009, 1e-320, -0.2, 1.01, 20, "nan", "inf", True, "half", [0.5]])
def test_a_share_that_is_none(value):
    assert "give a number from 0.01 to 1" in refusal(poll_share=value)


@pytest.mark.parametrize("name", ["pc?x", "a/b", "a b", "pc#x", "x" * 251])
def test_a_variable_that_would_be_taken_for_another(name):
    assert "'credential_variable' is not a valid Airflow Variable name" in refusal(
        refresh_token=REFRESH_TOKEN, credential_variable=name
    )


def test_no_secret_is_shown_by_the_settings():
    shown = repr(
        connect(refresh_token=REFRESH_TOKEN, client_certificate=CERTIFICATE, client_certificate_private_key=PRIVATE_KEY)
    ) + repr(connect())
    assert not [secret for secret in SECRETS if secret in shown]


def test_the_user_agent_names_the_versions_that_run():
    assert connect().user_agent == user_agent()
    ours, airflow = user_agent().split()
    assert ours.startswith("airflow-provider-partnercenter/")
    assert airflow.startswith("apache-airflow/3.")


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({"host": "localhost"}, "https://localhost"),
        ({"host": "localhost", "port": 8443}, "https://localhost:8443"),
        ({"host": "localhost:8443"}, "https://localhost:8443"),
        ({"host": "localhost:8443", "port": 1}, "https://localhost:8443"),
        ({"host": "localhost", "schema": "https"}, "https://localhost"),
        ({"host": "https://localhost:8443/"}, "https://localhost:8443"),
        ({"host": "HTTPS://LocalHost"}, "https://localhost"),
        ({"host": "https://localhost/partner/center/"}, "https://localhost/partner/center"),
        ({"host": "localhost/partner", "port": 8443}, "https://localhost:8443/partner"),
        ({"host": "[::1]"}, "https://[::1]"),
        ({"host": "[::1]", "port": 8443}, "https://[::1]:8443"),
        ({"host": "https://[2001:db8::1]:8443/base"}, "https://[2001:db8::1]:8443/base"),
    ],
)
def test_addresses(given, address):
    assert connect(**given).base_url == address


@pytest.mark.parametrize("field", ["host", "authority"])
@pytest.mark.parametrize(
    "address",
    [
        "https://user@localhost",
        "https://user:word@localhost",
        "https://:word@localhost",
        "https://user:word@localhost:8443/",
        "localhost?x=1",
        "https://localhost#x",
        "local host",
        "local\u00a0host",
        "localhost\r\nX-Evil: 1",
        "local\thost",
        "localhost:port",
        "localhost:99999",
        "localhost:0",
        "https://",
        "https:///path",
        "https://[::1",
        "::1",
        "https://localhost\\@evil.test",
        "https://" + "a" * 64 + ".test",
        "https://a..test",
        "https://a<b>.test",
        "https://localhost%00",
        "https://bücher.test",
        "https://[fe80::1%25eth0]",
        "localhost/../folder",
        "localhost/%2e%2e",
        "localhost/é",
    ],
)
def test_what_is_not_an_address(field, address):
    text = refusal(**{field: address})
    assert f"'{field}' is not an address" in text
    assert "word" not in text


@pytest.mark.parametrize(
    "field", ["login", "password", "refresh_token", "tenant_id", "authority", "ca_bundle", "client_certificate"]
)
@pytest.mark.parametrize(
    "text", ["some\x00thing", "some\ud800thing", "some\x1b[0mthing"], ids=["nul", "half", "escape"]
)
def test_what_cannot_be_sent(field, text):
    assert f"'{field}' contains a control character" in refusal(**{field: text})


@pytest.mark.parametrize("field", ["host", "authority"])
@pytest.mark.parametrize("address", ["http://localhost", "HTTP://localhost", "ftp://localhost", "http://user:word@h"])
def test_tokens_are_never_sent_in_the_clear(field, address):
    text = refusal(**{field: address})
    assert f"'{field}' uses " in text
    assert "use https://" in text
    assert "word" not in text


@pytest.mark.parametrize("schema", ["http", "HTTP", "ftp", "my schema", "***", "https://"])
def test_the_schema_field_counts_as_well(schema):
    text = refusal(host="localhost", schema=schema)
    assert "'schema' is " in text
    assert "give https" in text


def test_a_schema_that_is_not_used_does_not_matter():
    assert connect(schema="http") == connect()
    assert connect(host="https://localhost", schema="http") == connect(host="localhost", schema="HTTPS")


@pytest.mark.parametrize("port", [-1, 65536, 10**9, 8443.5, True, "port", [8443], float("nan"), float("inf")])
def test_a_port_that_is_none(port):
    for host in ("localhost", "localhost:8443", None):
        text = refusal(host=host, port=port)
        assert "'port' has the invalid value " in text
        assert "give a number from 1 to 65535" in text


@pytest.mark.parametrize("port", [1, 65535, "8443", 8443.0])
def test_a_port_that_is_one(port):
    assert connect(host="localhost", port=port).base_url == f"https://localhost:{int(float(port))}"


@pytest.mark.parametrize("port", [None, "", 0])
def test_no_port(port):
    assert connect(host="localhost", port=port).base_url == "https://localhost"


@pytest.mark.parametrize("field", ["login", "password", "host", "schema"])
@pytest.mark.parametrize(("value", "kind"), [(7, "int"), (1.5, "float"), (True, "bool"), (["x"], "list"), ({}, "dict")])
def test_a_standard_field_of_another_type(field, value, kind):
    assert f"'{field}' must be a string, not {kind}" in refusal(**{field: value})


CREDENTIAL_FIELDS = ["login", "password", "tenant_id", "refresh_token"]
PEM_FIELDS = ["client_certificate", "client_certificate_private_key"]


@pytest.mark.parametrize("field", [*CREDENTIAL_FIELDS, *PEM_FIELDS])
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("***", "contains asterisks"),
        ("<client secret>", "contains a placeholder"),
        ("{{ var.value.x }}", "contains a placeholder"),
        ("${SECRET}", "contains a placeholder"),
        ("None", "contains the word for a missing value"),
    ],
)
def test_what_stands_in_the_place_of_a_credential_is_refused(field, text, says):
    assert f"'{field}' {says}" in refusal(**{field: text})


@pytest.mark.parametrize("field", CREDENTIAL_FIELDS)
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('"abc"', "begins or ends with a quotation mark"),
        ("abc def", "contains a blank"),
        ("abc\ndef", "contains a line break"),
        ("abc\\ndef", "contains a line break"),
        ("abc\u200bdef", "contains the invisible character U+200B"),
        ("\ufeffabc", "contains the invisible character U+FEFF"),
        ("abcé", "contains a character that is not ASCII"),
    ],
)
def test_what_cannot_be_a_credential_is_refused(field, text, says):
    refused = refusal(**{field: text})
    assert f"'{field}' {says}" in refused
    assert "abc" not in refused


def test_a_copied_connection_does_not_displace_the_stored_token(monkeypatch):
    document = {"conn_type": "partnercenter", "login": "app", "password": SECRET}
    extra = {"tenant_id": TENANT, "refresh_token": "***", "credential_variable": "var"}
    for text in read_with_both(monkeypatch, json.dumps(document | {"extra": extra})):
        assert "'refresh_token' contains asterisks, which Airflow shows in place of a secret" in text


def test_what_is_odd_about_a_connection_is_told_once(caplog):
    for _ in range(2):
        connection = Connection(
            conn_id="odd",
            conn_type="http",
            login="app",
            password=SECRET,
            extra=json.dumps({"tenant_id": TENANT, "refreshtoken": REFRESH_TOKEN}),
        )
        assert client_settings(connection).credentials.app_only
    assert [record.getMessage() for record in caplog.records] == [
        "Connection 'odd': its type is 'http' instead of 'partnercenter'. Check that it is the right connection.",
        "Connection 'odd': the extra 'refreshtoken' is unknown and not used. Did you mean 'refresh_token'?",
    ]


@pytest.mark.since_airflow("3.1", "renewed refresh tokens in a Variable")
def test_a_connection_with_a_variable_is_not_odd(caplog):
    connect(conn_id="with a variable", refresh_token=REFRESH_TOKEN, credential_variable="var")
    assert caplog.records == []


@pytest.mark.before_airflow("3.1", "a Variable of a refresh token that is only read")
def test_that_a_variable_is_only_read_is_told_once(caplog):
    for _ in range(2):
        settings = connect(conn_id="only read", refresh_token=REFRESH_TOKEN, credential_variable="var")
        assert settings.credential_variable == "var"
        connect(conn_id="without a variable", refresh_token=REFRESH_TOKEN)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage().startswith(
        "Connection 'only read': Airflow 3.0 writes what a task stores in a Variable "
    )
    assert "What to do: give the connection a new one before then, or upgrade to Airflow 3.1." in record.getMessage()


def test_the_credentials_know_their_connection():
    assert connect().credentials.connection == "partner"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"login": None}, "'login' is missing. What to do: give the application (client) id"),
        ({"login": "  "}, "'login' is missing"),
        ({"password": None}, "'password' is missing. What to do: give the client secret, or a certificate"),
        ({"password": " "}, "'password' is missing"),
        ({"tenant_id": None}, "'tenant_id' is missing. What to do: give the partner's tenant id"),
        ({"tenant_id": ""}, "'tenant_id' is missing"),
        ({"tenant_id": "contoso/../other"}, "'tenant_id' is not the partner's tenant id"),
        ({"tenant_id": "contoso.example\r\nX-Evil: 1"}, "'tenant_id' contains a line break"),
        ({"tenant_id": "https://contoso.example"}, "'tenant_id' is not the partner's tenant id"),
        ({"tenant_id": 7}, "'tenant_id' must be a string, not int"),
        ({"client_certificate": CERTIFICATE}, "'client_certificate_private_key' is missing"),
        ({"client_certificate_private_key": PRIVATE_KEY}, "'client_certificate' is missing"),
        ({"client_certificate": CERTIFICATE, "password": None}, "'client_certificate_private_key' is missing"),
        (
            {"credential_variable": "var"},
            "'refresh_token' is missing, but 'credential_variable' requires it. What to do: add the initial refresh",
        ),
        ({"credential_variable": 1, "refresh_token": "x"}, "'credential_variable' must be a string, not int"),
        (
            {"cloud": "mars"},
            "'cloud' has the unknown value 'mars'. What to do: use one of global, us_government, china",
        ),
        ({"cloud": ["global"]}, "'cloud' must be a string, not list"),
        ({"refresh_token": {"token": REFRESH_TOKEN}}, "'refresh_token' must be a string, not dict. What"),
        ({"refresh_token": 12345}, "'refresh_token' must be a string, not int"),
        ({"refresh_token": False}, "'refresh_token' must be a string, not bool"),
        ({"ca_bundle": True}, "'ca_bundle' must be a string, not bool"),
        ({"authority": 1}, "'authority' must be a string, not int"),
        ({"locale": 1}, "'locale' must be a string, not int"),
        ({"locale": "en-US\r\nX-Evil: 1"}, "'locale' is not a language tag"),
        ({"locale": "en US"}, "'locale' is not a language tag"),
        ({"locale": "en-US\n; q=1"}, "'locale' is not a language tag"),
    ],
)
def test_refusals_name_the_field(fields, message):
    assert message in refusal(**fields)


@pytest.mark.parametrize(
    ("field", "least"), [("requests_per_minute", "0"), ("timeout", "1")], ids=["requests_per_minute", "timeout"]
)
@pytest.mark.parametrize(
    "value",
    [
        -1,
        "-1",
        "nan",
        "inf",
        "-inf",
        float("nan"),
        True,
        False,
        "many",
        [1],
        {"a": 1},
        pytest.param(10**400, id="huge"),
    ],
)
def test_numbers_that_are_none(field, least, value):
    text = refusal(**{field: value})
    assert f"'{field}' has the invalid value " in text
    assert f"give a number from {least} to " in text


def test_the_time_out_is_at_least_a_second():
    assert "'timeout' has the invalid value '0.5'" in refusal(timeout=0.5)


@pytest.mark.parametrize(("value", "budget"), [("0", 0), (0, 0), ("100", 100), (60.0, 60), (0.5, 1), ("12.2", 13)])
def test_a_small_budget_does_not_become_none_at_all(value, budget):
    assert connect(requests_per_minute=value).requests_per_minute == budget


# -- the forms in which Airflow keeps a connection --------------------------------------------------------------------


@pytest.mark.parametrize(
    "uri",
    [
        "partnercenter://app:{secret}@?tenant_id={tenant}&refresh_token={token}&timeout=30",
        "partnercenter://app:{secret}@/?tenant_id={tenant}&refresh_token={token}&timeout=30.0",
        "partnercenter://app:{secret}@?__extra__={extra}",
    ],
    ids=["plain", "slash", "extra"],
)
def test_a_connection_given_as_a_uri(monkeypatch, uri):
    from urllib.parse import quote

    extra = json.dumps({"tenant_id": TENANT, "refresh_token": REFRESH_TOKEN, "timeout": 30})
    values = {"secret": SECRET, "tenant": TENANT, "token": REFRESH_TOKEN, "extra": extra}
    text = uri.format(**{name: quote(value, safe="") for name, value in values.items()})
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER", text)
    client = asyncio.run(PartnerCenterHook("partner").get_async_conn())
    settings = connect(refresh_token=REFRESH_TOKEN, timeout=30)
    assert PartnerCenterHook("partner").get_conn().settings == client.settings == settings


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("localhost", "https://localhost"),
        ("localhost:8443", "https://localhost:8443"),
        ("https%3A%2F%2Flocalhost%3A8443", "https://localhost:8443"),
        ("localhost:8443/https", "https://localhost:8443"),
    ],
)
def test_a_host_in_a_uri(monkeypatch, host, address):
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER", f"partnercenter://app:word@{host}?tenant_id={TENANT}")
    assert PartnerCenterHook("partner").get_conn().settings.base_url == address


def read_with_both(monkeypatch, value):
    """Read the connection for both clients; return what each of them says against it."""
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER", value)
    refusals = []
    with pytest.raises(PartnerCenterConfigurationError) as caught:
        PartnerCenterHook("partner").get_conn()
    refusals.append(str(caught.value))
    with pytest.raises(PartnerCenterConfigurationError) as caught:
        asyncio.run(PartnerCenterHook("partner").get_async_conn())
    refusals.append(str(caught.value))
    return refusals


@pytest.mark.since_airflow("3.2", "a connection whose extra is not JSON is read at all")
@pytest.mark.parametrize(
    "extra",
    [
        "tenant_id=contoso.example",
        f'{{"tenant_id": "{TENANT}", "refresh_token": "{REFRESH_TOKEN}"',
        "[1]",
        '"text"',
        "7",
    ],
)
def test_an_extra_that_is_no_json_object(monkeypatch, extra):
    document = {"conn_type": "partnercenter", "login": "app", "password": SECRET, "extra": extra}
    for text in read_with_both(monkeypatch, json.dumps(document)):
        assert "Connection 'partner': 'extra' is not a JSON object" in text
        assert REFRESH_TOKEN not in text


@pytest.mark.parametrize("extra", [None, "", "{}", {}, " { } "])
def test_an_extra_that_is_empty(monkeypatch, extra):
    document = {"conn_type": "partnercenter", "login": "app", "password": SECRET, "extra": extra}
    for text in read_with_both(monkeypatch, json.dumps(document)):
        assert "'tenant_id' is missing" in text


def test_both_clients_have_the_same_settings(monkeypatch):
    document = {"conn_type": "partnercenter", "login": "app", "password": SECRET, "extra": {"tenant_id": TENANT}}
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER", json.dumps(document))
    client = asyncio.run(PartnerCenterHook("partner").get_async_conn())
    assert client.settings == PartnerCenterHook("partner").get_conn().settings == connect()


def test_a_ca_file_that_is_missing_is_named(monkeypatch, tmp_path):
    for content in (None, "no certificate"):
        bundle = tmp_path / "ca.pem"
        if content:
            bundle.write_text(content)
        extra = {"tenant_id": TENANT, "ca_bundle": str(bundle)}
        document = {"conn_type": "partnercenter", "login": "app", "password": SECRET, "extra": extra}
        for text in read_with_both(monkeypatch, json.dumps(document)):
            assert str(bundle) in text
            assert "'ca_bundle' of the connection must name a PEM file" in text
