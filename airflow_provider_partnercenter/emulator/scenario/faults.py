"""One thing that goes wrong with a request, as data. What there is by name is in :mod:`.fault_kinds`."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class FaultKind(enum.StrEnum):
    """
    What goes wrong with a request.

    ``RESET`` closes the connection before anything was done, ``LOST_ANSWER`` after all was done. ``ANSWER`` sends
    :class:`Fault`'s own answer instead of doing anything, ``ANSWER_AFTER`` after all was done. The others do all that
    was asked for and spoil its answer: headers or body come drop by drop, the body ends before the promised length
    (``TRUNCATED``) or in the middle of its JSON (``CUT_OFF``) or is missing, the content type is another one, a token
    does not live as long as the answer says.
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
        """Whether the request is carried out all the same."""
        return self not in (FaultKind.RESET, FaultKind.ANSWER)

    @property
    def answers(self) -> bool:
        """Whether the fault's own answer is sent."""
        return self in (FaultKind.ANSWER, FaultKind.ANSWER_AFTER)

    @property
    def closes(self) -> bool:
        """Whether there is no answer at all."""
        return self in (FaultKind.RESET, FaultKind.LOST_ANSWER)


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One thing that goes wrong.

    :param methods: the HTTP methods it strikes.
    :param times: how often, for each method; ``None`` for always.
    :param retry_after: seconds, as a header of the answer.
    :param retry_date: whether that header is an HTTP date instead of a number.
    :param headers: further headers of the answer.
    :param elsewhere: whether the answer has a ``Location`` on another host.
    :param seconds: how long a slow answer takes altogether, or a token of early expiry is accepted.
    :param pieces: in how many pieces a slow answer comes.
    :param hard: whether a connection ends with a TCP reset instead of being closed.
    :param name: what the journal calls it.
    """

    kind: FaultKind
    methods: tuple[str, ...] = ("GET", "POST", "PUT")
    times: int | None = 1
    status: int = 503
    content_type: str = "application/json; charset=utf-8"
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
        """What the journal calls it."""
        return self.name or (f"{self.kind}-{self.status}" if self.kind.answers else str(self.kind))


def number(seconds: float) -> str:
    """Return seconds as an answer tells them: without decimals if there are none."""
    return f"{seconds:.10g}"


def throttled(seconds: float, times: int | None = 1, name: str = "") -> Fault:
    """
    Return the gateway's refusal of one request too many.

    :param seconds: when to come back.
    """
    body = f'{{"statusCode":429,"message":"Rate limit is exceeded. Try again in {number(seconds)} seconds."}}'
    return Fault(FaultKind.ANSWER, times=times, status=429, body=body, retry_after=seconds, name=name)
