"""The log of what was sent: one delivery for each copy of an event, with all its attempts. No I/O."""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

MAX_DELIVERIES = 10_000


class Fate(enum.StrEnum):
    """What became of a delivery: it is still being tried, was answered with a 2xx, or was given up."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    One attempt.

    :param number: from 1.
    :param at: when it ended, by the emulator's clock.
    :param status: the HTTP status of the receiver's answer; ``None`` without an answer.
    :param text: the beginning of the answer, or what failed if there was none.
    """

    number: int
    at: datetime
    status: int | None
    text: str

    @property
    def accepted(self) -> bool:
        """Whether the receiver has taken the event."""
        return self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(slots=True)
class Delivery:
    """
    One copy of an event on its way to a receiver.

    :param event_id: the id of the event in this log; all copies of it have the same. The receiver does not get it.
    :param event: the name of the event.
    :param customer_id: the customer whom the event names; ``None`` if it names none.
    :param kind: how the event was sent, as :meth:`.WebhookControls.send` was told.
    :param copy: which copy of the event it is, from 1.
    :param url: the receiver.
    :param fate: what became of it.
    :param attempts: the attempts so far.
    """

    event_id: str
    event: str
    customer_id: str | None
    kind: str
    copy: int
    url: str
    fate: Fate = Fate.PENDING
    attempts: list[Attempt] = field(default_factory=list)

    def add(self, attempt: Attempt) -> bool:
        """Note an attempt, and return whether it was the last one because the receiver has taken the event."""
        self.attempts.append(attempt)
        if attempt.accepted:
            self.fate = Fate.ACCEPTED
        return attempt.accepted

    def give_up(self) -> None:
        """Note that there will be no other attempt, unless the receiver has taken the event."""
        if self.fate is Fate.PENDING:
            self.fate = Fate.DROPPED

    def to_json(self) -> dict[str, Any]:
        """Return the delivery in the control API's format."""
        attempts = [{**asdict(each), "at": each.at.isoformat()} for each in self.attempts]
        return {**asdict(self), "fate": str(self.fate), "attempts": attempts}


class DeliveryLog:
    """The newest :data:`MAX_DELIVERIES` deliveries, oldest first."""

    def __init__(self) -> None:
        self._deliveries: deque[Delivery] = deque(maxlen=MAX_DELIVERIES)

    def add(self, delivery: Delivery) -> None:
        """Append a delivery."""
        self._deliveries.append(delivery)

    def clear(self) -> None:
        """Remove all deliveries."""
        self._deliveries.clear()

    def select(
        self, event_id: str | None = None, event: str | None = None, customer_id: str | None = None
    ) -> list[dict[str, Any]]:
        """
        Return deliveries as dictionaries.

        :param event_id: return only those of this event.
        :param event: return only those of events with this name.
        :param customer_id: return only those of events that name this customer.
        """
        return [
            each.to_json()
            for each in self._deliveries
            if event_id in (None, each.event_id)
            and event in (None, each.event)
            and (customer_id is None or each.customer_id == customer_id.lower())
        ]
