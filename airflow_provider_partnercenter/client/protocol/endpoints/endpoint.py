"""What a REST operation is: what to send, and how to read the answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T_co = TypeVar("T_co", covariant=True)

_ABOUT_CUSTOMER = re.compile("/v1/customers/[0-9a-f-]{36}(/|$)")


@dataclass(slots=True)
class Endpoint(Generic[T_co]):
    """
    One call of the API.

    :param what: the operation and its customer in words, for error messages and logs.
    :param method: the HTTP method.
    :param path: the path below the API's base URL, with the version.
    :param parse: reads the JSON document of a 2xx answer (``None`` without a body); raises ``ValueError`` if it cannot.
    :param query: query parameters.
    :param headers: headers beyond those of every call.
    :param body: the JSON document to send.
    :param request_id: the ``MS-RequestId`` to use; a fresh one if ``None``.
    :param repeatable: whether a call without an answer may simply be sent again; false for a submission, because a
        repeated one costs the customer one of three verification attempts.
    :param waiting: whether this call is a poll for a verdict. Polls use only a share of the request budget.
    :param hints: hints by HTTP status, for statuses with a better hint than the general table has.
    :param kind: the operation, by the name of the client's method, for metrics.
    :param header: the header of the answer whose value (``None`` if missing) ``parse`` reads instead of the document.
    """

    what: str
    method: str
    path: str
    parse: Callable[[Any], T_co]
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    request_id: str | None = None
    repeatable: bool = True
    waiting: bool = False
    hints: Mapping[int, str] = field(default_factory=dict)
    header: str | None = None
    kind: str = "other"

    @property
    def about_customer(self) -> bool:
        """Whether the call is about one customer, whose id is in the path."""
        return _ABOUT_CUSTOMER.match(self.path) is not None

    @property
    def content(self) -> bytes | None:
        """The request body as bytes, or ``None``."""
        return None if self.body is None else json.dumps(self.body).encode()
