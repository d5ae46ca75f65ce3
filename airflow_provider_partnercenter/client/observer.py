"""
What a client tells about its work, for metrics and traces. Without an observer, none of it is made.

An observer is a function that takes an :class:`Event`. It is called where the work is done: in the thread or the task
of the event loop that waits for the result, so that what it finds in its context belongs to the caller. It must not
block. If it raises an exception, the client logs a warning and goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    Something that was done. No event contains a secret.

    :param began_at: when it began, in seconds since the epoch.
    :param seconds: how many seconds it took.
    """

    began_at: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEnded(Event):
    """
    One request to the API got an answer, or none. A call that is tried again has several.

    :param kind: the operation, by the name of the client's method, for example ``"get_qualifications"``.
    :param method: the HTTP method.
    :param status: the HTTP status; ``None`` without an answer.
    :param queued: how many seconds the request waited for its turn in the request budget before.
    :param limit: how many requests a minute the budget allows in this process; 0 for no limit.
    :param request_id: the ``MS-RequestId`` of the call.
    :param correlation_id: the ``MS-CorrelationId`` of the call.
    """

    kind: str
    method: str
    status: int | None
    queued: float
    limit: int
    request_id: str
    correlation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttled(Event):
    """
    The service refused a request with status 429.

    :param seconds: for how many seconds more than before this process sends no requests. If several requests are
        refused at the same time, the sum of theirs is the length of the pause.
    :param kind: see :class:`RequestEnded`.
    :param request_id: the ``MS-RequestId`` of the call.
    :param correlation_id: the ``MS-CorrelationId`` of the call.
    """

    kind: str
    request_id: str
    correlation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInEnded(Event):
    """
    A sign-in at the login service succeeded or failed.

    :param mode: ``"App-only"`` or ``"App+User"``.
    :param error: the name of the error's class; ``None`` if it succeeded.
    :param retryable: whether a later sign-in may succeed although nobody changes anything. Has a meaning only with
        ``error``.
    :param correlation_id: the id of a refusal at the login service, if it gave one.
    """

    mode: str
    error: str | None = None
    retryable: bool = False
    correlation_id: str | None = None


Observer = Callable[[Event], None]


def notify(observer: Observer, event: Event) -> None:
    """Tell an observer about an event. The work never depends on it."""
    try:
        observer(event)
    except Exception:
        log.warning("The observer of a Partner Center client failed, which changes nothing else.", exc_info=True)
