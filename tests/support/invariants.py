"""What must hold of everything that comes out of the client, whatever went in."""

from __future__ import annotations

import json
import re
from datetime import UTC
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_partnercenter.client.errors import PartnerCenterError, error_from_dict
from airflow_provider_partnercenter.client.models import (
    AuditRecord,
    Customer,
    CustomerQualification,
    Page,
    Qualification,
    ValidationCode,
    ValidationEvent,
    VettingStatus,
    WebhookRegistration,
)
from airflow_provider_partnercenter.client.protocol.arguments import fits_header
from airflow_provider_partnercenter.qualification.checks.preflight import preflight, unseen
from airflow_provider_partnercenter.qualification.vetting import VETTED, Outcome, describe, judge

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "eyJ-a-token-of-these-tests"


T = TypeVar("T")


def attempt(call: Callable[[], T], kind: type[Exception] = PartnerCenterError) -> tuple[T | None, Exception | None]:
    """Return what a call returns, or the error that it raises if it is of this kind."""
    try:
        return call(), None
    except kind as error:
        check_line(str(error))
        return None, error


def check_json(document: Any) -> None:
    """Check that a document survives JSON, PostgreSQL and a log."""
    text = json.dumps(document, allow_nan=False)
    assert json.loads(text) == document
    json.dumps(document, ensure_ascii=False).encode()
    assert "\x00" not in "".join(texts(document))
    assert TOKEN not in text


def texts(document: Any) -> list[str]:
    """Return all texts of a document, at any depth."""
    if isinstance(document, dict | list):
        parts = [*document, *document.values()] if isinstance(document, dict) else document
        return [text for part in parts for text in texts(part)]
    return [document] if isinstance(document, str) else []


def check_line(text: str) -> None:
    assert len(text.splitlines()) <= 1, text
    assert not [c for c in text if not c.isprintable() and not c.isspace() and ord(c) < 160], text
    assert len(text) < 2000, text
    assert TOKEN not in text
    text.encode()


def check_error(error: Exception) -> None:
    assert isinstance(error, PartnerCenterError)
    check_line(str(error))
    check_json(error.to_dict())
    again = error_from_dict(json.loads(json.dumps(error.to_dict())))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.to_dict() == error.to_dict()
    assert error.retry_after is None or 0 <= error.retry_after < 10**6


def check_entry(entry: CustomerQualification) -> None:
    assert isinstance(entry.qualification, Qualification | str)
    status, date = entry.vetting_status, entry.vetting_created_date
    assert status is None or (isinstance(status, str) and status)
    # Nothing may become a verdict on its way through an XCom or an event.
    assert isinstance(status, VettingStatus) or status not in list(VettingStatus)
    assert date is None or (date if isinstance(date, str) else date.tzinfo is UTC)
    data = entry.to_dict()
    check_json(data)
    assert len(json.dumps(data)) < 8000
    assert CustomerQualification.from_dict(json.loads(json.dumps(data))) == entry
    for value in data.values():
        check_line(value or "")


def approved(entries: list[CustomerQualification], wanted: Qualification) -> bool:
    """Tell whether there is anything in a list that may count as success."""
    good = {VettingStatus.APPROVED} if wanted in VETTED else {VettingStatus.APPROVED, None}
    return any(entry.qualification is wanted and entry.vetting_status in good for entry in entries)


def check_entries(entries: list[CustomerQualification]) -> None:
    assert len(entries) <= 20
    for entry in entries:
        check_entry(entry)
        assert entry.qualification is not Qualification.NONE
    for wanted in Qualification:
        verdict = judge(entries, wanted)
        assert isinstance(verdict.outcome, Outcome)
        if verdict.outcome is Outcome.APPROVED:
            assert approved(entries, wanted)
        if verdict.outcome is Outcome.ABSENT:
            assert not [entry for entry in entries if entry.qualification is wanted]
        check_json(describe("customer", verdict, wanted))


def check_value(value: Any) -> None:
    """Check what a call returned."""
    match value:
        case list():
            check_entries([item for item in value if isinstance(item, CustomerQualification)])
            for code in value:
                if isinstance(code, ValidationCode):
                    check_line(code.validation_id[:1000])
                    assert code.max_creates is None or type(code.max_creates) is int
                elif isinstance(code, str):  # the name of an event
                    check_line(code[:1000])
                else:
                    assert isinstance(code, CustomerQualification)
        case Customer():
            check_json(value.to_dict())
            assert isinstance(value.allow_delegated_access, bool | None)
            assert all(isinstance(domain, str) for domain in value.custom_domains)
            assert unseen(value) in (True, False)
            for problem in preflight(value):
                check_line(problem[:1000])
        case AuditRecord():
            check_json(value.to_dict())
            assert value.operation_type
            assert not value.adds_customer or re.sub("[^a-z]", "", value.operation_type.lower()) == "addcustomer"
        case WebhookRegistration():
            check_json(value.to_dict())
            assert value.webhook_url
            assert value.same_as(value)
        case ValidationEvent():
            check_json(value.to_dict())
            assert not value.delivered or any(attempt.response_code for attempt in value.results)
        case Page():
            assert value.continuation is None or fits_header(value.continuation)
            for item in value.items:
                check_value(item)
        case str():
            check_line(value)
        case _:
            assert value is None or isinstance(value, Qualification | bool)
