"""
What a procedure asks of whoever carries it out.

A procedure is a generator that yields these commands and is sent their results. The two clients are drivers that obey
them, one with ``requests`` and ``time.sleep``, one with ``aiohttp`` and ``asyncio.sleep``; a test can be a third, with
neither a network nor a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")
MAX_BODY = 10 * 1024 * 1024


# Made for each call, so not frozen: a frozen one takes three times as long to make.
@dataclass(slots=True)
class Request:
    """What a transport sends: a complete URL, headers and body."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(slots=True)
class Response:
    """What a transport received; header names are compared without case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    reason: str = ""

    def header(self, name: str) -> str | None:
        """Return a header by its name in any letter case, or ``None``."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)


@dataclass(slots=True)
class Send:
    """
    Send the request. The driver returns a :class:`Response` or throws a :class:`TransportError`.

    :param timeout: seconds that this may take altogether.
    """

    request: Request
    timeout: float


@dataclass(slots=True)
class Sleep:
    """Wait for so many seconds."""

    seconds: float


@dataclass(slots=True)
class GetToken:
    """Return an access token; ``refused`` is one that the service would not take, so it must be another."""

    refused: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class Call:
    """Return what a function returns that may block, as one does that talks to Airflow."""

    function: Callable[[], Any]


Command = Send | Sleep | GetToken | Call
Procedure = Generator[Command, Any, T]


def advance(procedure: Procedure[Any], outcome: Any) -> Command:
    """
    Hand a procedure what came of its last command, ``None`` at the beginning, and return the next one.

    :raises StopIteration: with the result, when the procedure is done.
    """
    return procedure.throw(outcome) if isinstance(outcome, Exception) else procedure.send(outcome)


class TransportError(Exception):
    """
    A request without an answer, whatever the HTTP library calls it.

    :param sent: whether the request may have reached the service.
    :param permanent: whether another attempt is useless, as with a certificate that is not trusted.
    :param hint: what to do about it.
    """

    def __init__(self, message: str, *, sent: bool = True, permanent: bool = False, hint: str | None = None) -> None:
        super().__init__(message)
        self.sent = sent
        self.permanent = permanent
        self.hint = hint
