"""A request as the gateway reads it, and the type of a source of faults."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from airflow_provider_partnercenter.emulator.scenario.faults import Fault
from airflow_provider_partnercenter.emulator.scenario.ids import GUID

if TYPE_CHECKING:
    from starlette.types import Receive, Scope

MAX_BODY = 1024 * 1024
"""The longest accepted body, in bytes."""

API_PATHS = ("/v1/", "/webhooks/v1/")
"""How the paths of the API begin."""

_CUSTOMER_PATH = re.compile(r"/v1/customers/([^/]+)")


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """
    One request, read completely.

    :param method: the HTTP method.
    :param path: the path.
    :param query: the query string.
    :param headers: the headers, with names in lower case.
    :param body: the body, or the start of one that is too long.
    :param too_long: whether the body was longer than :data:`MAX_BODY`.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    too_long: bool = False

    @property
    def to_control(self) -> bool:
        """Whether the request is for the control API."""
        return self.path.startswith("/emulator/")

    @property
    def to_api(self) -> bool:
        """Whether the request is for the API, not for the login service."""
        return self.path.startswith(API_PATHS)

    @property
    def customer_id(self) -> str | None:
        """The customer id in the path, in lower case; ``None`` if there is none."""
        match = _CUSTOMER_PATH.match(self.path)
        return match[1].lower() if match and GUID.fullmatch(match[1].lower()) else None

    @property
    def grant_type(self) -> str | None:
        """The grant type of a request to the token endpoint; ``None`` for other requests."""
        if not self.path.endswith("/token"):
            return None
        return parse_qs(self.body.decode("latin-1")).get("grant_type", [None])[0]


async def read(scope: Scope, receive: Receive) -> ReceivedRequest | None:
    """Read a request; return ``None`` if the client disconnected before it was complete."""
    pieces: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece = message.get("body", b"")
        # What is too long is read to its end all the same: otherwise the client would miss the answer.
        pieces.append(piece[: max(0, MAX_BODY - size)])
        size += len(piece)
        more = message.get("more_body", False)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope["query_string"].decode("latin-1")
    return ReceivedRequest(scope["method"], scope["path"], query, headers, b"".join(pieces), size > MAX_BODY)


FaultSource = Callable[[ReceivedRequest], Fault | None]
