"""A request as the gateway reads it, and the type of a source of faults."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

from airflow_provider_partnercenter.emulator.scenario.faults import Fault
from airflow_provider_partnercenter.emulator.scenario.ids import GUID

_CUSTOMER_PATH = re.compile(r"/v1/customers/([^/]+)")


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """
    One request, read completely.

    :param method: the HTTP method.
    :param path: the path.
    :param query: the query string.
    :param headers: the headers, with names in lower case.
    :param body: the body.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def to_api(self) -> bool:
        """Whether the request is for the API, not for the login service."""
        return self.path.startswith("/v1/")

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


FaultSource = Callable[[ReceivedRequest], Fault | None]
