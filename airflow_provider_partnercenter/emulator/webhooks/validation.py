"""
The test of a registration: Partner Center sends an event, and tells what became of it. No I/O.

Source: Microsoft's page `partner-center-webhooks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.emulator.webhooks.deliveries import Fate

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_provider_partnercenter.emulator.webhooks.deliveries import Attempt, Delivery

KEPT = timedelta(days=7)
"""How long the results are kept."""

_STATUSES = {Fate.PENDING: "pending", Fate.ACCEPTED: "completed", Fate.DROPPED: "failed"}
"""Only ``completed`` is documented. CIPP, which follows such tests, knows ``failed``. The first one is a guess."""


@dataclass(frozen=True, slots=True)
class ValidationEvent:
    """
    One test.

    :param correlation_id: its id.
    :param created: when it was requested.
    :param delivery: what became of it so far.
    """

    correlation_id: str
    created: datetime
    delivery: Delivery

    def kept(self, now: datetime) -> bool:
        """Return whether its results can still be asked for."""
        return now < self.created + KEPT

    def to_json(self, partner_id: str) -> dict[str, Any]:
        """Return Microsoft's format."""
        return {
            "correlationId": self.correlation_id,
            "partnerId": partner_id,
            "status": _STATUSES[self.delivery.fate],
            "callbackUrl": self.delivery.url,
            "results": [_result(each) for each in self.delivery.attempts],
        }


def _result(attempt: Attempt) -> dict[str, Any]:
    return {
        "responseCode": "" if attempt.status is None else name_of(attempt.status),
        "responseMessage": attempt.text,
        "systemError": attempt.status is None,
        "dateTimeUtc": f"{attempt.at:%Y-%m-%dT%H:%M:%S.%f}0",
    }


def name_of(status: int) -> str:
    """Return the name of an HTTP status in .NET: ``OK``, ``NotFound``; the number of one that has none."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        return str(status)
    return "".join(letter for letter in phrase if letter.isalpha())
