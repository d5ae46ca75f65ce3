"""
One call from beginning to end, without any I/O: pace, token, send, retry. :mod:`.answers` reads the answer.

:meth:`Exchange.send` is a procedure: a generator that yields the commands of :mod:`.commands`. Larger procedures, such
as a submission or a wait, are generators of the same kind.
"""

from __future__ import annotations

import logging
import math
import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar
from urllib.parse import urlencode

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterLoginThrottledError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterThrottledError,
    PartnerCenterTokenRefusedError,
)
from airflow_provider_partnercenter.client.observer import Event, Observer, RequestEnded, Throttled, notify
from airflow_provider_partnercenter.client.protocol.answers import read_answer
from airflow_provider_partnercenter.client.protocol.budget import Lane, RequestBudget, Slot
from airflow_provider_partnercenter.client.protocol.commands import (
    GetToken,
    Procedure,
    Request,
    Response,
    Send,
    Sleep,
    TransportError,
)
from airflow_provider_partnercenter.client.protocol.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_partnercenter.client.protocol.endpoints import Endpoint

log = logging.getLogger(__name__)

T = TypeVar("T")

# Seconds. A call that waited longer for a token queues again; otherwise all calls that waited for the same sign-in
# would be sent at once.
SLOW_SIGN_IN = 1.0

# Seconds. An attempt that may take less than this would hardly get an answer.
LEAST_TIME = 0.5


class TooLateError(PartnerCenterThrottledError):
    """A call was not sent, because its turn comes after the time when the work must be over."""


class CallIds(TypedDict):
    """The two ids that every attempt, log line and error of a call carries."""

    request_id: str
    correlation_id: str


@dataclass(slots=True)
class Exchange:
    """
    How calls are made over one connection.

    :param base_url: the API's base URL, without a trailing slash.
    :param headers: headers of every call: locale, application, user agent.
    :param budget: the request budget that all calls share.
    :param policy: when to try again.
    :param correlation_id: one ``MS-CorrelationId`` for this piece of work; a fresh one per call if ``None``.
    :param until: when this piece of work must be over, in seconds since the epoch; ``None`` for no such time. Nothing
        begins after it, and what is under way ends.
    :param observer: is told about each request and each 429; ``None`` by default.
    :param monotonic: returns the seconds of a monotonic clock.
    :param now: returns the seconds since the epoch.
    :param chance: returns a random number from 0 to 1, for the jitter.
    """

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    budget: RequestBudget = field(default_factory=RequestBudget)
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    correlation_id: str | None = None
    until: float | None = None
    observer: Observer | None = None
    monotonic: Callable[[], float] = clock.monotonic
    now: Callable[[], float] = clock.now
    chance: Callable[[], float] = clock.chance

    def scoped(self) -> Exchange:
        """Return this exchange with one correlation id for all its calls, for a piece of work of several."""
        return self if self.correlation_id else replace(self, correlation_id=_new_guid())

    def send(self, endpoint: Endpoint[T]) -> Procedure[T]:
        """
        Make one call.

        All attempts have the same ``MS-RequestId`` and correlation id. After a 401 the call gets one fresh token. An
        ordinary call waits here if the service asks to come back later. A poll for a verdict does not, because it has a
        deadline, and the next poll comes anyway.

        :param endpoint: what to send and how to read the answer.
        :return: what ``endpoint.parse`` returns.
        :raises TooLateError: if the call would be sent after :attr:`until`.
        :raises PartnerCenterError: if the call fails.
        """
        request_id = endpoint.request_id or _new_guid()
        correlation_id = self.correlation_id or _new_guid()
        ids = CallIds(request_id=request_id, correlation_id=correlation_id)
        token, refused = "", None
        attempt, refusals, spent, waited_as_asked = 1, 0, 0.0, 0.0
        while True:
            queued_at = self.monotonic()
            slot, held = yield from self._pace(endpoint, ids, self.policy.max_retry_after - waited_as_asked)
            waited_as_asked += held
            began = self.monotonic()
            queued = began - queued_at
            try:
                # For each attempt, because the pause before it may have outlived the previous token.
                before, token = token, (yield GetToken(refused, self._left()))
                if not self.budget.holds(slot) or (token != before and self.monotonic() - began > SLOW_SIGN_IN):
                    continue  # another call was refused with 429 in the meantime, or this turn is over
                # Time spent signing in is not charged to this call (sign-in has its own limits, and it may be another
                # caller's); a failed sign-in is.
                began = self.monotonic()
                if (left := self._left()) < LEAST_TIME:
                    raise self._too_late(endpoint, ids)
                timeout = min(self.policy.total - spent, left)
                send = Send(self._request(endpoint, token, ids), timeout)
                response = yield from self._sent(endpoint, send, queued, ids)
                log.debug("%s %s: HTTP %s [%s]", endpoint.method, endpoint.path, response.status, correlation_id)
                return read_answer(endpoint, response, token, **ids)
            except TransportError as failure:
                error: PartnerCenterError = PartnerCenterServiceUnavailableError(
                    f"{endpoint.what} got no answer: {failure}",
                    hint=failure.hint,
                    retryable=not failure.permanent,
                    outcome_unknown=failure.sent and not endpoint.repeatable,
                    **ids,
                )
            except TooLateError:
                raise
            except PartnerCenterError as failure:
                error = failure
                # An error of the sign-in has no ids of the call. An id that the login service returned is kept.
                error.request_id = error.request_id or request_id
                error.correlation_id = error.correlation_id or correlation_id
            spent += self.monotonic() - began
            cured = isinstance(error, PartnerCenterTokenRefusedError) and error.status == 401
            if cured and token and not refused and spent < self.policy.total:
                refused = token
                continue
            not_our_turn = isinstance(error, PartnerCenterThrottledError)
            refusals += not_our_turn
            wait = self.policy.delay(
                error, refusals if not_our_turn else attempt, spent, self.chance(), waited_as_asked=waited_as_asked
            )
            # Too many sign-ins do not mean too many calls.
            at_login = isinstance(error, PartnerCenterLoginThrottledError)
            throttled = not_our_turn and not at_login
            if throttled:
                paused = self.budget.throttled(slot, self.monotonic(), max(wait or 0.0, error.retry_after or 0.0))
                if self.observer:
                    notify(self.observer, Throttled(began_at=self.now(), seconds=paused, kind=endpoint.kind, **ids))
            asked_to_wait = throttled or error.retry_after is not None
            if wait is None or wait + LEAST_TIME > self._left() or (endpoint.waiting and asked_to_wait):
                raise error
            attempt += 0 if not_our_turn else 1
            again = f"Trying again in {wait:.1f} s (attempt {attempt + refusals})."
            log.warning("%s %s [correlation id %s]", error.lines[0], again, correlation_id)
            if throttled:
                continue  # the budget holds the next attempt back
            yield Sleep(wait)
            if asked_to_wait:
                waited_as_asked += wait
            else:
                spent += wait

    def told(
        self, procedure: Procedure[T], event: Callable[[T | PartnerCenterError, float, float], Event | None]
    ) -> Procedure[T]:
        """
        Carry out a procedure of several calls, and tell the observer how it ended.

        :param event: returns the event, or ``None`` if there is nothing to tell. It takes the result or the error, when
            the procedure began (in seconds since the epoch), and how many seconds it took. It is called only if there
            is an observer.
        :return: the result of the procedure.
        """
        if (observer := self.observer) is None:
            return (yield from procedure)
        began_at, began = self.now(), self.monotonic()

        def tell(result: T | PartnerCenterError) -> None:
            if found := event(result, began_at, self.monotonic() - began):
                notify(observer, found)

        try:
            result = yield from procedure
        except PartnerCenterError as error:
            tell(error)
            raise
        tell(result)
        return result

    def _sent(self, endpoint: Endpoint[Any], send: Send, queued: float, ids: CallIds) -> Procedure[Response]:
        """Send the request, and tell the observer what came of it."""
        response: Response
        if (observer := self.observer) is None:
            response = yield send
            return response
        began_at, began = self.now(), self.monotonic()

        def tell(status: int | None) -> None:
            ended = RequestEnded(
                began_at=began_at,
                seconds=self.monotonic() - began,
                kind=endpoint.kind,
                method=endpoint.method,
                status=status,
                queued=queued,
                limit=self.budget.limit,
                **ids,
            )
            notify(observer, ended)

        try:
            response = yield send
        except TransportError:
            tell(None)
            raise
        tell(response.status)
        return response

    def _pace(self, endpoint: Endpoint[Any], ids: CallIds, patience: float) -> Procedure[tuple[Slot, float]]:
        """
        Wait for the call's turn in the budget, and within limits for the pause after another call's 429.

        :param patience: how many seconds pauses may take.
        :return: the slot, and how many seconds pauses took.
        """
        lanes = (Lane.POLL, Lane.WORK) if endpoint.waiting else (Lane.WORK,)
        held = 0.0
        while True:
            pause = self.budget.paused(self.monotonic())
            held += pause
            if held > (0.0 if endpoint.waiting else patience):
                raise PartnerCenterThrottledError(
                    f"{endpoint.what} was not sent: the service asked for a pause, which lasts another {pause:.0f} s",
                    retry_after=pause,
                    hint="try again later; other applications of the same partner share the limit",
                    **ids,
                )
            for lane in lanes:
                now, left = self.monotonic(), self._left()
                found = self.budget.reserve(now, lane, now + left - LEAST_TIME)
                if found is None or left < LEAST_TIME:
                    raise self._too_late(endpoint, ids)
                slot = found
                if slot.moment > now:
                    yield Sleep(slot.moment - now)
                if not self.budget.holds(slot):
                    break  # another call was refused with 429 in the meantime, so queue again
            else:
                return slot, held

    @staticmethod
    def _too_late(endpoint: Endpoint[Any], ids: CallIds) -> TooLateError:
        return TooLateError(f"{endpoint.what} was not sent: its turn comes too late", **ids)

    def _left(self) -> float:
        """Return how many seconds this piece of work may still take."""
        return math.inf if self.until is None else self.until - self.now()

    def _request(self, endpoint: Endpoint[Any], token: str, ids: CallIds) -> Request:
        headers = {
            **self.headers,
            **endpoint.headers,
            "Accept": "application/json",
            "Authorization": f"Bearer {token}",
            "MS-RequestId": ids["request_id"],
            "MS-CorrelationId": ids["correlation_id"],
        }
        if endpoint.content is not None:
            headers["Content-Type"] = "application/json"
        query = f"?{urlencode(endpoint.query)}" if endpoint.query else ""
        return Request(endpoint.method, f"{self.base_url}{endpoint.path}{query}", headers, endpoint.content)


def _new_guid() -> str:
    """Return a random GUID (version 4); ``str(uuid.uuid4())`` takes four times as long."""
    digits = secrets.token_hex(16)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
