"""Whom to trust and which way to go."""

from __future__ import annotations

import ssl

import certifi
import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.client.transport.tls_and_proxy import ca_path, proxy_for, ssl_context

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
