"""Read one page of a list: its items, and the token of the next page. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from airflow_provider_partnercenter.client.models import Page
from airflow_provider_partnercenter.client.protocol.arguments import fits_header, for_header
from airflow_provider_partnercenter.client.wire import Members

T = TypeVar("T")


def seek(continuation: str) -> tuple[dict[str, str], dict[str, str]]:
    """
    Return the query and the headers that ask for the next page.

    :param continuation: the token of the previous page.
    :raises PartnerCenterInvalidRequestError: if it cannot be sent in a header.
    """
    return {"seekOperation": "Next"}, {"MS-ContinuationToken": for_header(continuation, "continuation")}


def read_page(document: Any, read: Callable[[Any], T]) -> Page[T]:
    """
    Read one page of a list. Items that cannot be read are counted, and the others are read.

    ``totalCount`` is not believed: Microsoft's samples give the number of the page's items there, and an answer of the
    service that was recorded gave another number.

    :param read: reads one item; raises ``ValueError`` if it cannot.
    :raises ValueError: if the document is no list, if no item can be read, or if the document announces a next page but
        has no token for it.
    """
    members = Members(document)
    items = document if isinstance(document, list) else members.get("items")
    if not isinstance(items, list):
        raise ValueError("the list has no member 'items'")
    found = readable(items, read)
    return Page(tuple(found), _continuation(members), len(items) - len(found))


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


def _continuation(page: Members) -> str | None:
    """Find the token of the next page; ``links.next.uri`` is not used because the service writes it in several ways."""
    links = page.get("links")
    if not isinstance(links, Mapping | None):
        raise ValueError("the list has links of an unknown form")
    following = Members(links).get("next")
    if following is None:
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
