"""What submissions and waits tell the observer of their exchange, beyond what the client tells. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.observer import Event, notify

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.client.protocol.commands import Procedure
    from airflow_provider_partnercenter.client.protocol.exchange import Exchange

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionEnded(Event):
    """
    A submission came to an end, whether or not a request was necessary.

    :param customer_id: the customer.
    :param qualification: Microsoft's name of the qualification.
    :param outcome: ``"approved"``, ``"in_review"`` or ``"denied"``; ``None`` after an error.
    :param sent: whether this try has found out that its request, or that of an earlier try, was carried out.
    :param attempt: whether that was one of the customer's three verification attempts.
    :param unknown: whether it stays unknown if a request was carried out, so that a person has to find out.
    :param error: the name of the error's class; ``None`` without an error.
    :param request_id: the ``MS-RequestId`` of the submission; ``None`` if there was none.
    :param correlation_id: the ``MS-CorrelationId`` of its calls.
    """

    customer_id: str
    qualification: str
    outcome: str | None = None
    sent: bool = False
    attempt: bool = False
    unknown: bool = False
    error: str | None = None
    request_id: str | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollEnded(Event):
    """
    A wait has looked once.

    :param customer_id: the customer.
    :param qualification: Microsoft's name of the qualification.
    :param failed: whether the poll failed, so that it says nothing about the verdict.
    :param verdict: ``"approved"``, ``"denied"`` or ``"absent"`` if that ended the wait; otherwise ``None``.
    :param waited: how many seconds after the request the verdict was seen; ``None`` if the poll brought no verdict, or
        if nobody has seen the request in review, so that the verdict may be old.
    :param error: the name of the class of an error that ended the wait.
    :param correlation_id: the ``MS-CorrelationId`` of the poll.
    """

    customer_id: str
    qualification: str
    failed: bool = False
    verdict: str | None = None
    waited: float | None = None
    error: str | None = None
    correlation_id: str | None = None


def told(
    exchange: Exchange, procedure: Procedure[T], event: Callable[[T | PartnerCenterError, float, float], Event | None]
) -> Procedure[T]:
    """
    Carry out a procedure, and tell the observer how it ended.

    :param exchange: has the observer.
    :param event: returns the event, or ``None`` if there is nothing to tell. It takes the result or the error, when
        the procedure began (in seconds since the epoch), and how many seconds it took. It is called only if there is
        an observer.
    :return: the result of the procedure.
    """
    began_at, began = exchange.now(), exchange.monotonic()

    def tell(result: T | PartnerCenterError) -> None:
        if exchange.observer and (found := event(result, began_at, exchange.monotonic() - began)):
            notify(exchange.observer, found)

    try:
        result = yield from procedure
    except PartnerCenterError as error:
        tell(error)
        raise
    tell(result)
    return result
