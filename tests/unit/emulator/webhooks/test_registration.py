"""Reading and writing a registration in Microsoft's format."""

from __future__ import annotations

import json

import pytest

from airflow_provider_partnercenter.emulator.webhooks.events import EVENTS
from airflow_provider_partnercenter.emulator.webhooks.registration import MAX_URL, Registration

URL = "https://airflow.example/partnercenter/webhook?code=x"
DOCUMENT = {"WebhookUrl": URL, "WebhookEvents": ["test-created", "invoice-ready"]}


def read(document) -> Registration:
    return Registration.from_json(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("document", "written"),
    [
        (DOCUMENT, DOCUMENT),
        # The names of the OpenAPI file.
        ({"webhookUrl": URL, "webhookEvents": ["test-created", "invoice-ready"], "subscriberId": "x"}, DOCUMENT),
        ({**DOCUMENT, "WebhookEvents": ["Test-Created", "invoice-ready", "test-created"]}, DOCUMENT),
        ({**DOCUMENT, "SignatureTokenToMsSignatureHeader": None}, DOCUMENT),
        *[
            ({**DOCUMENT, "signatureTokenToMsSignatureHeader": value},
             {**DOCUMENT, "SignatureTokenToMsSignatureHeader": read_as})
            for value, read_as in ((True, True), (False, False), ("true", True))
        ],
    ],
)  # fmt: skip
def test_it_is_written_as_it_was_read(document, written):
    assert read(document).to_json() == written


@pytest.mark.parametrize("url", ["http://localhost:8080", "http://[::1]:1/x", "https://a.example", "HTTPS://a.example"])
def test_any_address_of_a_receiver_is_taken(url):
    assert read({**DOCUMENT, "WebhookUrl": url}).url == url


@pytest.mark.parametrize(
    "url",
    [None, 1, "", "x", "/webhook", "ftp://a.example", "https://", "https://:443/", "http://a b/", "http://a.example/\n",
     "http://[::1", "http://a:x/", "http://a:0/", "http://a:99999/", "https://a.example/" + "x" * MAX_URL, ["http://a"]],
)  # fmt: skip
def test_anything_else_is_refused(url):
    with pytest.raises(ValueError, match=r"^'WebhookUrl' must be the address"):
        read({**DOCUMENT, "WebhookUrl": url})


@pytest.mark.parametrize("events", [None, [], "test-created", {"test-created": 1}, ["test-created", "x"], [1], [None]])
def test_events_that_nobody_knows_are_refused(events):
    with pytest.raises(ValueError, match=r"^'WebhookEvents' "):
        read({**DOCUMENT, "WebhookEvents": events})


@pytest.mark.parametrize("value", ["yes", 1, [], {}])
def test_a_flag_that_is_none_is_refused(value):
    with pytest.raises(ValueError, match="must be true or false"):
        read({**DOCUMENT, "SignatureTokenToMsSignatureHeader": value})


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff"])
def test_a_body_that_is_no_registration_is_refused(body):
    with pytest.raises(ValueError, match=r"^the body "):
        Registration.from_json(body)


def test_it_wants_the_events_that_it_names():
    registration = read(DOCUMENT)
    assert [name for name in EVENTS if registration.wants(name)] == ["invoice-ready", "test-created"]
