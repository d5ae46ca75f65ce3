"""
The events that Partner Center tells of, and the document that it sends for each. No I/O.

Source: Microsoft's page `partner-center-webhook-events` (October 2023).
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

TEST_EVENT = "test-created"
ACCEPTED = "reseller-relationship-accepted-by-customer"
_FIRST_TICK = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class EventType:
    """
    What the events of one name have in common.

    :param resource_name: the kind of the resource; ``None`` if the event does not say it.
    :param resource: the address of the resource, with ``{customer}``, ``{id}`` and ``{base}``; ``None`` if the event
        has none.
    :param audited: whether the event names an audit record.
    """

    resource_name: str | None
    resource: str | None
    audited: bool = False

    @property
    def of_customer(self) -> bool:
        """Whether the resource belongs to a customer, who is named by its address."""
        return self.resource is not None and "{customer}" in self.resource


_ACCEPTED = EventType("Customer", "{base}/v1/customers/{customer}", audited=True)
_RELATIONSHIP = EventType("GranularAdminRelationship", "https://partner.microsoft.com/granularAdminRelationships/{id}")
_ASSIGNMENT = EventType(
    "GranularAdminAccessAssignment",
    "https://partner.microsoft.com/granularAdminRelationships/{id}/accessAssignments/{id}",
)
_DAP = EventType("PartnerCustomerDap", None)
_REFERRAL = EventType("referral", "{base}/engagements/v1/referrals/{id}")

EVENTS: dict[str, EventType] = {
    "azure-fraud-event-detected": EventType(None, "{base}/v1/fraudEvents?SubscriptionId={id}&EventStatus=Active"),
    "dap-admin-relationship-approved": _DAP,
    "dap-admin-relationship-terminated": _DAP,
    "dap-admin-relationship-terminated-by-microsoft": _DAP,
    "granular-admin-access-assignment-activated": _ASSIGNMENT,
    "granular-admin-access-assignment-created": _ASSIGNMENT,
    "granular-admin-access-assignment-deleted": _ASSIGNMENT,
    "granular-admin-access-assignment-updated": _ASSIGNMENT,
    "granular-admin-relationship-activated": _RELATIONSHIP,
    "granular-admin-relationship-approved": _RELATIONSHIP,
    "granular-admin-relationship-expired": _RELATIONSHIP,
    "granular-admin-relationship-terminated": _RELATIONSHIP,
    # Named by Microsoft's page `partner-center-webhooks`; no page shows it.
    "indirect-reseller-relationship-accepted-by-customer": _ACCEPTED,
    "invoice-ready": EventType("invoice", "{base}/v1/invoices/{id}"),
    "referral-created": _REFERRAL,
    "referral-updated": _REFERRAL,
    "related-referral-created": _REFERRAL,
    "related-referral-updated": _REFERRAL,
    ACCEPTED: _ACCEPTED,
    "subscription-updated": EventType(
        "subscription", "{base}/webhooks/v1/customers/{customer}/subscriptions/{id}", audited=True
    ),
    TEST_EVENT: EventType("test", "{base}/webhooks/v1/registration/validationEvents/{id}"),
    "usagerecords-thresholdExceeded": EventType("usagerecords", "{base}/v1/customers/usagerecords"),
}
"""The events that can be registered, by their names, in the order in which the API lists them."""


@dataclass(frozen=True, slots=True)
class Event:
    """
    One event.

    :param name: its name.
    :param customer_id: the customer, if it is about one.
    :param resource_name: the kind of the resource; ``None`` if the event does not say it.
    :param resource_uri: the address of the resource, or ``None``.
    :param audit_uri: the address of the audit record, or ``None``.
    :param changed_at: when the resource changed.
    """

    name: str
    customer_id: str | None
    resource_name: str | None
    resource_uri: str | None
    audit_uri: str | None
    changed_at: datetime

    def body(self) -> bytes:
        """Return the document that is sent; Microsoft's dates have seven digits of a second."""
        document: dict[str, Any] = {"EventName": self.name, "ResourceUri": self.resource_uri}
        if self.resource_name is not None:
            document["ResourceName"] = self.resource_name
        document["AuditUri"] = self.audit_uri
        document["ResourceChangeUtcDate"] = f"{self.changed_at:%Y-%m-%dT%H:%M:%S.%f}0+00:00"
        return json.dumps(document, separators=(",", ":")).encode()

    def moved(self, seconds: float) -> Event:
        """Return the same event at another time, which is ``seconds`` later."""
        return replace(self, changed_at=self.changed_at + timedelta(seconds=seconds))


def make_event(
    name: str,
    base: str,
    tenant_id: str,
    customer_id: str | None,
    now: datetime,
    new_id: Callable[[], object] = uuid.uuid4,
) -> Event:
    """
    Return an event that happens now.

    :param name: a name of :data:`EVENTS`.
    :param base: the base URL of the API, in which the resource is.
    :param tenant_id: the partner's tenant.
    :param customer_id: the customer; only events of a customer name it.
    :param now: the present time, as a receiver's clock shows it.
    :param new_id: returns the id of a resource.
    """
    kind = EVENTS[name]
    uri = audit = None
    if kind.resource is not None:
        # Microsoft's example names the test with http, all others with https.
        base_of = base.replace("https://", "http://", 1) if name == TEST_EVENT else base
        uri = kind.resource.format(base=base_of, customer=customer_id, id=new_id())
    if kind.audited:
        ticks = (now - _FIRST_TICK) // timedelta(microseconds=1) * 10
        record = f"{tenant_id}_{customer_id}_{name.replace('-', '')}_{ticks}"
        audit = f"{base}/auditactivity/v1/auditrecords/{record}"
    return Event(name, customer_id if kind.of_customer else None, kind.resource_name, uri, audit, now)
