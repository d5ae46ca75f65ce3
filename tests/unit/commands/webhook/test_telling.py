from __future__ import annotations

from datetime import UTC, datetime

import pytest

from airflow_provider_partnercenter.client.models import DeliveryAttempt, ValidationEvent, WebhookRegistration
from airflow_provider_partnercenter.commands.webhook.telling import (
    NO_REGISTRATION,
    about_attempt,
    about_ending,
    about_registration,
    about_request,
    about_wait,
    row_of_attempt,
    row_of_registration,
    why_it_cannot_be_tried,
)
from airflow_provider_partnercenter.qualification.webhooks.refusal import ANSWER
from airflow_provider_partnercenter.qualification.webhooks.registration import Step

URL = "https://airflow.example/webhook"
SECRET = f"{URL}?sig=hidden"
SHOWN = f"{URL}?sig=***"
MARCH = datetime(2024, 3, 5, 6, 7, 8, tzinfo=UTC)
REGISTRATION = WebhookRegistration(SECRET, ("test-created", "invoice-ready"), False, "s-1", MARCH)
OTHER = WebhookRegistration("https://other.example/?code=hidden", ("Test-Created",), True)
EVENT = "04af2aea-d413-42db-824e-f328001484d1"


def test_a_registration_as_a_row():
    assert row_of_registration(REGISTRATION) == {
        "webhook_url": SHOWN,
        "webhook_events": ["test-created", "invoice-ready"],
        "signature_header": "Authorization",
        "subscriber_id": "s-1",
        "last_modified": "2024-03-05T06:07:08+00:00",
    }
    assert row_of_registration(OTHER)["signature_header"] == "x-ms-signature"
    assert row_of_registration(REGISTRATION, secrets=True)["webhook_url"] == SECRET


def test_an_attempt_as_a_row():
    assert row_of_attempt(2, DeliveryAttempt("OK", "", False, MARCH)) == {
        "attempt": 2,
        "response_code": "OK",
        "response_message": "",
        "system_error": False,
        "date_time_utc": "2024-03-05T06:07:08+00:00",
        "delivered": True,
    }


@pytest.mark.parametrize(
    ("attempt", "line"),
    [
        (DeliveryAttempt("OK", "", False), "Attempt 3: OK"),
        (DeliveryAttempt("NotFound", "no such page", False), "Attempt 3: NotFound, no such page"),
        (DeliveryAttempt("", "connection refused", True), "Attempt 3: no answer, connection refused, system error"),
        (DeliveryAttempt(), "Attempt 3: no answer"),
        (DeliveryAttempt("500", "x" * 300), f"Attempt 3: 500, {'x' * 200}…"),
    ],
)
def test_an_attempt_in_a_line(attempt, line):
    assert about_attempt(3, attempt) == line


@pytest.mark.parametrize(
    ("step", "existing", "lines"),
    [
        (Step.CREATE, None, [f"Partner Center sends its events to {SHOWN} now.", "Try it by"]),
        (Step.KEEP, REGISTRATION, [f"The registration for {SHOWN} is as wanted. Nothing was changed."]),
        (
            Step.REPLACE,
            OTHER,
            [
                f"Partner Center sends its events to {SHOWN} now, and no longer to https://other.example/?code=***.",
                "Try it by",
            ],
        ),
        (Step.REPLACE, REGISTRATION, [f"Partner Center sends its events to {SHOWN} now.", "Try it by"]),
        (
            Step.REFUSE,
            REGISTRATION,
            [f"The tenant has a different webhook registration, for {SHOWN}. Nothing was changed.", "What to do:"],
        ),
    ],
)
def test_what_became_of_the_registration(step, existing, lines):
    said = about_registration(step, REGISTRATION, existing)
    assert len(said) == len(lines)
    assert all(text.startswith(beginning) for text, beginning in zip(said, lines, strict=True))
    assert ("--replace" in said[-1]) == (step is Step.REFUSE)


def test_what_cannot_be_tried():
    assert why_it_cannot_be_tried(REGISTRATION) == why_it_cannot_be_tried(OTHER) == ()
    what, what_to_do = why_it_cannot_be_tried(WebhookRegistration(SECRET, ("invoice-ready",)))
    assert what == f"Microsoft cannot test the registration for {SHOWN}: it does not contain the event test-created."
    assert "--replace" in what_to_do


def test_what_is_said_before():
    assert SHOWN in about_request(REGISTRATION)
    assert about_wait(EVENT, 300) == f"Waiting at most 300 s for the delivery of the validation event {EVENT}."
    assert "webhook register" in NO_REGISTRATION[1]


def event(*codes: str, status: str = "failed") -> ValidationEvent:
    return ValidationEvent(EVENT, status, SECRET, None, tuple(map(DeliveryAttempt, codes)))


ENABLED = "[partnercenter] webhook_enabled"


@pytest.mark.parametrize(
    ("seen", "what", "what_to_do"),
    [
        (event("NotFound"), "the only attempt failed.", f"What to do: {ENABLED} must be True"),
        (event("OK", "404"), "", ""),
        (event("503", "405"), "all 2 attempts failed.", f"What to do: {ENABLED} must be True"),
        (event("NotFound", "Unauthorized"), "all 2 attempts failed.", "without a sign-in"),
        (event("Forbidden"), "the only attempt failed.", "API server's log says why"),
        (event("ServiceUnavailable"), "the only attempt failed.", "API server's log says what"),
        (event(""), "the only attempt failed.", "the firewall and the reverse proxy must let"),
        (event("BadGateway"), "the only attempt failed.", "the firewall and the reverse proxy must let"),
        (event(), "Microsoft reports no attempt.", "the firewall"),
        (event(status="pending"), "within 60 s, and Microsoft reports no attempt yet.", "wait longer (--timeout)"),
        (event("404", status="pending"), "within 60 s. Microsoft tries 10 times in all.", ENABLED),
        (event(*["503"] * 10, status="pending"), "all 10 attempts failed.", "API server's log"),
    ],
)
def test_how_a_test_ended(seen, what, what_to_do):
    said = about_ending(seen, EVENT, REGISTRATION, 60)
    assert said[-1] == f"[correlation id of the event {EVENT}]"
    if seen.delivered:
        assert said[:-1] == (f"The validation event was delivered to {SHOWN}.",)
        return
    assert said[0].startswith(f"The validation event was not delivered to {SHOWN}")
    assert said[0].endswith(what)
    assert said[1].startswith("What to do: ")
    assert what_to_do in said[1]
    assert len(said) == 3
    assert "hidden" not in "".join(said)


@pytest.mark.parametrize(
    ("message", "receiver"),
    [(ANSWER, True), (f"{ANSWER}\n", True), ("Sign in first.", False), ("", False), (None, False)],
)
def test_a_refusal_of_the_receiver_is_told_from_one_of_a_proxy(message, receiver):
    attempts = (DeliveryAttempt("Forbidden", message),)
    seen = ValidationEvent(EVENT, "failed", SECRET, None, attempts)
    what_to_do = about_ending(seen, EVENT, REGISTRATION, 60)[1]
    reached = "What to do: the receiver was reached and refused the event; the log of the API server says why."
    assert (what_to_do == reached, "proxy" in what_to_do) == (receiver, not receiver)
