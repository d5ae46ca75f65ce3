"""What the commands about webhooks say and show. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.wire import key_of
from airflow_provider_partnercenter.qualification.webhooks.event import TEST_EVENT
from airflow_provider_partnercenter.qualification.webhooks.refusal import ANSWER
from airflow_provider_partnercenter.qualification.webhooks.registration import Step, without_secrets
from airflow_provider_partnercenter.qualification.webhooks.validation import ATTEMPTS, is_over

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.models import DeliveryAttempt, ValidationEvent, WebhookRegistration

NO_REGISTRATION = (
    "The tenant has no webhook registration.",
    "What to do: create it by 'airflow partnercenter webhook register --url ADDRESS'.",
)
_TRY_IT = "Try it by 'airflow partnercenter webhook test'."

# Characters of what a receiver has answered, which may be a whole page.
_LONGEST_MESSAGE = 200

_NOT_REACHED = (
    "the firewall and the reverse proxy must let Microsoft reach this address from the internet, with a certificate "
    "that a public authority has signed; and [partnercenter] webhook_enabled must be True where the API server runs"
)
_NOT_THERE = (
    "[partnercenter] webhook_enabled must be True where the API server runs, which reads it at its start; if it is, "
    "check the path of the address, and to what the reverse proxy passes it on"
)
_REFUSED = (
    "the reverse proxy must let this address pass without a sign-in, and with the headers Authorization, "
    "x-ms-signature and X-MS-* as they are; if the receiver refused it, the API server's log says why"
)
_REFUSED_BY_RECEIVER = "the receiver was reached and refused the event; the log of the API server says why"
_FAILED = "the API server's log says what happened; if it does not, the reverse proxy answered, whose log does"
_ADVICE = {
    _NOT_THERE: ("404", "notfound", "405", "methodnotallowed"),
    _REFUSED: ("400", "badrequest", "401", "unauthorized", "403", "forbidden"),
    _FAILED: ("500", "internalservererror", "503", "serviceunavailable"),
}
_BY_CODE = {code: advice for advice, codes in _ADVICE.items() for code in codes}


def row_of_registration(registration: WebhookRegistration, *, secrets: bool = False) -> dict[str, Any]:
    """
    Return a registration as a row.

    :param secrets: whether to show the query of the address.
    """
    data = registration.to_dict()
    in_ms_header = data.pop("signature_token_to_ms_signature_header")
    return {
        "webhook_url": registration.webhook_url if secrets else without_secrets(registration.webhook_url),
        "webhook_events": data["webhook_events"],
        "signature_header": "x-ms-signature" if in_ms_header else "Authorization",
        "subscriber_id": data["subscriber_id"],
        "last_modified": data["last_modified_timestamp"],
    }


def about_registration(
    step: Step, registration: WebhookRegistration, existing: WebhookRegistration | None
) -> tuple[str, ...]:
    """
    Say what became of the registration.

    :param step: what was done.
    :param registration: the tenant's registration after it.
    :param existing: the one before it; ``None`` if there was none.
    """
    where = without_secrets(registration.webhook_url)
    before = without_secrets(existing.webhook_url) if existing else None
    match step:
        case Step.REFUSE:
            return (
                f"The tenant has a different webhook registration, for {where}. Nothing was changed.",
                "What to do: make sure that nobody needs it, then repeat the command with --replace: a tenant has one.",
            )
        case Step.KEEP:
            return (f"The registration for {where} is as wanted. Nothing was changed.",)
        case Step.REPLACE if before != where:
            return (f"Partner Center sends its events to {where} now, and no longer to {before}.", _TRY_IT)
    return (f"Partner Center sends its events to {where} now.", _TRY_IT)


def row_of_attempt(number: int, attempt: DeliveryAttempt) -> dict[str, Any]:
    """Return an attempt to deliver an event as a row."""
    return {"attempt": number, **attempt.to_dict(), "delivered": attempt.delivered}


def why_it_cannot_be_tried(registration: WebhookRegistration) -> tuple[str, ...]:
    """Say why Microsoft sends no validation event to a registration; nothing if it does."""
    if TEST_EVENT in {name.casefold() for name in registration.webhook_events}:
        return ()
    where = without_secrets(registration.webhook_url)
    return (
        f"Microsoft cannot test the registration for {where}: it does not contain the event {TEST_EVENT}.",
        "What to do: if it is yours, repeat 'airflow partnercenter webhook register' with --replace.",
    )


def about_request(registration: WebhookRegistration) -> str:
    """Say that Microsoft is asked for an event, which it may delay."""
    where = without_secrets(registration.webhook_url)
    return f"Asking Microsoft to send a validation event to {where}. It sends two a minute at most."


def about_wait(correlation_id: str, timeout: float) -> str:
    """Say what is waited for, and how long."""
    return f"Waiting at most {timeout:g} s for the delivery of the validation event {correlation_id}."


def about_attempt(number: int, attempt: DeliveryAttempt) -> str:
    """Say in a line how an attempt to deliver an event ended."""
    message = attempt.response_message or ""
    message = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}…"
    parts = [attempt.response_code or "no answer", message, attempt.system_error and "system error"]
    return f"Attempt {number}: {', '.join(part for part in parts if part)}"


def about_ending(
    event: ValidationEvent, correlation_id: str, registration: WebhookRegistration, timeout: float
) -> tuple[str, ...]:
    """
    Say how a test of the registration ended, and what to do.

    :param event: what was seen last.
    :param correlation_id: the id of the event.
    :param registration: the tenant's registration.
    :param timeout: how many seconds were waited at most.
    """
    where, number = without_secrets(registration.webhook_url), len(event.results)
    ids = f"[correlation id of the event {correlation_id}]"
    if event.delivered:
        return (f"The validation event was delivered to {where}.", ids)
    if not is_over(event):
        what = f"The validation event was not delivered to {where} within {timeout:g} s"
        more = f". Microsoft tries {ATTEMPTS} times in all." if number else ", and Microsoft reports no attempt yet."
    else:
        what = f"The validation event was not delivered to {where}"
        more = f": {_times(number)} failed." if number else ", and Microsoft reports no attempt."
    return (what + more, f"What to do: {_advice(event)}.", ids)


def _times(number: int) -> str:
    return "the only attempt" if number == 1 else f"all {number} attempts"


def _advice(event: ValidationEvent) -> str:
    if not event.results:
        return _NOT_REACHED if is_over(event) else f"wait longer (--timeout); if nothing comes, {_NOT_REACHED}"
    last = event.results[-1]
    if ANSWER in (last.response_message or ""):
        return _REFUSED_BY_RECEIVER
    return _BY_CODE.get(key_of(last.response_code or ""), _NOT_REACHED)
