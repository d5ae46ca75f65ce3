"""Whom to trust and which way to go."""

from __future__ import annotations

import ssl

import certifi
import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.client.protocol.commands import TransportError
from airflow_provider_partnercenter.client.transport.tls_and_proxy import Proxy, Route, ca_path, route_to, ssl_context

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
    found = route_to("https://api.example.test/v1/customers").proxy
    assert (found and found.url) == proxy


@pytest.mark.parametrize(
    ("values", "url", "name", "variable"),
    [
        ({"HTTPS_PROXY": "proxy.test:3128"}, "http://proxy.test:3128", "proxy.test:3128", "HTTPS_PROXY"),
        ({"HTTPS_PROXY": "proxy.test"}, "http://proxy.test", "proxy.test:80", "HTTPS_PROXY"),
        ({"https_proxy": "HTTPS://proxy.test"}, "https://proxy.test", "proxy.test:443", "https_proxy"),
        ({"ALL_PROXY": "http://a:b@proxy.test:1/"}, "http://a:b@proxy.test:1/", "proxy.test:1", "ALL_PROXY"),
        ({"all_proxy": "http://[::1]:3128"}, "http://[::1]:3128", "[::1]:3128", "all_proxy"),
        (
            {"HTTPS_PROXY": "http://one.test:1", "https_proxy": "http://two.test:2"},
            "http://two.test:2",
            "two.test:2",
            "https_proxy",
        ),
    ],
)
def test_a_proxy_is_known_by_its_variable_and_named_without_its_password(environment, values, url, name, variable):
    environment(values)
    proxy = route_to("https://api.example.test/v1").proxy
    assert (proxy.url, proxy.name, proxy.variable) == (url, name, variable)
    assert "a:b" not in repr(proxy)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    ("proxy", "problem"),
    [
        ("http://proxy.test:port", "its port is no number"),
        ("http://proxy.test:99999", "its port is no number"),
        ("http://proxy.test:0", "its port is no number"),
        ("http://somebody:pass#word@proxy.test:3128", "its port is no number"),
        ("http://[::1", "its port is no number"),
        ("http://", "it names no host"),
        ("http://:3128", "it names no host"),
        ("http://proxy test:3128", "its host is not valid"),
        ("ftp://proxy.test:21", "its scheme is none of http, https"),
        ("://proxy.test", "its scheme is none of http, https"),
    ],
)
def test_the_url_of_a_proxy_that_is_not_valid(environment, variable, proxy, problem):
    environment({variable: proxy})
    with pytest.raises(TransportError, match=f"the URL of the proxy in {variable} is not valid: {problem}") as caught:
        route_to("https://api.example.test/v1")
    assert (caught.value.sent, caught.value.permanent) == (False, True)
    assert f"correct {variable}" in caught.value.hint
    for text in (str(caught.value), caught.value.hint):
        assert "proxy.test" not in text
        assert "pass#word" not in text


@pytest.mark.parametrize(
    ("url", "status", "remedy"),
    [
        ("http://proxy.test:3128", 407, "put the user and the password of the proxy into HTTPS_PROXY"),
        ("http://a:b@proxy.test:3128", 407, "correct the user and the password in HTTPS_PROXY"),
        ("http://proxy.test:3128", 403, "must allow connections to api.test:443"),
        ("http://proxy.test:3128", 502, "must allow connections to api.test:443"),
    ],
)
def test_a_proxy_that_refuses(url, status, remedy):
    error = Proxy(url, "HTTPS_PROXY").refused(status, "api.test:443")
    assert str(error) == f"no connection through the proxy proxy.test:3128 to api.test:443: it answered HTTP {status}"
    assert (error.sent, error.permanent) == (False, False)
    assert remedy in error.hint


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://api.test/v1", "api.test:443"),
        ("https://api.test:8443/v1", "api.test:8443"),
        ("https://somebody:word@[::1]/v1", "[::1]:443"),
        ("https://[::1", "the host"),
    ],
)
def test_a_route_names_its_target(url, target):
    assert Route(url).target == target
