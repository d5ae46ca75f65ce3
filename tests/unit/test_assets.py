"""The asset of a partner's verdicts: one form, whoever writes it how, and what Airflow finds registered for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from airflow.sdk import Asset, AssetAlias

from airflow_provider_partnercenter import assets
from airflow_provider_partnercenter.assets import (
    convert_asset_to_openlineage,
    create_asset,
    is_verdicts_asset,
    verdicts_asset,
    verdicts_of,
)
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.qualification.verdicts import extra_of
from tests.airflow_versions import asset_registry

TENANT = "0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f"
URI = f"partnercenter://{TENANT}/verdicts"
ONE, TWO = ordinary_id(1), ordinary_id(2)


class TestName:
    @pytest.mark.parametrize(
        ("tenant", "in_the_uri"),
        [
            (TENANT, TENANT),
            (TENANT.upper(), TENANT),
            (TENANT.replace("-", ""), TENANT),
            (f" {{{TENANT}}} ", TENANT),
            ("contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
            ("Contoso.COM", "contoso.com"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ],
    )
    def test_one_spelling(self, tenant, in_the_uri):
        asset = verdicts_asset(tenant)
        assert asset.uri == f"partnercenter://{in_the_uri}/verdicts"
        assert asset.name == asset.uri

    @pytest.mark.parametrize(
        "tenant",
        ["", "contoso", "common", None, 12, TENANT[:-1], "a b.com", "-a.com", "bücher.example", "{{ tenant }}"],
    )
    def test_no_tenant(self, tenant):
        with pytest.raises(ValueError, match=r"does not name .* What to do: give verdicts_asset"):
            verdicts_asset(tenant)

    @pytest.mark.parametrize(
        "uri",
        [
            URI,
            f"PartnerCenter://{TENANT.upper()}/verdicts/",
            f"partnercenter://{TENANT.replace('-', '')}/verdicts#last",
        ],
    )
    def test_a_uri_that_a_user_writes(self, uri):
        # Airflow itself calls what is registered.
        assert Asset(uri=uri).uri == URI
        assert Asset(uri).uri == URI

    @pytest.mark.parametrize(
        "uri",
        [
            f"partnercenter://{TENANT}",
            f"partnercenter://{TENANT}/",
            f"partnercenter://{TENANT}/Verdicts",
            f"partnercenter://{TENANT}/verdicts/{ONE}",
            f"{URI}?customer={ONE}",
            "partnercenter:///verdicts",
            "partnercenter://contoso/verdicts",
            f"partnercenter://{TENANT}:443/verdicts",
            f"partnercenter://somebody@{TENANT}.com:443/verdicts",
        ],
    )
    def test_a_uri_that_is_refused(self, uri):
        with pytest.raises(ValueError, match=r"What to do: give .*partnercenter://<partner tenant>/verdicts"):
            Asset(uri=uri)

    def test_the_refusal_names_what_was_given(self):
        with pytest.raises(ValueError, match=rf"^'partnercenter://{TENANT}/verdict' does not name"):
            Asset(uri=f"partnercenter://{TENANT}/verdict")


class TestRegistration:
    @pytest.mark.parametrize(
        ("kind", "function"),
        [
            ("asset_uri_handlers", assets.sanitize_uri),
            ("asset_factories", create_asset),
            ("asset_to_openlineage_converters", convert_asset_to_openlineage),
        ],
    )
    def test_airflow_finds_it(self, kind, function):
        assert getattr(asset_registry(), kind)["partnercenter"] is function

    def test_the_factory_makes_the_same_asset(self):
        assert create_asset(tenant_id=TENANT.upper()) == verdicts_asset(TENANT)
        assert create_asset(tenant_id=TENANT, extra={"cloud": "global"}).extra == {"cloud": "global"}

    def test_sanitizing_twice_changes_nothing(self):
        parts = urlsplit(URI)
        assert assets.sanitize_uri(assets.sanitize_uri(parts)) == parts

    def test_openlineage_is_told_of_it(self, monkeypatch):
        from airflow.providers.common.compat.openlineage import facet

        monkeypatch.setattr(facet, "Dataset", SimpleNamespace, raising=False)
        found: Any = convert_asset_to_openlineage(verdicts_asset(TENANT), None)
        assert (found.namespace, found.name) == (f"partnercenter://{TENANT}", "verdicts")


@pytest.mark.parametrize(
    ("outlet", "is_ours"),
    [
        (verdicts_asset(TENANT), True),
        (Asset("verdicts", uri=URI), True),
        (Asset("verdicts"), False),
        (Asset(uri="s3://bucket/verdicts"), False),
        (AssetAlias(URI), False),
        (URI, False),
    ],
)
def test_which_outlets_are_meant(outlet, is_ours):
    assert is_verdicts_asset(outlet) == is_ours


def verdict(customer=ONE, outcome="approved", **members):
    return {"customer_id": customer, "qualification": "Education", "outcome": outcome, **members}


def event(extra, minute=0, **members):
    moment = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(minutes=minute)
    return SimpleNamespace(extra=extra, timestamp=moment, **members)


class TestVerdictsOf:
    def test_in_either_form_the_oldest_first(self):
        # Airflow hands out the events of a run in no particular order.
        batch = extra_of({TWO: verdict(TWO), ONE: verdict(outcome="denied")})
        events = {
            "asset": [event(verdict(hint="third"), 3), event(batch, 1)],
            "the asset of another tenant": [event(verdict(hint="second"), 2)],
        }
        found = verdicts_of(events, ONE)
        assert found == [verdict(outcome="denied"), verdict(hint="second"), verdict(hint="third")]

    def test_events_of_a_batch_without_a_customer_are_about_their_keys(self):
        batch = extra_of({TWO: verdict(TWO), ONE: verdict()})
        keyed = [event(batch, 1, partition_key=TWO), event(batch, 2, partition_key=ONE)]
        assert verdicts_of({"asset": keyed}) == [verdict(TWO), verdict()]

    def test_events_without_keys_say_the_customer_themselves(self):
        # As before Airflow 3.2.
        assert verdicts_of({"asset": [event(verdict(TWO), 2), event(verdict(), 1)]}) == [verdict(), verdict(TWO)]

    def test_the_letter_case_of_the_key_does_not_matter(self):
        assert verdicts_of({"asset": [event(extra_of({ONE: verdict()}))]}, f" {ONE.upper()}") == [verdict()]

    @pytest.mark.parametrize("events", [{}, {"asset": []}, {"asset": [event({}), event(verdict(TWO)), event(None)]}])
    def test_there_is_none(self, events):
        assert verdicts_of(events, ONE) == []
