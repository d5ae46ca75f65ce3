"""The audit records: what was done in the emulated Partner Center, and which of it a request asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.wire import key_of, parse_date
from airflow_provider_partnercenter.emulator.errors import refused
from airflow_provider_partnercenter.emulator.partner.rules import INVALID_INPUT, read_filter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from airflow_provider_partnercenter.emulator.partner.customers import CustomerRecord

KEPT = timedelta(days=90)
RANGE = timedelta(days=30)
"""How long the records are kept, and the longest range of a request. Of a longer one, the first days are returned."""

_OPERATORS = {"ResourceType": "equals", "CustomerId": "equals", "CompanyName": "substring"}


@dataclass(frozen=True, slots=True)
class Deed:
    """
    One operation that was carried out.

    :param number: how many there were before it.
    :param operation: Microsoft's name of the operation, for example ``add_customer``.
    :param customer_id: the customer.
    :param customer_name: the name of its company at that time.
    :param moment: when it was done.
    """

    number: int
    operation: str
    customer_id: str
    customer_name: str
    moment: datetime


class AuditLog:
    """All operations, oldest first. Each of them is about the resource ``customer``."""

    def __init__(self) -> None:
        self._deeds: list[Deed] = []

    def add(self, operation: str, customer: CustomerRecord, now: datetime) -> None:
        """Record that something was done for a customer."""
        self._deeds.append(Deed(len(self._deeds), operation, customer.customer_id, customer.company.company_name, now))

    def select(self, given: Mapping[str, str], now: datetime, *, first: bool) -> list[Deed]:
        """
        Return what a request asks for, newest first, as in Microsoft's samples.

        :param given: the query parameters ``startDate``, ``endDate`` and ``filter``, as far as they are given.
        :param first: whether the first page is requested. Others are returned although midnight may have passed.
        :raises ApiError: if the request is refused.
        """
        today = now.date()
        start = _day(given, "startDate")
        if start is None:
            raise refused(400, INVALID_INPUT, "Invalid request input: 'startDate' is required.")
        if first and start < today - KEPT:
            text = f"Invalid request input: 'startDate' must not be more than {KEPT.days} days before today."
            raise refused(400, INVALID_INPUT, text)
        end = _day(given, "endDate") or today
        if end < start and "endDate" in given:
            raise refused(400, INVALID_INPUT, "Invalid request input: 'endDate' must not be before 'startDate'.")
        end = min(end, start + RANGE - timedelta(days=1))
        field, value = read_filter(given.get("filter", ""), _OPERATORS)
        return [
            deed
            for deed in reversed(self._deeds)
            if start <= deed.moment.date() <= end and _matches(deed, field, value)
        ]


def _day(given: Mapping[str, str], name: str) -> date | None:
    if name not in given:
        return None
    if (moment := parse_date(given[name])) is None:
        raise refused(400, INVALID_INPUT, f"Invalid request input: {name!r} must be a date, as in 2026-05-31.")
    return moment.date()


def _matches(deed: Deed, field: str, value: str) -> bool:
    match field:
        case "ResourceType":
            return key_of(value) == "customer"
        case "CustomerId":
            return value.lower() == deed.customer_id
        case "CompanyName":
            return value.lower() in deed.customer_name.lower()
    return True
