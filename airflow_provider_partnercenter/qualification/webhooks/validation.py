"""Follow a validation event, which tries the registration, to its end."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterNotFoundError
from airflow_provider_partnercenter.client.models import ValidationEvent
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.client.protocol.commands import Procedure, Sleep

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.client.models import DeliveryAttempt
    from airflow_provider_partnercenter.client.protocol.exchange import Exchange

#: So often Microsoft tries to deliver an event (page ``partner-center-webhooks``).
ATTEMPTS = 10

# Seconds.
FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 15.0
_GROWTH = 1.5
# The last read begins when the time is up.
LAST_READ = 10.0


def is_over(event: ValidationEvent) -> bool:
    """Return whether nothing more will come of a validation event."""
    return event.delivered or event.ended or len(event.results) >= ATTEMPTS


def follow_validation_event(
    exchange: Exchange,
    correlation_id: str,
    timeout: float,
    tell: Callable[[int, DeliveryAttempt], None] = lambda number, attempt: None,
) -> Procedure[ValidationEvent]:
    """
    Read a validation event until it is over.

    An event that is not visible yet, throttling and outages are waited out.

    :param correlation_id: what sending the event returned.
    :param timeout: how many seconds this may take; a read that has begun may take ten seconds longer.
    :param tell: is called with the number of each attempt, from 1, and the attempt, as soon as it is seen.
    :return: what was seen last, which is not over if the time was up before.
    :raises PartnerCenterError: if the event cannot be read.
    """
    end = exchange.now() + timeout
    exchange = replace(exchange.scoped(), until=end + LAST_READ)
    seen = ValidationEvent()
    trouble: PartnerCenterError | None = None
    told = 0
    for number in itertools.count():
        try:
            seen = yield from exchange.send(endpoints.get_validation_event(correlation_id))
        except PartnerCenterError as error:
            if not (error.retryable or isinstance(error, PartnerCenterNotFoundError)):
                raise
            trouble = error
        for attempt in seen.results[told:]:
            told += 1
            tell(told, attempt)
        left = end - exchange.now()
        if is_over(seen) or left <= 0:
            break
        yield Sleep(min(left, _LONGEST_PAUSE, FIRST_PAUSE * _GROWTH ** min(number, 20)))
    if trouble and seen == ValidationEvent():
        raise trouble
    return seen
