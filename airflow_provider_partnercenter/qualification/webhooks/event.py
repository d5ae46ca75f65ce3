"""What a webhook says: the event, whether it is fresh, and whether an onboarding begins with it."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid, for_message
from airflow_provider_partnercenter.client.wire import Members, format_date, loads, moment, parse_date
from airflow_provider_partnercenter.qualification.webhooks.refusal import WebhookRefusedError

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

#: The largest accepted body, in bytes. Microsoft's examples have less than 700.
LONGEST_BODY = 32_768
#: The event that Microsoft sends to try a registration.
TEST_EVENT = "test-created"
#: The names of the events with which a customer becomes the partner's. By Microsoft's page
#: `partner-center-webhook-events` (October 2023), the ``ResourceUri`` of the first names the customer, that of the
#: third only the relationship, and the fourth has none. The page does not show the second.
BEGINNINGS = frozenset(
    {
        "reseller-relationship-accepted-by-customer",
        "indirect-reseller-relationship-accepted-by-customer",
        "granular-admin-relationship-approved",
        "dap-admin-relationship-approved",
    }
)

# Microsoft's page `partner-center-webhook-events`: "a delay of up to 48 hours", of subscription events only.
_SUBSCRIPTION_PREFIX = "subscription-"
_SUBSCRIPTION_DELAY = 48 * 3600.0
_LONGEST_NAME = 128
_LONGEST_URI = 2048
_NO_CUSTOMER = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Freshness:
    """
    How far the date of an event may be from now, so that an old event cannot be replayed at any time.

    :param back: seconds in the past; 7 days by default. For a subscription event it is at least 48 hours.
    :param ahead: seconds in the future, for clocks that differ; 10 minutes by default.
    """

    back: float = 7 * 86_400.0
    ahead: float = 600.0

    def check(self, event: WebhookEvent, now: float) -> None:
        """
        Check the date of an event.

        :param now: the time, in seconds since the epoch.
        :raises WebhookRefusedError: if it is too far in the past or in the future.
        """
        late = event.name.casefold().startswith(_SUBSCRIPTION_PREFIX)
        back = max(self.back, _SUBSCRIPTION_DELAY) if late else self.back
        age = now - event.changed_at.timestamp()
        if not -self.ahead <= age <= back:
            raise WebhookRefusedError(
                f"ResourceChangeUtcDate is {format_date(event.changed_at)}; at {moment(now)}, at most {back:g} s back "
                f"and {self.ahead:g} s ahead are accepted"
            )


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """
    An event of Partner Center. It never carries what has changed, only what to look at.

    :param name: the event's name, ``{resource}-{action}``.
    :param resource_name: the kind of what has changed, for example ``Customer``; ``None`` if the event does not say it.
    :param resource_uri: the address of what has changed, only as text; ``None`` if the event does not say it.
    :param customer_id: the customer that is named in it, a GUID in lower case; ``None`` if none is.
    :param changed_at: when it changed, an aware UTC time.
    :param audit_uri: the address of the audit record, only as text; often ``None``.
    """

    name: str
    resource_name: str | None
    resource_uri: str | None
    customer_id: str | None
    changed_at: datetime
    audit_uri: str | None

    @property
    def event_id(self) -> str:
        """
        The identity of the event: its name, the time of the change and a hash of the resource.

        It is the same each time Microsoft repeats the event.
        """
        resource = f"{self.resource_name or ''}\n{self.resource_uri or ''}"
        return f"{self.name}:{format_date(self.changed_at)}:{hashlib.sha256(resource.encode()).hexdigest()[:16]}"


def read_event(body: bytes, now: float, freshness: Freshness | None = None) -> WebhookEvent:
    """
    Read an event. Verify its signature first.

    :param body: the JSON object that Microsoft sent.
    :param now: the time, in seconds since the epoch.
    :param freshness: how old the event may be; see there for the default.
    :raises WebhookRefusedError: if the body is not an event, too long, or not fresh.
    """
    check_length(body)
    try:
        document = loads(body)
    except ValueError as problem:
        raise WebhookRefusedError(f"The body is not JSON ({type(problem).__name__})") from None
    members = Members(document)
    name = _text(members, "EventName", _LONGEST_NAME)
    if name is None:
        raise WebhookRefusedError("The body has no EventName")
    resource_uri = _text(members, "ResourceUri", _LONGEST_URI)
    event = WebhookEvent(
        name,
        _text(members, "ResourceName", _LONGEST_NAME),
        resource_uri,
        _customer_in(resource_uri or ""),
        _date(members),
        _text(members, "AuditUri", _LONGEST_URI),
    )
    (freshness or Freshness()).check(event, now)
    return event


def check_length(body: bytes | bytearray) -> None:
    """
    Check the length of a body.

    :raises WebhookRefusedError: if it is longer than :data:`LONGEST_BODY`.
    """
    if len(body) > LONGEST_BODY:
        raise WebhookRefusedError(f"The body has more than {LONGEST_BODY} bytes")


def why_ignored(event: WebhookEvent, names: Collection[str] = BEGINNINGS) -> str | None:
    """
    Return why no onboarding begins with an event, for the log; ``None`` if one does.

    :param names: the names of the events that are wanted, in any letter case.
    """
    name = event.name.casefold()
    if name == TEST_EVENT:
        return f"{TEST_EVENT} is Microsoft's test of the registration"
    if name not in {each.casefold() for each in names}:
        return f"no onboarding begins with {for_message(event.name)}"
    if event.customer_id is None:
        return f"the ResourceUri of this {event.name} names no customer"
    return None


def _text(members: Members, name: str, longest: int) -> str | None:
    text = (members.text(name) or "").strip()
    if len(text) > longest:
        raise WebhookRefusedError(f"{name} has more than {longest} characters")
    return text or None


def _date(members: Members) -> datetime:
    text = members.text("ResourceChangeUtcDate")
    if text is None:
        raise WebhookRefusedError("The body has no ResourceChangeUtcDate")
    if (date := parse_date(text)) is None:
        raise WebhookRefusedError(f"ResourceChangeUtcDate {for_message(text)} is not a date")
    return date


def _customer_in(resource_uri: str) -> str | None:
    """Return the customer of ``…/customers/{id}`` or ``…/customers/{id}/…``."""
    try:
        parts = urlsplit(resource_uri).path.split("/")
    except ValueError:
        return None
    named = [after for part, after in itertools.pairwise(parts) if part.casefold() == "customers"]
    if len(named) != 1:
        return None
    try:
        customer = customer_guid(named[0])
    except PartnerCenterInvalidRequestError:
        return None
    return None if customer == _NO_CUSTOMER else customer
