"""
Webhooks: the tenant's registration, the events that there are, and the event that tries the registration.

Sources: the page ``partner-center-webhooks``, and the REST reference (``webhook``) for the members and for what is
answered to a second registration.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import ValidationEvent, WebhookRegistration
from airflow_provider_partnercenter.client.protocol.arguments import for_message, guid, to_webhook_url
from airflow_provider_partnercenter.client.protocol.endpoints.endpoint import Endpoint
from airflow_provider_partnercenter.client.protocol.endpoints.pages import readable
from airflow_provider_partnercenter.client.wire import Members, printable

_REGISTRATION = "/webhooks/v1/registration"
_EVENTS = f"{_REGISTRATION}/validationEvents"

ANOTHER_REGISTRATION = "a tenant has one webhook registration, and there is another one already; replace it instead"
_NONE_YET = "the tenant has no webhook registration yet; create it first"


def get_webhook_registration() -> Endpoint[WebhookRegistration | None]:
    """GET ``/webhooks/v1/registration``. A tenant without a registration gets a 404."""
    return Endpoint(
        "Reading the webhook registration", "GET", _REGISTRATION, _read_registration, kind="get_webhook_registration"
    )


def create_webhook_registration(
    webhook_url: str, webhook_events: Collection[str], *, signature_token_to_ms_signature_header: bool = False
) -> Endpoint[WebhookRegistration]:
    """
    POST ``/webhooks/v1/registration``. If there is one already, the service refuses it.

    The parameters are those of :func:`.operations.create_webhook_registration`.
    """
    return Endpoint(
        "Creating the webhook registration",
        "POST",
        _REGISTRATION,
        WebhookRegistration.from_json,
        body=_body(webhook_url, webhook_events, signature_token_to_ms_signature_header),
        # The second of two would be refused although it is as wanted; whether the first one arrived, a read shows.
        repeatable=False,
        hints={409: ANOTHER_REGISTRATION},
        kind="create_webhook_registration",
    )


def replace_webhook_registration(
    webhook_url: str, webhook_events: Collection[str], *, signature_token_to_ms_signature_header: bool = False
) -> Endpoint[WebhookRegistration]:
    """
    PUT ``/webhooks/v1/registration``: replace the tenant's registration, whoever has made it.

    :param webhook_url: where events are to be sent; https.
    :param webhook_events: the names of the events, at least one.
    :param signature_token_to_ms_signature_header: whether the signature is to be sent in the header
        ``x-ms-signature`` instead of ``Authorization``.
    :return: the registration as the service has it now.
    :raises PartnerCenterNotFoundError: if there is no registration.
    """
    return Endpoint(
        "Replacing the webhook registration",
        "PUT",
        _REGISTRATION,
        WebhookRegistration.from_json,
        body=_body(webhook_url, webhook_events, signature_token_to_ms_signature_header),
        hints={404: _NONE_YET},
        kind="replace_webhook_registration",
    )


def get_webhook_events() -> Endpoint[list[str]]:
    """GET ``/webhooks/v1/registration/events``: return the names of the events that can be registered for."""
    return Endpoint(
        "Reading the webhook events", "GET", f"{_REGISTRATION}/events", _read_names, kind="get_webhook_events"
    )


def send_validation_event() -> Endpoint[str]:
    """
    POST ``/webhooks/v1/registration/validationEvents``: let Microsoft send the event ``test-created``.

    The registration must contain that event. Microsoft accepts two such requests a minute.

    :return: the correlation id of the event, with which :func:`get_validation_event` follows it.
    """
    # Without a body, as the page shows it. It may be repeated: a second event of this name does no harm.
    return Endpoint(
        "Sending the validation event",
        "POST",
        _EVENTS,
        _read_correlation_id,
        hints={404: _NONE_YET},
        kind="send_validation_event",
    )


def get_validation_event(correlation_id: str) -> Endpoint[ValidationEvent]:
    """
    GET ``/webhooks/v1/registration/validationEvents/{id}``: return what became of a validation event so far.

    :param correlation_id: what :func:`send_validation_event` returned, at most seven days ago.
    :raises PartnerCenterNotFoundError: if the service does not know the event, or not yet.
    """
    event = guid(correlation_id, "correlation_id", "give the correlation id that sending the event returned")
    return Endpoint(
        f"Reading the validation event {event}",
        "GET",
        f"{_EVENTS}/{event}",
        ValidationEvent.from_json,
        hints={404: "check the correlation id; Microsoft keeps a validation event for seven days"},
        kind="get_validation_event",
    )


def _body(webhook_url: object, webhook_events: object, in_ms_header: object) -> dict[str, Any]:
    if not isinstance(in_ms_header, bool):
        raise PartnerCenterInvalidRequestError(
            f"signature_token_to_ms_signature_header must be True or False, not {for_message(in_ms_header)}",
            hint="give True if the receiver is to find the signature in the header x-ms-signature",
        )
    return {
        "WebhookUrl": to_webhook_url(webhook_url),
        "WebhookEvents": _event_names(webhook_events),
        "SignatureTokenToMsSignatureHeader": in_ms_header,
    }


def _event_names(webhook_events: object) -> list[str]:
    # A string is a collection of characters, and the usual mistake.
    names = [*webhook_events] if isinstance(webhook_events, Collection) and not isinstance(webhook_events, str) else []
    if not names or not all(isinstance(name, str) and name.strip() and name.isprintable() for name in names):
        raise PartnerCenterInvalidRequestError(
            f"webhook_events must be a list of names, not {for_message(webhook_events)}",
            hint="give the names of events that the tenant offers (get_webhook_events), at least one",
        )
    return [*dict.fromkeys(name.strip() for name in names)]


def _read_registration(document: Any) -> WebhookRegistration | None:
    # 204, or "null": as little as a 404.
    return None if document is None else WebhookRegistration.from_json(document)


def _read_names(document: Any) -> list[str]:
    names = document if isinstance(document, list) else Members(document).get("items")
    if not isinstance(names, list):
        raise ValueError("it is not a list of names")
    return readable(names, _read_name)


def _read_name(item: Any) -> str:
    if not isinstance(item, str) or not item.strip():
        raise ValueError("the list contains something that is not a name")
    return printable(item.strip())


def _read_correlation_id(document: Any) -> str:
    # An object by the page, a bare string by the REST reference.
    text = document if isinstance(document, str) else Members(document).text("correlationId")
    try:
        return guid(text, "correlationId", "")
    except PartnerCenterInvalidRequestError:
        raise ValueError("it has no member 'correlationId' that is a GUID") from None
