from __future__ import annotations

import ssl

import certifi
import pytest

from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.clouds import CLOUDS, DEFAULT_CLOUD
from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.client.settings import ClientSettings
from airflow_provider_partnercenter.client.transport.tls_and_proxy import ca_path, proxy_for, ssl_context

SECRETS = {
    "client_secret": "sesame-secret",
    "private_key": "-----BEGIN KEY sesame-key",
    "refresh_token": "0.sesame-refresh",
}


def credentials(**options):
    return Credentials("app-id", "tenant-id", "https://login.example.test", "scope", **options)


def settings(**options):
    return ClientSettings(credentials(**SECRETS), "https://api.example.test", **options)


class TestSettings:
    def test_compare_and_hash_by_contents(self):
        assert settings() == settings()
        assert len({settings(), settings()}) == 1

    @pytest.mark.parametrize(
        "change",
        [{"ca_bundle": "/ca.pem"}, {"requests_per_minute": 60}, {"timeout": 5.0}, {"locale": "de-DE"}],
        ids=lambda change: next(iter(change)),
    )
    def test_any_change_makes_another_value(self, change):
        assert settings(**change) != settings()
        assert hash(settings(**change)) != hash(settings())

    @pytest.mark.parametrize("name", [*SECRETS, "certificate"])
    def test_an_edited_secret_makes_another_value(self, name):
        other = ClientSettings(credentials(**{**SECRETS, name: "edited"}), "https://api.example.test")
        assert other != settings()
        assert hash(other) != hash(settings())

    @pytest.mark.parametrize("show", [repr, str])
    def test_secrets_are_not_shown(self, show):
        for value in (settings(), settings().credentials, settings().exchange()):
            assert "sesame" not in show(value)
        assert "app-id" in show(settings())

    def test_every_secret_is_known_for_masking(self):
        assert set(settings().credentials.secrets) == set(SECRETS.values())
        assert credentials().secrets == ()

    def test_exchange(self):
        exchange = settings(requests_per_minute=60, timeout=7.0, locale="de-DE", user_agent="tests/1").exchange()
        assert exchange.base_url == "https://api.example.test"
        assert exchange.headers == {
            "User-Agent": "tests/1",
            "X-Locale": "de-DE",
            "MS-PartnerCenter-Application": "airflow-provider-partnercenter",
        }
        assert exchange.policy.total == 7.0
        assert [exchange.budget.reserve(0.0).moment for _ in range(2)] == [0.0, 1.0]

    def test_clients_of_one_process_share_the_budget_of_a_tenant(self):
        assert settings(locale="de-DE").exchange().budget is settings().exchange().budget

    @pytest.mark.parametrize(
        ("options", "mode"), [({}, "App-only"), ({"refresh_token": "r"}, "App+User")], ids=["app-only", "app-user"]
    )
    def test_the_refresh_token_selects_the_mode(self, options, mode):
        assert credentials(**options).mode == mode
        assert credentials(**options).app_only is (mode == "App-only")


def test_clouds():
    assert DEFAULT_CLOUD in CLOUDS
    for cloud in CLOUDS.values():
        assert cloud.api.startswith("https://")
        assert cloud.authority.startswith("https://login.")
        assert not cloud.api.endswith("/")
        assert cloud.scope == f"{cloud.api}/.default"


VARIABLES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")


@pytest.fixture
def environment(monkeypatch):
    for name in (*VARIABLES, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)

    def set_all(values):
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_all


@pytest.mark.parametrize(
    ("values", "ca_bundle", "path"),
    [
        ({}, None, None),
        ({}, "/own.pem", "/own.pem"),
        ({"REQUESTS_CA_BUNDLE": "/env.pem"}, None, "/env.pem"),
        ({"CURL_CA_BUNDLE": "/curl.pem"}, None, "/curl.pem"),
        ({"REQUESTS_CA_BUNDLE": "/env.pem", "CURL_CA_BUNDLE": "/curl.pem"}, None, "/env.pem"),
        ({"REQUESTS_CA_BUNDLE": "/env.pem", "CURL_CA_BUNDLE": "/curl.pem"}, "/own.pem", "/own.pem"),
        ({"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "/curl.pem"}, "", "/curl.pem"),
    ],
    ids=["public", "connection", "requests", "curl", "requests-before-curl", "connection-wins", "empty-is-none"],
)
def test_ca_path(environment, values, ca_bundle, path):
    environment(values)
    assert ca_path(ca_bundle) == path


class TestSslContext:
    def test_verifies(self, environment):
        context = ssl_context(None)
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname

    def test_takes_a_file_or_a_folder(self, environment, tmp_path):
        assert ssl_context(certifi.where())
        assert ssl_context(str(tmp_path))

    @pytest.mark.parametrize("content", [None, "", "no certificate"], ids=["missing", "empty", "other"])
    def test_a_bad_file_is_refused_by_the_field_s_name(self, environment, tmp_path, content):
        path = tmp_path / "ca.pem"
        if content is not None:
            path.write_text(content)
        with pytest.raises(PartnerCenterConfigurationError, match=r"ca\.pem") as caught:
            ssl_context(str(path))
        assert "'ca_bundle'" in caught.value.hint

    def test_a_bad_file_of_the_environment_is_refused_by_the_variable_s_name(self, environment):
        environment({"REQUESTS_CA_BUNDLE": "/no/such/file.pem"})
        with pytest.raises(PartnerCenterConfigurationError) as caught:
            ssl_context(None)
        assert "REQUESTS_CA_BUNDLE" in caught.value.hint


@pytest.mark.parametrize(
    ("values", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy.test:3128"}, "http://proxy.test:3128"),
        ({"https_proxy": "http://proxy.test:3128"}, "http://proxy.test:3128"),
        ({"HTTP_PROXY": "http://proxy.test:3128"}, None),
        ({"ALL_PROXY": "http://proxy.test:3128"}, "http://proxy.test:3128"),
        ({"HTTPS_PROXY": "http://proxy.test:3128", "NO_PROXY": "api.example.test"}, None),
        ({"HTTPS_PROXY": "http://proxy.test:3128", "NO_PROXY": ".example.test"}, None),
        ({"HTTPS_PROXY": "http://proxy.test:3128", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://proxy.test:3128", "NO_PROXY": "other.test"}, "http://proxy.test:3128"),
    ],
    ids=["none", "upper", "lower", "for-http", "for-all", "not-host", "not-domain", "not-any", "not-another"],
)
def test_proxy_for(environment, values, proxy):
    environment(values)
    assert proxy_for("https://api.example.test/v1/customers") == proxy
