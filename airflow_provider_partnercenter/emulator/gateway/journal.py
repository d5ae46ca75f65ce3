"""The journal of the emulator: one record per request, without tokens and secrets."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

MAX_RECORDS = 100_000


@dataclass(slots=True)
class Record:
    """
    One request.

    :param seq: the number of the request, starting at 1.
    :param at: the time of arrival by the emulator's clock, in ISO 8601.
    :param method: the HTTP method.
    :param path: the path.
    :param query: the query string.
    :param customer_id: the customer in the path, in lower case; ``None`` if there is none.
    :param request_id: the request id of the answer; ``None`` for requests outside the API.
    :param correlation_id: the correlation id of the answer; ``None`` for requests outside the API.
    :param authorization: ``app-only``, ``app+user``, or ``None`` without a valid token.
    :param status: the HTTP status; ``None`` if the connection was closed without an answer.
    :param fault: the name of the fault that the request met; ``None`` without a fault.
    :param carried_out: whether the request was carried out, whatever the answer says.
    :param body: the JSON document of a request to the API, or a string if the body is not JSON.
    :param grant_type: the grant type, for requests to the token endpoint.
    """

    seq: int
    at: str
    method: str
    path: str
    query: str
    customer_id: str | None
    request_id: str | None
    correlation_id: str | None
    authorization: str | None
    status: int | None
    fault: str | None
    carried_out: bool
    body: Any = None
    grant_type: str | None = None


class Journal:
    """The newest :data:`MAX_RECORDS` records, oldest first."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque(maxlen=MAX_RECORDS)
        self._numbers = count(1)

    def add(self, **members: Any) -> None:
        """Append a record and number it."""
        self._records.append(Record(seq=next(self._numbers), **members))

    def clear(self) -> None:
        """Remove all records; the numbering continues."""
        self._records.clear()

    def select(
        self, customer_id: str | None = None, path: str | None = None, method: str | None = None
    ) -> list[dict[str, Any]]:
        """
        Return records as dictionaries.

        :param customer_id: return only requests for this customer.
        :param path: return only requests whose path contains this string.
        :param method: return only requests with this HTTP method.
        """
        return [
            asdict(record)
            for record in self._records
            if (customer_id is None or record.customer_id == customer_id.lower())
            and (path is None or path in record.path)
            and (method is None or record.method == method.upper())
        ]
