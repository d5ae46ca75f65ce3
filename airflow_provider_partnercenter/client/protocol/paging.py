"""Lists that come in pages: which page to request next, and what is new on a page. No I/O."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Generic, TypeVar

from airflow_provider_partnercenter.client.errors import PartnerCenterUnexpectedResponseError
from airflow_provider_partnercenter.client.protocol.endpoints import get_audit_records_page, get_customers_page
from airflow_provider_partnercenter.client.protocol.endpoints.audit import AUDIT_PAGE, ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from airflow_provider_partnercenter.client.models import AuditRecord, Customer, Page
    from airflow_provider_partnercenter.client.protocol.endpoints import Endpoint

log = logging.getLogger(__name__)

T = TypeVar("T")

# Pages in a row without a new item. The service may return empty pages, but not without end.
MAX_IDLE_PAGES = 100


class Paging(Generic[T]):
    """
    The way through a list, from page to page. The list is read to its end, or an error says why not.

    ::

        while (request := paging.next) is not None:
            items = paging.take(client.send(request))

    :param lists: the lists to read, one after the other. Each is a function that returns the request for one of its
        pages: the first one for ``None``, and otherwise the one after the page that had this continuation token.
    :param noun: what the items are called in messages, in the plural.
    :param key: returns what an item is known by.
    :ivar next: the request for the next page; ``None`` at the end.
    :ivar seen: the keys of the items so far.
    :ivar unreadable: how many items could not be read.
    """

    def __init__(
        self,
        lists: Iterable[Callable[[str | None], Endpoint[Page[T]]]],
        noun: str,
        key: Callable[[T], str],
    ) -> None:
        self.seen: set[str] = set()
        self.unreadable = 0
        self._noun, self._key = noun, key
        self._lists = iter(lists)
        self._begin_list()

    def _begin_list(self) -> None:
        self._request = next(self._lists, None)
        self.next = self._request and self._request(None)
        self._tokens: set[str] = set()
        self._idle = 0

    def take(self, page: Page[T]) -> list[T]:
        """
        Return the items of the requested page, without those of earlier pages, and proceed to the next one.

        If items come and go in the meantime, a page may repeat some of the previous page.

        :raises PartnerCenterUnexpectedResponseError: if the list does not come to an end.
        """
        assert self._request is not None
        assert self.next is not None
        what, token = self.next.what, page.continuation
        fresh = {self._key(item): item for item in page.items}
        fresh = {key: item for key, item in fresh.items() if key not in self.seen}
        self.seen.update(fresh)
        self._idle = 0 if fresh else self._idle + 1
        if page.unreadable:
            self.unreadable += page.unreadable
            log.warning("%s: %d items of a page cannot be read and were left out.", what, page.unreadable)
        if token is None:
            self._begin_list()
        elif not fresh and (token in self._tokens or self._idle > MAX_IDLE_PAGES):
            raise PartnerCenterUnexpectedResponseError(
                f"{what} failed: after {len(self.seen)} {self._noun}, the pages repeat without end",
                hint="try again later; if it happens again, ask Microsoft's support",
            )
        else:
            self._tokens.add(token)
            self.next = self._request(token)
        return list(fresh.values())


def get_customers(*, page_size: int = 500, starts_with: Mapping[str, str] | None = None) -> Paging[Customer]:
    """
    List the customers, page by page (GET ``/customers``).

    :param page_size: how many customers to request per page; the service may return fewer.
    :param starts_with: at most one filter: a field (``CompanyName`` or ``Domain``) and the beginning of its value.
    :return: an iterator. It raises a ``PartnerCenterError`` if a page cannot be read or the list has no end.
    """

    def request(continuation: str | None) -> Endpoint[Page[Customer]]:
        return get_customers_page(page_size=page_size, starts_with=starts_with, continuation=continuation)

    return Paging([request], "customers", lambda customer: customer.id.lower())


def get_audit_records(
    *,
    start_date: date,
    end_date: date | None = None,
    resource_type: str | None = None,
    customer_id: str | None = None,
    company_name: str | None = None,
    page_size: int = AUDIT_PAGE,
) -> Paging[AuditRecord]:
    """
    Read the audit records (GET ``/auditrecords``, page ``get-a-record-of-partner-center-activity-by-user``).

    Use App+User: the page says that App-only is enough, other descriptions say that it is not. The service returns the
    records of at most 30 days for one request, so more days are requested one part after the other.

    :param start_date: the first day (UTC), at most 90 days ago.
    :param end_date: the last day (UTC); today by default.
    :param resource_type: only what was done to this type of resource, for example ``customer``.
    :param customer_id: only what was done for this customer.
    :param company_name: only what was done for customers whose name contains this. Give at most one of these three.
    :param page_size: how many records to request per page; 100 by default. The service may return fewer.
    :return: an iterator. It raises a ``PartnerCenterError`` if a page cannot be read or the list has no end.
    :raises PartnerCenterInvalidRequestError: if an argument is invalid, or ``start_date`` is too long ago.
    """

    def request_for(first: date, last: date | None) -> Callable[[str | None], Endpoint[Page[AuditRecord]]]:
        return lambda continuation: get_audit_records_page(
            start_date=first,
            end_date=last,
            resource_type=resource_type,
            customer_id=customer_id,
            company_name=company_name,
            page_size=page_size,
            continuation=continuation,
        )

    requests = [request_for(*days) for days in ranges(start_date, end_date)]
    # Records of older samples have no id.
    return Paging(requests, "audit records", lambda record: record.id or repr(record))
