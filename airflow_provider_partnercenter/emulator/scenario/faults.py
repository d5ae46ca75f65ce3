"""The description of a fault, as data. The named faults are in :mod:`.fault_kinds`."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from airflow_provider_partnercenter.emulator.errors import JSON


class FaultKind(enum.StrEnum):
    """
    The kinds of faults.

    ``RESET`` closes the connection before the request is carried out, ``LOST_ANSWER`` after it was. ``ANSWER`` sends
    the :class:`Fault`'s own answer without carrying out the request, ``ANSWER_AFTER`` after carrying it out. The other
    kinds carry out the request and change its answer: the headers or the body arrive in small pieces
    (``SLOW_HEADERS``, ``SLOW_BODY``), the body ends before the announced length (``TRUNCATED``), ends in the middle of
    its JSON (``CUT_OFF``) or is missing (``EMPTY``), the content type is wrong (``CONTENT_TYPE``), or a token is valid
    for less time than the answer says (``EARLY_EXPIRY``).
    """

    RESET = "reset"
    LOST_ANSWER = "lost-answer"
    ANSWER = "answer"
    ANSWER_AFTER = "answer-after"
    SLOW_HEADERS = "slow-headers"
    SLOW_BODY = "slow-body"
    TRUNCATED = "truncated"
    CUT_OFF = "cut-off"
    EMPTY = "empty"
    CONTENT_TYPE = "content-type"
    EARLY_EXPIRY = "early-expiry"

    @property
    def acts(self) -> bool:
        """Whether the request is carried out."""
        return self not in (FaultKind.RESET, FaultKind.ANSWER)

    @property
    def answers(self) -> bool:
        """Whether the fault sends its own answer."""
        return self in (FaultKind.ANSWER, FaultKind.ANSWER_AFTER)

    @property
    def closes(self) -> bool:
        """Whether the connection is closed without an answer."""
        return self in (FaultKind.RESET, FaultKind.LOST_ANSWER)


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One fault.

    :param kind: the kind of fault.
    :param methods: the HTTP methods that the fault applies to, for a customer's own faults.
    :param times: how often a customer's own fault applies to requests of each method; ``None`` for always.
    :param status: the HTTP status of the fault's own answer.
    :param content_type: the content type of the fault's own answer, or of an answer that ``CONTENT_TYPE`` changes.
    :param body: the body of the fault's own answer.
    :param retry_after: the ``Retry-After`` of the fault's own answer, in seconds; ``None`` for no such header.
    :param retry_date: whether ``Retry-After`` is an HTTP date instead of a number.
    :param headers: additional headers of the fault's own answer.
    :param elsewhere: whether the fault's own answer has a ``Location`` on another host.
    :param seconds: the total time of a slow answer, or the time for which the API accepts a token of ``EARLY_EXPIRY``.
    :param pieces: the number of pieces of a slow answer.
    :param hard: whether the connection ends with a TCP reset instead of being closed.
    :param name: the name of the fault in the journal; by default one derived from the kind and the status.
    """

    kind: FaultKind
    methods: tuple[str, ...] = ("GET", "POST", "PUT")
    times: int | None = 1
    status: int = 503
    content_type: str = JSON
    body: str = ""
    retry_after: float | None = None
    retry_date: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    elsewhere: bool = False
    seconds: float = 5.0
    pieces: int = 20
    hard: bool = False
    name: str = ""

    @property
    def label(self) -> str:
        """The name of the fault in the journal."""
        return self.name or (f"{self.kind}-{self.status}" if self.kind.answers else str(self.kind))


def number(seconds: float) -> str:
    """Return seconds as a string, without decimals if they are whole."""
    return f"{seconds:.10g}"


def throttled(seconds: float, times: int | None = 1, name: str = "") -> Fault:
    """
    Return a fault that answers with the gateway's 429.

    :param seconds: the ``Retry-After`` of the answer.
    :param times: how often the fault applies to requests of each method; ``None`` for always.
    :param name: the name of the fault in the journal.
    """
    body = f'{{"statusCode":429,"message":"Rate limit is exceeded. Try again in {number(seconds)} seconds."}}'
    return Fault(FaultKind.ANSWER, times=times, status=429, body=body, retry_after=seconds, name=name)
