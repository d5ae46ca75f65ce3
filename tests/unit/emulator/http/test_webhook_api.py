"""The registration of webhooks by the API, without a receiver."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.emulator.errors import JSON
from airflow_provider_partnercenter.emulator.settings import TENANT_ID, Limit, Mix, Settings
from airflow_provider_partnercenter.emulator.webhooks.chains import CHAINS
from airflow_provider_partnercenter.emulator.webhooks.events import EVENTS
from airflow_provider_partnercenter.emulator.webhooks.kinds import CERTIFICATES, OVERSIZED, certificate_path
from tests.support.asgi import InProcess

PATH = "/webhooks/v1/registration"
TESTS = f"{PATH}/validationEvents"
WANTED = {"WebhookUrl": "https://airflow.example/hook", "WebhookEvents": ["test-created", "invoice-ready"]}
OTHER = {**WANTED, "WebhookUrl": "https://other.example/hook", "SignatureTokenToMsSignatureHeader": True}


@pytest.fixture
def emulator() -> InProcess:
    return InProcess()


def test_a_registration_is_made_once_and_then_replaced(emulator):
    assert emulator.ask("GET", PATH).status == 404
    assert emulator.ask("PUT", PATH, document=WANTED).status == 404
    first = emulator.ask("POST", PATH, document=WANTED)
    subscriber = first.json()["SubscriberId"]
    assert (first.status, first.json()) == (200, {"SubscriberId": subscriber, **WANTED})
    refused = emulator.ask("POST", PATH, document=OTHER)
    assert (refused.status, refused.json()["description"]) == (
        409,
        "Registration already exists, use the PUT method to update a registration.",
    )
    assert emulator.ask("GET", PATH).json() == WANTED
    second = emulator.ask("PUT", PATH, document=OTHER)
    assert (second.status, second.json()) == (200, {"SubscriberId": subscriber, **OTHER})
    assert emulator.ask("GET", PATH).json() == OTHER
    emulator.application.reset()
    assert emulator.ask("GET", PATH).status == 404


def test_the_events_are_listed(emulator):
    answer = emulator.ask("GET", f"{PATH}/events")
    assert (answer.status, answer.json()) == (200, list(EVENTS))


@pytest.mark.parametrize("path", [PATH, f"{PATH}/events", f"{TESTS}/{TENANT_ID}"])
def test_both_kinds_of_tokens_are_accepted_and_none_is_not(emulator, path):
    tokens = emulator.application.tokens
    app_only = tokens.mint_access_token("https://api.partnercenter.microsoft.com", None)
    with_user = emulator.ask("GET", path)
    assert emulator.ask("GET", path, headers={"authorization": f"Bearer {app_only}"}).status == with_user.status != 401
    assert emulator.ask("GET", path, headers={"authorization": None}).status == 401
    kinds = [record["authorization"] for record in emulator.journal()]
    assert kinds == ["app+user", "app-only", None]


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("document", "description"),
    [
        ({}, "Invalid request input: 'WebhookUrl' must be the address of a receiver, with http:// or https://."),
        (
            {**WANTED, "WebhookEvents": ["x"]},
            "Invalid request input: 'WebhookEvents' contains 'x', which is not the name of an event.",
        ),
        ([], "Invalid request input: the body must be one object."),
    ],
)
def test_what_is_no_registration_is_refused(emulator, method, document, description):
    answer = emulator.ask(method, PATH, document=document)
    assert (answer.status, answer.json()["code"], answer.json()["description"]) == (400, 800002, description)


def test_another_media_type_is_refused(emulator):
    assert emulator.ask("POST", PATH, document=WANTED, headers={"content-type": "text/plain"}).status == 415


def test_a_test_needs_a_registration_with_its_event(emulator):
    assert emulator.ask("POST", TESTS).status == 404
    emulator.ask("POST", PATH, document={**WANTED, "WebhookEvents": ["invoice-ready"]})
    answer = emulator.ask("POST", TESTS)
    assert (answer.status, answer.json()["code"]) == (400, 800002)
    assert "'test-created'" in answer.json()["description"]


def test_two_tests_a_minute_are_allowed(emulator):
    emulator.ask("POST", PATH, document=WANTED)
    clock = emulator.application.state.clock
    first, second, third = (emulator.ask("POST", TESTS) for _ in range(3))
    assert [first.status, second.status, third.status] == [200, 200, 429]
    assert third.headers["retry-after"] == "60"
    assert third.json() == {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 60 seconds."}
    assert first.json()["correlationId"] != second.json()["correlationId"]
    clock.advance(60)
    assert emulator.ask("POST", TESTS).status == 200


def test_the_result_of_a_test_is_kept_for_seven_days():
    emulator = InProcess(Settings(token_lifetime=30 * 86400))
    emulator.ask("POST", PATH, document=WANTED)
    correlation_id = emulator.ask("POST", TESTS).json()["correlationId"]
    # Nothing is sent in an emulator without a server.
    expected = {
        "correlationId": correlation_id,
        "partnerId": TENANT_ID,
        "status": "failed",
        "callbackUrl": WANTED["WebhookUrl"],
        "results": [],
    }
    assert emulator.ask("GET", f"{TESTS}/{correlation_id.upper()}").json() == expected
    assert emulator.ask("GET", f"{TESTS}/{TENANT_ID}").status == 404
    emulator.application.state.clock.advance(7 * 86400)
    assert emulator.ask("GET", f"{TESTS}/{correlation_id}").status == 404


def test_it_passes_the_same_gateway_as_the_rest_of_the_api():
    emulator = InProcess(Settings(limit=Limit(requests=1), faults=Mix(1, ("error-503",))))
    first = emulator.ask("POST", "/Webhooks/V1/Registration/", document=WANTED, headers={"ms-requestid": "abc"})
    assert (first.status, first.headers["ms-requestid"], first.headers["x-locale"]) == (503, "abc", "en-US,en-US")
    assert emulator.ask("GET", PATH).status == 429
    record = emulator.journal()[0]
    assert (record["path"], record["fault"], record["carried_out"]) == (PATH, "error-503", False)
    assert (record["authorization"], record["body"]) == ("app+user", WANTED)


@pytest.mark.parametrize("name", [*CHAINS, "oversized"])
def test_certificates_are_served_without_a_token(emulator, name):
    answer = emulator.ask("GET", certificate_path(name), headers={"authorization": None})
    assert answer.status == 200
    assert answer.body.startswith(b"-----BEGIN CERTIFICATE-----")
    assert (len(answer.body) > OVERSIZED) is (name == "oversized")
    assert emulator.journal()[-1]["path"] == certificate_path(name)


def test_a_redirected_certificate_leads_to_the_right_one(emulator):
    answer = emulator.ask("GET", certificate_path("redirected"))
    assert (answer.status, answer.body) == (302, b"")
    assert emulator.ask("GET", answer.headers["location"]).status == 200


def test_the_certificate_of_the_others_does_not_come_at_once(emulator):
    for name in ("slow", "unreachable"):
        assert emulator.ask("GET", certificate_path(name)).status is None
        assert emulator.journal()[-1]["fault"] == f"{name}-certificate"


@pytest.mark.parametrize("path", ["/cert/nothing.cer", "/cert/expired", "/cert/", f"/cert/x{CERTIFICATES[0]}.cer"])
def test_there_are_no_other_certificates(emulator, path):
    answer = emulator.ask("GET", path)
    assert (answer.status, answer.headers["content-type"]) == (404, JSON)
