"""Which audit records a request gets."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_partnercenter.emulator.errors import ApiError
from airflow_provider_partnercenter.emulator.partner.audit import AuditLog
from airflow_provider_partnercenter.emulator.partner.customers import CustomerRecord
from airflow_provider_partnercenter.emulator.scenario.behaviour import Behaviour, Company

NOW = datetime(2026, 5, 31, 12, tzinfo=UTC)
ELM, OAK = "0a000000-0000-4000-8000-000000000001", "0a000000-0000-4000-8000-000000000002"


def record_of(customer_id: str, name: str) -> CustomerRecord:
    company = Company(name, "school.example", "office@school.example")
    return CustomerRecord.create(customer_id, None, company, Behaviour(), NOW)


@pytest.fixture
def log() -> AuditLog:
    log = AuditLog()
    for ago, operation, customer in [
        (60, "add_customer", record_of(ELM, "Elm School")),
        (31, "update_customer_qualification", record_of(ELM, "Elm School")),
        (30, "add_customer", record_of(OAK, "Oak College")),
        (0, "update_customer_qualification", record_of(OAK, "Oak College")),
    ]:
        log.add(operation, customer, NOW - timedelta(days=ago))
    return log


def found(log: AuditLog, given: dict[str, str], *, first: bool = True) -> list[int]:
    return [deed.number for deed in log.select(given, NOW, first=first)]


def asking_for(field: str, value: str, operator: str = "equals") -> str:
    return json.dumps({"Field": field, "Value": value, "Operator": operator})


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        ({"startDate": "2026-05-31"}, [3]),
        ({"startDate": "2026-05-02"}, [3]),
        # More than thirty days: the first thirty.
        ({"startDate": "2026-05-01"}, [2]),
        ({"startDate": "2026-04-30", "endDate": "2026-05-31"}, [2, 1]),
        ({"startDate": "2026-04-30", "endDate": "2026-04-30"}, [1]),
        ({"startDate": "2026-04-01", "endDate": "2026-04-30"}, [1, 0]),
        ({"startDate": "2026-06-01"}, []),
        ({"startDate": "4/30/2026 00:00"}, [2, 1]),
        ({"startDate": "2026-04-30T23:00:00Z"}, [2, 1]),
    ],
)
def test_days(log: AuditLog, given: dict[str, str], numbers: list[int]) -> None:
    assert found(log, given) == numbers


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (asking_for("ResourceType", "Customer"), [2, 1]),
        (asking_for("resourcetype", "customer"), [2, 1]),
        (asking_for("ResourceType", "Subscription"), []),
        (asking_for("ResourceType", "CustomerUser"), []),
        (asking_for("CustomerId", ELM.upper()), [1]),
        (asking_for("CustomerId", "0a000000-0000-4000-8000-000000000003"), []),
        (asking_for("CompanyName", "COLL", "substring"), [2]),
        (asking_for("CompanyName", "school", "substring"), [1]),
        (asking_for("CompanyName", "", "substring"), [2, 1]),
    ],
)
def test_filters(log: AuditLog, wanted: str, numbers: list[int]) -> None:
    assert found(log, {"startDate": "2026-04-30", "filter": wanted}) == numbers


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "'startDate' is required"),
        ({"endDate": "2026-05-31"}, "'startDate' is required"),
        ({"startDate": "2026-03-01"}, "90 days before today"),
        ({"startDate": "yesterday"}, "'startDate' must be a date"),
        ({"startDate": "2026-05-31", "endDate": "tomorrow"}, "'endDate' must be a date"),
        ({"startDate": "2026-05-31", "endDate": "2026-05-30"}, "'endDate' must not be before"),
        ({"startDate": "2026-05-31", "filter": "{"}, "not valid JSON"),
        ({"startDate": "2026-05-31", "filter": "[" * 5000}, "not valid JSON"),
        ({"startDate": "2026-05-31", "filter": "[]"}, "can only be filtered by"),
        ({"startDate": "2026-05-31", "filter": asking_for("Email", "a")}, "can only be filtered by"),
        ({"startDate": "2026-05-31", "filter": asking_for("CompanyName", "elm")}, "CompanyName substring"),
        ({"startDate": "2026-05-31", "filter": asking_for("CustomerId", ELM, "substring")}, "CustomerId equals"),
    ],
)
def test_what_is_refused(log: AuditLog, given: dict[str, Any], told: str) -> None:
    with pytest.raises(ApiError) as caught:
        found(log, given)
    assert (caught.value.status, caught.value.body["code"]) == (400, 800002)
    assert told in caught.value.body["description"]


def test_the_oldest_day_and_a_further_page_after_midnight(log: AuditLog) -> None:
    assert found(log, {"startDate": "2026-03-02"}) == []
    assert found(log, {"startDate": "2026-03-01"}, first=False) == []
