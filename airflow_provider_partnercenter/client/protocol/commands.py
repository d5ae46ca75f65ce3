"""
The commands of a procedure.

A procedure is a generator that yields these commands and is sent their results. The two clients are drivers that carry
them out, one with ``requests`` and ``time.sleep``, one with ``aiohttp`` and ``asyncio.sleep``. Tests use a third one,
which has neither a network nor a clock.

Commands, requests and responses are made for each call. They are not frozen, because making a frozen one takes three
times as long.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from airflow_provider_partnercenter.client import clock

T = TypeVar("T")
MAX_BODY = 10 * 1024 * 1024


@dataclass(slots=True)
class Request:
    """A request for a transport: a complete URL, headers and body."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(slots=True)
class Response:
    """A response of a transport. Header names are compared without regard to case."""

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

    :param timeout: how many seconds this may take in total.
    """

    request: Request
    timeout: float


@dataclass(slots=True)
class Sleep:
    """Wait for this many seconds."""

    seconds: float


@dataclass(slots=True)
class GetToken:
    """
    Return an access token, other than ``refused``, which the service has refused.

    :param timeout: how many seconds a sign-in may take.
    """

    refused: str | None = field(default=None, repr=False)
    timeout: float = math.inf


@dataclass(slots=True)
class Call:
    """Return the result of a function that may block, for example one that calls Airflow's API."""

    function: Callable[[], Any]


Command = Send | Sleep | GetToken | Call
Procedure = Generator[Command, Any, T]


def advance(procedure: Procedure[Any], outcome: Any) -> Command:
    """
    Send a procedure the result of its last command (``None`` at the beginning) and return the next command.

    :raises StopIteration: with the result, when the procedure is done.
    :raises Stopped: if the task was stopped, so that no request, pause or sign-in begins.
    """
    command: Command = procedure.throw(outcome) if isinstance(outcome, Exception) else procedure.send(outcome)
    if not isinstance(command, Call):
        # A note of what was sent is still written.
        clock.check()
    return command


class Hop(Enum):
    """A step on the way to a host, at which a connection can fail."""

    NAME = "name"
    PROXY = "proxy"
    HOST = "host"
    TLS = "TLS"


class TransportError(Exception):
    """
    A request got no answer; raised with either HTTP library.

    What to do: nothing, if the task is retried. If it happens again, ``airflow partnercenter doctor`` finds where the
    way to the host ends.

    :param sent: whether the request may have reached the service.
    :param permanent: whether another attempt is useless, for example because a certificate is not trusted.
    :param hint: what to do about it.
    :param hop: at which step the connection failed; ``None`` if there was one.
    """

    def __init__(
        self,
        message: str,
        *,
        sent: bool = True,
        permanent: bool = False,
        hint: str | None = None,
        hop: Hop | None = None,
    ) -> None:
        super().__init__(message)
        self.sent = sent
        self.permanent = permanent
        self.hint = hint
        self.hop = hop
