"""What was asked of the emulator: one record per request, without tokens and secrets."""

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

    :param at: the emulator's time, ISO 8601.
    :param authorization: ``app-only``, ``app+user``, or ``None`` without a valid token.
    :param status: the HTTP status; ``None`` if the connection was closed without an answer.
    :param fault: what went wrong on purpose.
    :param carried_out: whether what was asked for was done, whatever the answer says; there may be none.
    :param body: the JSON document of a POST or PUT to the API.
    :param grant_type: the grant, for requests to the token endpoint.
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
    """The newest records, oldest first."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque(maxlen=MAX_RECORDS)
        self._numbers = count(1)

    def add(self, **members: Any) -> None:
        """Append a record; its number is given here."""
        self._records.append(Record(seq=next(self._numbers), **members))

    def clear(self) -> None:
        """Forget everything; the numbers go on."""
        self._records.clear()

    def select(
        self, customer_id: str | None = None, path: str | None = None, method: str | None = None
    ) -> list[dict[str, Any]]:
        """
        Return records as JSON objects.

        :param customer_id: only those of this customer.
        :param path: only those whose path contains this text.
        :param method: only those with this HTTP method.
        """
        return [
            asdict(record)
            for record in self._records
            if (customer_id is None or record.customer_id == customer_id.lower())
            and (path is None or path in record.path)
            and (method is None or record.method == method.upper())
        ]
