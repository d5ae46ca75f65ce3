"""Look which customers the partner has. No I/O: the clients carry out the calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeVar

from airflow_provider_partnercenter.client.errors import PartnerCenterUnexpectedResponseError
from airflow_provider_partnercenter.client.models import Customer
from airflow_provider_partnercenter.client.protocol.paging import get_audit_records, get_customers

if TYPE_CHECKING:
    from datetime import date

    from airflow_provider_partnercenter.client.protocol.commands import Procedure
    from airflow_provider_partnercenter.client.protocol.exchange import Exchange
    from airflow_provider_partnercenter.client.protocol.paging import Paging

T = TypeVar("T")

Source = Literal["customers", "audit_records"]

# Microsoft keeps audit records for 90 days. One day less, because midnight may pass on the way.
_KEPT = timedelta(days=89)
# How long after an operation its record may appear. Microsoft names no time.
_DELAY = timedelta(days=2)


def look(exchange: Exchange, source: Source, since: date, *, first: bool = False) -> Procedure[list[Customer]]:
    """
    Read which customers there are. What cannot be read to its end is an error, never a shorter list.

    :param exchange: sends the calls.
    :param source: ``"customers"`` for the list of all customers, or ``"audit_records"`` for those who were added since
        a day, without their domains.
    :param since: that day.
    :param first: whether it is the first look. An item that cannot be read is then an error too: it may be a customer
        that a later look would take for a new one.
    :return: the customers, in the order of the list.
    :raises PartnerCenterError: if a page cannot be read, or if the list does not come to an end.
    """
    exchange = exchange.scoped()
    if source == "customers":
        return (yield from _read(exchange, get_customers(), first=first))
    records = yield from _read(exchange, get_audit_records(start_date=since, resource_type="customer"), first=first)
    return [
        Customer(record.customer_id, record.customer_name)
        for record in records
        if record.adds_customer and record.customer_id
    ]


def first_day(looked_at: float, now: float) -> date:
    """
    Return the first day whose audit records have to be read.

    :param looked_at: when they were last read, in seconds since the epoch; 0 for all that Microsoft keeps.
    :param now: the present, in seconds since the epoch.
    """
    present = datetime.fromtimestamp(now, UTC)
    return max(datetime.fromtimestamp(looked_at, UTC) - _DELAY, present - _KEPT).date()


def _read(exchange: Exchange, pages: Paging[T], *, first: bool) -> Procedure[list[T]]:
    found: list[T] = []
    while (request := pages.next) is not None:
        found += pages.take((yield from exchange.send(request)))
    if first and pages.unreadable:
        raise PartnerCenterUnexpectedResponseError(
            f"The first look at the customers failed: {pages.unreadable} items cannot be read",
            hint="try again later; if it happens again, ask Microsoft's support",
        )
    return found
