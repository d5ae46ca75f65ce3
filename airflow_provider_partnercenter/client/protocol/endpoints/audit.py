"""
Audit records: a page of them, and the days that one request can be about.

Sources: the page ``get-a-record-of-partner-center-activity-by-user``, and for the longest range the REST reference
(``audit-operations/gets-audit-records``).
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import AuditRecord
from airflow_provider_partnercenter.client.protocol.arguments import (
    calendar_day,
    customer_guid,
    optional_text,
    whole_number,
)
from airflow_provider_partnercenter.client.protocol.endpoints.endpoint import Endpoint
from airflow_provider_partnercenter.client.protocol.endpoints.pages import read_page, seek

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.models import Page

_DAY = timedelta(days=1)
_KEPT = timedelta(days=90)
# A request for more days, or without a last one, gets the records of the first days only, and nothing says so.
_RANGE = timedelta(days=30)

# A record contains the whole order or customer that it is about: 500 of them might be too long for one answer.
AUDIT_PAGE = 100


def get_audit_records_page(
    *,
    start_date: date,
    end_date: date | None = None,
    resource_type: str | None = None,
    customer_id: str | None = None,
    company_name: str | None = None,
    page_size: int = AUDIT_PAGE,
    continuation: str | None = None,
) -> Endpoint[Page[AuditRecord]]:
    """
    GET ``/auditrecords``: one page of the audit records.

    The parameters are those of :meth:`.PartnerCenterClient.get_audit_records`, except for these:

    :param end_date: the last day (UTC). A request for more than 30 days gets the records of the first 30.
    :param continuation: the token of the previous page, which was requested with the same arguments.
    """
    # Midnight may pass between two pages.
    first = _kept(start_date, "start_date") if continuation is None else calendar_day(start_date, "start_date")
    query = {"startDate": first.isoformat()}
    if end_date is not None:
        query["endDate"] = calendar_day(end_date, "end_date").isoformat()
    query["size"] = str(whole_number(page_size, "page_size"))
    query |= _filter(resource_type, customer_id, company_name)
    headers: dict[str, str] = {}
    if continuation is not None:
        # With all arguments, as Microsoft's SDK for .NET does: a request without startDate may be refused.
        further, headers = seek(continuation)
        query |= further
    return Endpoint(
        "Reading the audit records",
        "GET",
        "/v1/auditrecords",
        _read_records,
        query=query,
        headers=headers,
        kind="get_audit_records_page",
    )


def ranges(start_date: date, end_date: date | None = None) -> list[tuple[date, date | None]]:
    """
    Divide days into ranges that one request each can be about.

    :param start_date: the first day.
    :param end_date: the last day; ``None`` for today.
    :return: the first and the last day of each range, in order. A last day of ``None`` is today.
    :raises PartnerCenterInvalidRequestError: if the service does not keep the records of the first day any more, or if
        the last day is before the first one.
    """
    first, today = _kept(start_date, "start_date"), _today()
    last = None if end_date is None else calendar_day(end_date, "end_date")
    if last is not None and last < first:
        raise PartnerCenterInvalidRequestError(
            f"end_date {last} is before start_date {first}", hint="give the first day as start_date"
        )
    if last is not None and last > today:
        last = None
    found: list[tuple[date, date | None]] = []
    while (last or today) - first >= _RANGE:
        found.append((first, first + _RANGE - _DAY))
        first += _RANGE
    return [*found, (first, last)]


def _today() -> date:
    return datetime.fromtimestamp(clock.now(), UTC).date()


def _kept(value: object, name: str) -> date:
    """Read a day, or say that the service does not keep its records any more; it would answer 400."""
    day, oldest = calendar_day(value, name), _today() - _KEPT
    if day < oldest:
        raise PartnerCenterInvalidRequestError(
            f"{name} {day} is too long ago: Microsoft keeps audit records for {_KEPT.days} days",
            hint=f"give {oldest} or a later day",
        )
    return day


def _filter(resource_type: object, customer_id: object, company_name: object) -> dict[str, str]:
    """Return the filter as a query parameter, if there is one."""
    wanted = {
        "ResourceType": ("equals", _in_pascal_case(optional_text(resource_type, "resource_type"))),
        "CustomerId": ("equals", None if customer_id is None else customer_guid(customer_id)),
        "CompanyName": ("substring", optional_text(company_name, "company_name")),
    }
    given = [
        {"Field": field, "Value": value, "Operator": operator} for field, (operator, value) in wanted.items() if value
    ]
    if len(given) > 1:
        raise PartnerCenterInvalidRequestError(
            "audit records cannot be filtered by more than one of resource_type, customer_id and company_name",
            hint="give one of them, and compare the records that are returned with the others",
        )
    return {"filter": json.dumps(given[0])} if given else {}


def _in_pascal_case(name: str | None) -> str | None:
    """Return a type of resource as requests spell it, ``CustomerUser``; in records it is spelled ``customer_user``."""
    return name and "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def _read_records(document: Any) -> Page[AuditRecord]:
    return read_page(document, AuditRecord.from_json)
