"""What the options of Airflow's configuration mean."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.plugins.web.webhook_settings import read_webhook_settings, webhook_is_off
from airflow_provider_partnercenter.provider_info import get_provider_info
from airflow_provider_partnercenter.qualification.webhooks.event import BEGINNINGS, Freshness
from airflow_provider_partnercenter.qualification.webhooks.headers import CERTIFICATE_HOSTS
from tests.support.webhooks import signing

INFO: dict[str, Any] = get_provider_info()
OPTIONS = INFO["config"]["partnercenter"]["options"]


@pytest.fixture
def configure(monkeypatch):
    def setter(**options):
        for name, value in options.items():
            assert name in OPTIONS
            monkeypatch.setenv(f"AIRFLOW__PARTNERCENTER__{name.upper()}", value)

    return setter


def test_it_is_off_by_default():
    assert webhook_is_off()


def test_it_can_be_switched_on(configure):
    configure(webhook_enabled="True")
    assert not webhook_is_off()


def test_the_defaults_are_those_that_are_documented():
    settings = read_webhook_settings()
    assert settings.asset == OPTIONS["webhook_asset"]["default"]
    assert (settings.events, settings.certificate_hosts, settings.ca_bundle) == (BEGINNINGS, CERTIFICATE_HOSTS, None)
    ages = [float(OPTIONS[name]["default"]) for name in ("webhook_max_age", "webhook_max_ahead")]
    assert settings.freshness == Freshness(*ages) == Freshness()


def test_the_roots_by_default_are_microsofts():
    roots = read_webhook_settings().roots
    names = {root.subject.rfc4514_string().split(",")[0] for root in roots.trusted}
    assert {"CN=DigiCert Global Root G2", "CN=Microsoft RSA Root Certificate Authority 2017"} <= names
    assert all("DigiCert" in name or "Microsoft" in name for name in names)
    assert roots.intermediates == ()


def test_all_of_them_can_be_changed(configure, tmp_path):
    file = tmp_path / "roots.pem"
    authority = signing.authority()
    file.write_bytes(signing.pem(signing.root(), authority))
    configure(
        webhook_asset="new_customers",
        webhook_events="Invoice-Ready, test-created,",
        webhook_max_age="60",
        webhook_max_ahead="5.5",
        webhook_certificate_hosts="LOCALHOST:8443",
        webhook_root_certificates=str(file),
        webhook_ca_bundle="/ca.pem",
    )
    settings = read_webhook_settings()
    assert settings.asset == "new_customers"
    assert settings.events == {"invoice-ready", "test-created"}
    assert settings.freshness == Freshness(60, 5.5)
    assert settings.certificate_hosts == {"localhost:8443"}
    assert (settings.roots.trusted, settings.roots.intermediates) == ((signing.root(),), (authority,))
    assert settings.ca_bundle == "/ca.pem"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"webhook_max_age": "a week"}, r"webhook_max_age is 'a week', not a number of seconds"),
        ({"webhook_max_ahead": "-1"}, r"webhook_max_ahead is '-1', not a number of seconds"),
        ({"webhook_max_age": "nan"}, r"webhook_max_age is 'nan'"),
        ({"webhook_root_certificates": "/not/there.pem"}, r"'/not/there.pem' cannot be read \(No such file"),
        ({"webhook_root_certificates": __file__}, "contain no root certificate|cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_told(configure, options, told):
    configure(**options)
    with pytest.raises(PartnerCenterConfigurationError, match=told) as refused:
        read_webhook_settings()
    assert "What to do" in str(refused.value)
