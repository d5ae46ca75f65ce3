from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from airflow_provider_partnercenter.client.models import DeliveryAttempt, ValidationEvent, WebhookRegistration
from airflow_provider_partnercenter.client.wire import loads

URL = "https://airflow.example/partnercenter/webhook"
DECEMBER = datetime(2017, 12, 8, 21, 39, 48, 238699, tzinfo=UTC)
REGISTRATION = WebhookRegistration(URL, ("subscription-updated", "test-created"))


class TestRegistration:
    @pytest.mark.parametrize(
        ("document", "registration"),
        [
            pytest.param(
                {"WebhookUrl": URL, "WebhookEvents": ["subscription-updated", "test-created"]},
                REGISTRATION,
                id="as-documented-of-a-read",
            ),
            pytest.param(
                {
                    "SubscriberId": "e82cac64-dc67-4cd3-849b-78b6127dd57d",
                    "WebhookUrl": URL,
                    "WebhookEvents": ["subscription-updated", "test-created"],
                },
                replace(REGISTRATION, subscriber_id="e82cac64-dc67-4cd3-849b-78b6127dd57d"),
                id="as-documented-of-a-write",
            ),
            pytest.param(
                {
                    "webhookUrl": URL,
                    "webhookEvents": ["test-created"],
                    "signatureTokenToMsSignatureHeader": True,
                    "subscriberId": None,
                    "lastModifiedTimestamp": "2017-12-08T21:39:48.2386997Z",
                    "properties": {},
                },
                WebhookRegistration(URL, ("test-created",), True, None, DECEMBER),
                id="as-the-reference-has-it",
            ),
            pytest.param(
                {"WebhookUrl": URL, "SignatureTokenToMsSignatureHeader": "true", "LastModifiedTimestamp": "soon"},
                WebhookRegistration(URL, (), True, None, "soon"),
                id="text-for-a-boolean-and-for-a-date",
            ),
            pytest.param({"WebhookUrl": URL, "WebhookEvents": "all"}, WebhookRegistration(URL), id="no-list"),
            pytest.param(
                {"WebhookUrl": "https://a\r\nb", "WebhookEvents": ["\ud800", 1, None]},
                WebhookRegistration("https://a b", ("\ufffd",)),
                id="what-cannot-be-stored",
            ),
        ],
    )
    def test_from_json(self, document, registration):
        assert WebhookRegistration.from_json(document) == registration

    def test_a_byte_order_mark(self):
        body = b"\xef\xbb\xbf" + json.dumps({"WebhookUrl": URL}).encode()
        assert WebhookRegistration.from_json(loads(body)) == WebhookRegistration(URL)

    @pytest.mark.parametrize("document", [{}, [], None, URL, {"WebhookUrl": ""}, {"WebhookEvents": ["test-created"]}])
    def test_one_without_an_address_is_refused(self, document):
        with pytest.raises(ValueError, match="WebhookUrl"):
            WebhookRegistration.from_json(document)

    def test_results_are_plain(self):
        data = replace(REGISTRATION, last_modified_timestamp=DECEMBER).to_dict()
        assert json.loads(json.dumps(data)) == data
        assert data == {
            "webhook_url": URL,
            "webhook_events": ["subscription-updated", "test-created"],
            "signature_token_to_ms_signature_header": False,
            "subscriber_id": None,
            "last_modified_timestamp": "2017-12-08T21:39:48.238699+00:00",
        }

    @pytest.mark.parametrize(
        ("change", "same"),
        [
            ({}, True),
            ({"subscriber_id": "x", "last_modified_timestamp": DECEMBER}, True),
            ({"webhook_events": ("Test-Created", "SUBSCRIPTION-UPDATED", "test-created")}, True),
            ({"webhook_events": ("test-created",)}, False),
            ({"webhook_events": ("subscription-updated", "test-created", "invoice-ready")}, False),
            ({"webhook_url": f"{URL}/"}, False),
            ({"signature_token_to_ms_signature_header": True}, False),
        ],
    )
    def test_same_as(self, change, same):
        other = replace(REGISTRATION, **change)
        assert REGISTRATION.same_as(other) is same
        assert other.same_as(REGISTRATION) is same


@pytest.mark.parametrize(
    ("code", "system_error", "delivered"),
    [
        ("OK", False, True),
        ("ok", None, True),
        ("200", False, True),
        ("NoContent", False, True),
        ("204", False, True),
        ("299", False, True),
        ("OK", True, False),
        ("2000", False, False),
        ("20", False, False),
        ("301", False, False),
        ("NotFound", False, False),
        ("404", False, False),
        ("ServiceUnavailable", False, False),
        ("NotOK", False, False),
        ("", False, False),
        (None, False, False),
        (None, None, False),
    ],
)
def test_which_attempt_was_a_success(code, system_error, delivered):
    attempt = DeliveryAttempt(code, "", system_error)
    assert attempt.delivered is delivered
    assert ValidationEvent(results=(DeliveryAttempt("404"), attempt)).delivered is delivered


DOCUMENTED = {
    "correlationId": "04af2aea-d413-42db-824e-f328001484d1",
    "partnerId": "00234d9d-8c2d-4ff5-8c18-39f8afc6f7f3",
    "status": "completed",
    "callbackUrl": URL,
    "results": [
        {
            "responseCode": "OK",
            "responseMessage": "",
            "systemError": False,
            "dateTimeUtc": "2017-12-08T21:39:48.2386997",
        }
    ],
}
READ = ValidationEvent(
    "04af2aea-d413-42db-824e-f328001484d1",
    "completed",
    URL,
    "00234d9d-8c2d-4ff5-8c18-39f8afc6f7f3",
    (DeliveryAttempt("OK", "", False, DECEMBER),),
)


class TestValidationEvent:
    @pytest.mark.parametrize(
        ("document", "event"),
        [
            pytest.param(DOCUMENTED, READ, id="as-documented"),
            pytest.param({name[0].upper() + name[1:]: value for name, value in DOCUMENTED.items()}, READ, id="pascal"),
            pytest.param({"status": "inProgress"}, ValidationEvent(status="inProgress"), id="nothing-else"),
            pytest.param({"results": []}, ValidationEvent(), id="no-status"),
            pytest.param({"status": "x", "results": None}, ValidationEvent(status="x"), id="nulls"),
            pytest.param(
                {"status": 1, "results": [{"responseCode": 503, "systemError": "true", "dateTimeUtc": "soon"}, None]},
                ValidationEvent(
                    status="1", results=(DeliveryAttempt("503", None, True, "soon"), DeliveryAttempt(None))
                ),
                id="other-types",
            ),
        ],
    )
    def test_from_json(self, document, event):
        assert ValidationEvent.from_json(document) == event

    @pytest.mark.parametrize("document", [{}, [], None, "completed", {"correlationId": "x"}, {"results": {}}])
    def test_one_that_says_nothing_is_refused(self, document):
        with pytest.raises(ValueError, match="'status'"):
            ValidationEvent.from_json(document)

    @pytest.mark.parametrize(
        ("status", "ended"),
        [
            *[("completed", True), ("Completed", True), ("failed", True)],
            *[("notCompleted", False), ("pending", False), ("", False), (None, False)],
        ],
    )
    def test_ended(self, status, ended):
        assert ValidationEvent(status=status).ended is ended

    def test_results_are_plain(self):
        data = READ.to_dict()
        assert json.loads(json.dumps(data)) == data
        assert data == {
            "correlation_id": "04af2aea-d413-42db-824e-f328001484d1",
            "status": "completed",
            "callback_url": URL,
            "partner_id": "00234d9d-8c2d-4ff5-8c18-39f8afc6f7f3",
            "results": [
                {
                    "response_code": "OK",
                    "response_message": "",
                    "system_error": False,
                    "date_time_utc": "2017-12-08T21:39:48.238699+00:00",
                }
            ],
        }
