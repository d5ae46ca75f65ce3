"""Read a list that comes in pages. It is read to its end, or an error says why not. No I/O."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from airflow_provider_partnercenter.client.errors import PartnerCenterUnexpectedResponseError
from airflow_provider_partnercenter.client.models import Customer, CustomerPage
from airflow_provider_partnercenter.client.protocol.arguments import fits_header
from airflow_provider_partnercenter.client.wire import Members

log = logging.getLogger(__name__)

T = TypeVar("T")

# Pages in a row without a new customer. The service may return empty pages, but not without end.
MAX_IDLE_PAGES = 100


class Paging:
    """
    Follows the customer list from page to page.

    :ivar seen: the ids of the customers so far, in lower case.
    :ivar unreadable: how many items of the list had no id.
    """

    def __init__(self) -> None:
        self.unreadable = 0
        self.seen: set[str] = set()
        self._tokens: set[str] = set()
        self._idle = 0

    def take(self, page: CustomerPage) -> list[Customer]:
        """
        Return the customers of the next page, without those of earlier pages.

        If customers come and go in the meantime, a page may repeat some of the previous page.

        :raises PartnerCenterUnexpectedResponseError: if the list does not come to an end.
        """
        fresh = {customer.id.lower(): customer for customer in page.customers}
        fresh = {key: customer for key, customer in fresh.items() if key not in self.seen}
        self.seen.update(fresh)
        self._idle = 0 if fresh else self._idle + 1
        token = page.continuation
        if token and not fresh and (token in self._tokens or self._idle > MAX_IDLE_PAGES):
            raise PartnerCenterUnexpectedResponseError(
                f"Listing the customers failed: after {len(self.seen)} customers, the pages repeat without end",
                hint="try again later; if it happens again, ask Microsoft's support",
            )
        if token:
            self._tokens.add(token)
        if page.unreadable:
            self.unreadable += page.unreadable
            log.warning("Listing the customers: %d items of a page have no id and were left out.", page.unreadable)
        return list(fresh.values())


def readable(items: list[Any], read: Callable[[Any], T]) -> list[T]:
    """
    Read the items of a list and leave out those that cannot be read.

    :raises ValueError: if none of them can be read.
    """
    found: list[T] = []
    problem: ValueError | None = None
    for item in items:
        try:
            found.append(read(item))
        except ValueError as error:
            problem = error
    if problem and not found:
        raise problem
    return found


def read_customer_page(document: Any) -> CustomerPage:
    """
    Read one page of the customer list. Items without an id are counted, and the others are read.

    :raises ValueError: if the document is no list of customers, or if it announces a next page but has no token for it.
    """
    members = Members(document)
    items = document if isinstance(document, list) else members.get("items")
    if not isinstance(items, list):
        raise ValueError("a customer list has no member 'items'")
    customers = readable(items, Customer.from_json)
    return CustomerPage(tuple(customers), _continuation(members), len(items) - len(customers))


def _continuation(page: Members) -> str | None:
    """Find the token of the next page; ``links.next.uri`` is not used because the service writes it in several ways."""
    following = page.members("links").get("next")
    if not following:
        return None
    token = _token(Members(following).get("headers")) or page.get("continuationToken")
    if isinstance(token, int) and not isinstance(token, bool):
        token = str(token)
    if not isinstance(token, str) or not token.strip():
        raise ValueError("the list has another page, but no continuation token for it")
    # It is sent back in a header, in which a line break would begin another header.
    if not fits_header(token):
        raise ValueError("the continuation token contains characters that a header cannot carry")
    return token


def _token(headers: object) -> object:
    """Return the header of the next request, from a list of keys and values or from an object."""
    if isinstance(headers, Mapping):
        return Members(headers).get("MS-ContinuationToken")
    entries = [Members(header) for header in headers] if isinstance(headers, list) else []
    return next((e.get("value") for e in entries if (e.text("key") or "").lower() == "ms-continuationtoken"), None)
