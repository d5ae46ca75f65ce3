"""What may be wrong with the list of customers. No I/O."""

from __future__ import annotations

import enum
from typing import Any


class ListFault(enum.StrEnum):
    """
    Faults of ``GET /customers``.

    ``ENDLESS``: each page names itself as the next one. ``NO_TOKEN``: a page announces another one, but has no
    continuation token for it. ``EMPTY_PAGE``: an empty page comes before the first one. ``NO_ID``: the first item of
    each page has no id.
    """

    ENDLESS = "endless"
    NO_TOKEN = "no-token"
    EMPTY_PAGE = "empty-page"
    NO_ID = "no-id"


def spoiled(page: dict[str, Any], fault: ListFault | None, *, first: bool, uri: str, token: str) -> dict[str, Any]:
    """
    Return a page with the fault.

    :param page: the page as it should be.
    :param first: whether it was requested without a continuation token.
    :param uri: the path of a next page.
    :param token: the token with which this page can be requested again.
    """
    again = {"uri": uri, "method": "GET", "headers": [{"key": "MS-ContinuationToken", "value": token}]}
    if fault is ListFault.ENDLESS:
        return {**page, "links": {**page["links"], "next": again}}
    if fault is ListFault.NO_TOKEN:
        return {**page, "links": {**page["links"], "next": {**again, "headers": []}}}
    if fault is ListFault.EMPTY_PAGE and first:
        return {**page, "totalCount": 0, "items": [], "links": {**page["links"], "next": again}}
    if fault is ListFault.NO_ID and page["items"]:
        nameless = {name: value for name, value in page["items"][0].items() if name not in ("id", "companyProfile")}
        return {**page, "items": [nameless, *page["items"][1:]]}
    return page
