"""Webhooks: the tenant's registration, and what became of a validation event."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_partnercenter.client.wire import Members, format_date, key_of, printable, read_date

# Microsoft's page shows "OK", which is what .NET calls the status 200. These are its names of all successes.
_SUCCESS = re.compile(
    "2[0-9][0-9]|ok|created|accepted|nonauthoritativeinformation|nocontent|resetcontent|partialcontent|multistatus"
    "|alreadyreported|imused"
)


@dataclass(frozen=True, slots=True)
class WebhookRegistration:
    """
    Where Partner Center sends which events; a tenant has one registration (page ``partner-center-webhooks``).

    :param webhook_url: the address to which the events are sent. Its query may contain a secret of the receiver.
    :param webhook_events: the names of the events, as the service spells them.
    :param signature_token_to_ms_signature_header: whether the signature is sent in the header ``x-ms-signature``
        instead of ``Authorization``; ``False`` if not stated, which is Microsoft's default.
    :param subscriber_id: the id of the registration; ``None`` if not stated.
    :param last_modified_timestamp: when it was last changed (UTC); the string as received if it cannot be read.
    """

    webhook_url: str
    webhook_events: tuple[str, ...] = ()
    signature_token_to_ms_signature_header: bool = False
    subscriber_id: str | None = None
    last_modified_timestamp: datetime | str | None = None

    def same_as(self, other: WebhookRegistration) -> bool:
        """Return whether two registrations send the same events to the same address in the same way."""
        return (
            self.webhook_url == other.webhook_url
            and {name.casefold() for name in self.webhook_events} == {name.casefold() for name in other.webhook_events}
            and self.signature_token_to_ms_signature_header == other.signature_token_to_ms_signature_header
        )

    @classmethod
    def from_json(cls, document: object) -> WebhookRegistration:
        """
        Read a registration.

        :raises ValueError: if the document has no ``WebhookUrl``.
        """
        members = Members(document)
        webhook_url = members.text("WebhookUrl")
        if not webhook_url:
            raise ValueError("a webhook registration has no member 'WebhookUrl'")
        events = members.get("WebhookEvents")
        return cls(
            webhook_url=webhook_url,
            webhook_events=tuple(printable(name) for name in events if isinstance(name, str))
            if isinstance(events, list)
            else (),
            signature_token_to_ms_signature_header=members.boolean("SignatureTokenToMsSignatureHeader") is True,
            subscriber_id=members.text("SubscriberId"),
            last_modified_timestamp=read_date(members.text("lastModifiedTimestamp") or ""),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types, the form of every result in XCom."""
        return {
            "webhook_url": self.webhook_url,
            "webhook_events": list(self.webhook_events),
            "signature_token_to_ms_signature_header": self.signature_token_to_ms_signature_header,
            "subscriber_id": self.subscriber_id,
            "last_modified_timestamp": _date_as_text(self.last_modified_timestamp),
        }


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """
    One attempt of Partner Center to deliver a validation event.

    :param response_code: how the receiver answered: the name of an HTTP status, such as ``OK``, or its number.
    :param response_message: what the receiver answered, or what went wrong.
    :param system_error: whether the attempt failed on Microsoft's side; ``None`` if not stated.
    :param date_time_utc: when it was made (UTC); the string as received if it cannot be read.
    """

    response_code: str | None = None
    response_message: str | None = None
    system_error: bool | None = None
    date_time_utc: datetime | str | None = None

    @property
    def delivered(self) -> bool:
        """Whether the receiver accepted the event."""
        return not self.system_error and _SUCCESS.fullmatch(key_of(self.response_code or "")) is not None

    @classmethod
    def from_json(cls, document: object) -> DeliveryAttempt:
        """Read an attempt; members that are missing stay ``None``."""
        members = Members(document)
        return cls(
            response_code=members.text("responseCode"),
            response_message=members.text("responseMessage"),
            system_error=members.boolean("systemError"),
            date_time_utc=read_date(members.text("dateTimeUtc") or ""),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types, the form of every result in XCom."""
        return {
            "response_code": self.response_code,
            "response_message": self.response_message,
            "system_error": self.system_error,
            "date_time_utc": _date_as_text(self.date_time_utc),
        }


@dataclass(frozen=True, slots=True)
class ValidationEvent:
    """
    What became of a validation event so far; Microsoft keeps that for seven days (page ``partner-center-webhooks``).

    :param correlation_id: the id of the event.
    :param status: Microsoft's word for how far it is. The page shows ``completed``; other programs know ``failed`` too.
    :param callback_url: the address to which the event is sent. Its query may contain a secret of the receiver.
    :param partner_id: the partner's tenant.
    :param results: the attempts so far.
    """

    correlation_id: str | None = None
    status: str | None = None
    callback_url: str | None = None
    partner_id: str | None = None
    results: tuple[DeliveryAttempt, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether Microsoft says that the event is dealt with, delivered or not."""
        return key_of(self.status or "") in ("completed", "failed")

    @property
    def delivered(self) -> bool:
        """Whether the receiver accepted the event in one of the attempts."""
        return any(attempt.delivered for attempt in self.results)

    @classmethod
    def from_json(cls, document: object) -> ValidationEvent:
        """
        Read the state of a validation event.

        :raises ValueError: if the document has neither a ``status`` nor ``results``.
        """
        members = Members(document)
        status, results = members.text("status"), members.get("results")
        if status is None and not isinstance(results, list):
            raise ValueError("a validation event has neither a member 'status' nor a member 'results'")
        return cls(
            correlation_id=members.text("correlationId"),
            status=status,
            callback_url=members.text("callbackUrl"),
            partner_id=members.text("partnerId"),
            results=tuple(DeliveryAttempt.from_json(result) for result in results) if isinstance(results, list) else (),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types, the form of every result in XCom."""
        return {
            "correlation_id": self.correlation_id,
            "status": self.status,
            "callback_url": self.callback_url,
            "partner_id": self.partner_id,
            "results": [attempt.to_dict() for attempt in self.results],
        }


def _date_as_text(date: datetime | str | None) -> str | None:
    return format_date(date) if isinstance(date, datetime) else date
