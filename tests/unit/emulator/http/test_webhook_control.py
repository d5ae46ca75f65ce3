"""The control API for webhooks, without a receiver."""

from __future__ import annotations

import pytest
from cryptography import x509

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.webhooks.events import ACCEPTED
from tests.support.asgi import InProcess

PATH = "/emulator/webhooks"
CUSTOMER = ordinary_id(1)
WANTED = {"WebhookUrl": "http://localhost:1/hook", "WebhookEvents": [ACCEPTED, "invoice-ready"]}
EVENT = {"event": ACCEPTED, "customer_id": CUSTOMER}


@pytest.fixture
def emulator() -> InProcess:
    emulator = InProcess()
    assert emulator.ask("PUT", f"{PATH}/registration", document=WANTED).status == 200
    return emulator


def sent(emulator: InProcess, query: str = "") -> list[tuple[str, str | None]]:
    return [(each["event"], each["customer_id"]) for each in emulator.ask("GET", f"{PATH}{query}").json()]


def test_the_registration_needs_no_token(emulator):
    for expected in (WANTED, {**WANTED, "WebhookEvents": ["test-created"]}):
        assert emulator.ask("PUT", f"{PATH}/registration", document=expected).json() == expected
        assert emulator.ask("GET", f"{PATH}/registration").json() == expected
        assert emulator.ask("GET", "/webhooks/v1/registration").json() == expected
    emulator.ask("POST", "/emulator/reset")
    assert emulator.ask("GET", f"{PATH}/registration").status == 404


def test_what_is_no_registration_is_refused(emulator):
    answer = emulator.ask("PUT", f"{PATH}/registration", document={**WANTED, "WebhookEvents": []})
    assert (answer.status, answer.json()) == (400, {"error": "'WebhookEvents' must be a list with at least one name"})


def test_an_event_is_in_the_log(emulator):
    first = emulator.ask("POST", PATH, document={**EVENT, "kind": "duplicate", "attempts": 3}).json()["event_id"]
    second = emulator.ask("POST", PATH, document={"event": "invoice-ready", "customer_id": None}).json()["event_id"]
    assert sent(emulator) == [*[(ACCEPTED, CUSTOMER)] * 3, ("invoice-ready", None)]
    assert sent(emulator, f"?event_id={second}") == [("invoice-ready", None)]
    assert sent(emulator, f"?customer_id={CUSTOMER}&event={ACCEPTED}") == [(ACCEPTED, CUSTOMER)] * 3
    copies = emulator.ask("GET", f"{PATH}?event_id={first}").json()
    assert [(each["copy"], each["kind"], each["url"]) for each in copies] == [
        (number, "duplicate", WANTED["WebhookUrl"]) for number in (1, 2, 3)
    ]
    # Nothing is sent in an emulator without a server.
    assert {each["fate"] for each in copies} == {"dropped"}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"event": "x"}, "event: 'x' is not the name of an event. Known names: azure-fraud-event-detected, "),
        ({"event": "test-created"}, "event: the registration does not contain test-created, only: "),
        ({"kind": "x"}, "kind: 'x' is not known. Known kinds: genuine, duplicate, "),
        ({"customer_id": "x"}, "customer_id: must be a GUID, not 'x'"),
        ({"customer_id": None}, "customer_id: is required, because reseller-relationship-accepted-by-customer is "),
        ({"attempts": 0}, "attempts: must be a whole number from 1 to 1000, not 0"),
        ({"attempts": 1001}, "attempts: must be a whole number from 1 to 1000, not 1001"),
        ({"attempts": True}, "attempts: must be a whole number"),
        ({"event": None}, "event: must be text"),
        ({"Event": "x"}, "unknown members: 'Event'"),
    ],
)
def test_what_cannot_be_sent_is_refused(emulator, change, error):
    answer = emulator.ask("POST", PATH, document={**EVENT, **change})
    assert answer.status == 400
    assert answer.json()["error"].startswith(error)
    assert sent(emulator) == []


def test_an_event_has_a_name(emulator):
    assert emulator.ask("POST", PATH, document={}).json() == {"error": "event: is required"}


def test_without_a_registration_nobody_would_get_it():
    answer = InProcess().ask("POST", PATH, document=EVENT)
    assert (answer.status, answer.json()) == (
        400,
        {"error": "event: nobody would get it, because no webhook is registered"},
    )


def test_a_customer_who_joins_the_partner_is_an_event(emulator):
    new = ordinary_id(1000)
    for changes, events in (
        ({}, 1),
        ({}, 1),
        ({"has_relationship": False}, 1),
        ({"has_relationship": True}, 2),
        ({"exists": False}, 2),
    ):
        assert emulator.ask("PUT", f"/emulator/customers/{new}", document=changes).status == 200
        assert sent(emulator) == [(ACCEPTED, new)] * events
    # One who was there before, and one who is no customer of the partner.
    emulator.ask("PUT", f"/emulator/customers/{CUSTOMER}", document={})
    emulator.ask("PUT", f"/emulator/customers/{ordinary_id(1001)}", document={"has_relationship": False})
    assert sent(emulator, f"?customer_id={CUSTOMER}") == sent(emulator, f"?customer_id={ordinary_id(1001)}") == []


def test_a_customer_who_joins_is_an_event_only_if_it_is_registered():
    emulator = InProcess()
    new = f"/emulator/customers/{ordinary_id(1000)}"
    assert emulator.ask("PUT", new, document={}).status == 200
    emulator.ask("PUT", f"{PATH}/registration", document={**WANTED, "WebhookEvents": ["invoice-ready"]})
    assert emulator.ask("PUT", f"/emulator/customers/{ordinary_id(1001)}", document={}).status == 200
    assert sent(emulator) == []


def test_the_root_can_be_fetched(emulator):
    root = x509.load_pem_x509_certificate(emulator.ask("GET", f"{PATH}/root").body)
    assert root.issuer == root.subject
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_control_requests_are_not_in_the_journal(emulator):
    emulator.ask("POST", PATH, document=EVENT)
    assert emulator.journal() == []
