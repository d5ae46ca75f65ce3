"""The bodies of answers, as far as no request shows it."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow_provider_partnercenter.emulator.http.render import audit_record
from airflow_provider_partnercenter.emulator.partner.audit import Deed
from airflow_provider_partnercenter.emulator.settings import TENANT_ID, Settings

CUSTOMER = "0a000000-0000-4000-8000-000000000001"
NOW = datetime(2026, 5, 31, 12, tzinfo=UTC)


def test_audit_records_of_one_moment_have_ids_of_their_own() -> None:
    deeds = [Deed(number, "add_customer", CUSTOMER, "Elm School", NOW) for number in range(3)]
    ids = [audit_record(deed, Settings())["id"] for deed in deeds]
    assert len(set(ids)) == 3
    assert ids[0].startswith(f"{TENANT_ID}_{CUSTOMER}_addcustomer_")
    assert audit_record(deeds[0], Settings())["operationDate"] == "2026-05-31T12:00:00.0000000Z"
