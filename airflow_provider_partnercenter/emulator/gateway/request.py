"""One request as the gateway reads it, and what a source of faults is."""

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

    :param headers: with names in lower case.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def to_api(self) -> bool:
        """Whether it is for the API, not for the login service."""
        return self.path.startswith("/v1/")

    @property
    def customer_id(self) -> str | None:
        """The customer that the path names."""
        match = _CUSTOMER_PATH.match(self.path)
        return match[1].lower() if match and GUID.fullmatch(match[1].lower()) else None

    @property
    def grant_type(self) -> str | None:
        """The grant of a request to the token endpoint."""
        if not self.path.endswith("/token"):
            return None
        return parse_qs(self.body.decode("latin-1")).get("grant_type", [None])[0]


FaultSource = Callable[[ReceivedRequest], Fault | None]
