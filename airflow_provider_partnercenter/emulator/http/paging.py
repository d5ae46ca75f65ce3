"""Pages of a list: which one a request asks for, and the continuation token of the next one."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_partnercenter.emulator.errors import refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request

DEFAULT_PAGE = 500
MAX_DIGITS = 9


class PageOf(NamedTuple):
    """
    The page that a request asks for.

    :param given: the query parameters that say which list it is a page of.
    :param offset: how many items come before it.
    :param size: how many items it may have.
    :param first: whether it was requested without a continuation token.
    """

    given: Mapping[str, str]
    offset: int
    size: int
    first: bool

    @property
    def token(self) -> str:
        """The token with which this page can be requested; it contains all that says what is on it."""
        payload = json.dumps([self.offset, self.size, self.given]).encode()
        return f"token,{base64.urlsafe_b64encode(payload).decode()},1"

    @property
    def following(self) -> PageOf:
        """The next page."""
        return self._replace(offset=self.offset + self.size, first=False)

    def of(self, items: list[Any]) -> list[Any]:
        """Return those items of a whole list that are on the page."""
        return items[self.offset : self.offset + self.size]


def requested_page(request: Request, *parameters: str) -> PageOf:
    """
    Return the page that a request asks for.

    :param parameters: the names of the query parameters that say which list it is a page of.
    :raises ApiError: if the request is half a request of a page.
    """
    query = request.query_params
    token = request.headers.get("ms-continuationtoken")
    if (seek := query.get("seekOperation")) is not None:
        if seek.lower() != "next":
            raise refused(400, 900141, f"The seek operation {seek!r} is not supported.")
        # The token contains all that the page depends on; what the query says does not count.
        return _read_token(token or "", parameters)
    if token is not None:
        raise refused(400, 800002, "Invalid request input: MS-ContinuationToken requires seekOperation=Next.")
    size = query.get("size", "0")
    if not size.isdecimal() or len(size) > MAX_DIGITS:
        raise refused(400, 800002, "Invalid request input: 'size' must be a number.")
    given = {name: query[name] for name in parameters if query.get(name)}
    # Microsoft's SDK sends 0 for "no page size".
    return PageOf(given, 0, min(int(size) or DEFAULT_PAGE, DEFAULT_PAGE), first=True)


def _read_token(token: str, parameters: tuple[str, ...]) -> PageOf:
    try:
        offset, size, given = json.loads(base64.urlsafe_b64decode(token.split(",")[1]))
        given = {str(name): str(value) for name, value in dict(given).items()}
        page = PageOf(given, int(offset), int(size), first=False)
        if page.offset < 0 or not 1 <= page.size <= DEFAULT_PAGE or not given.keys() <= set(parameters):
            raise ValueError("a page that no answer named")
        return page
    except (IndexError, ValueError, TypeError, OverflowError, RecursionError):
        text = "Invalid request input: the header MS-ContinuationToken is missing, or no answer contained its value."
        raise refused(400, 800002, text) from None
