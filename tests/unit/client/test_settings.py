from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.settings import ClientSettings

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
