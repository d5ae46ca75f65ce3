from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterInvalidRequestError,
    PartnerCenterNotFoundError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterUnexpectedResponseError,
)
from airflow_provider_partnercenter.client.models import WebhookRegistration
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.client.protocol.commands import TransportError
from tests.support.bench import BASE_URL, Bench, answer

URL = "https://airflow.example/partnercenter/webhook"
EVENT = "04af2aea-d413-42db-824e-f328001484d1"
BODY = {"WebhookUrl": URL, "WebhookEvents": ["test-created"], "SignatureTokenToMsSignatureHeader": False}


class TestRegistration:
    @pytest.mark.parametrize(
        ("make", "method"),
        [
            (endpoints.create_webhook_registration, "POST"),
            (endpoints.replace_webhook_registration, "PUT"),
        ],
    )
    def test_what_is_sent(self, make, method):
        bench = Bench([answer(200, {**BODY, "SubscriberId": "s-1"})])
        made = bench.send(make(URL, ["test-created", " test-created "]))
        (request,) = bench.sent
        assert (request.method, request.url) == (method, f"{BASE_URL}/webhooks/v1/registration")
        assert request.headers["Content-Type"] == "application/json"
        assert endpoints.Endpoint("", "", "", str, body=BODY).content == request.body
        assert made == WebhookRegistration(URL, ("test-created",), subscriber_id="s-1")
        endpoint = make(URL, {"test-created"}, signature_token_to_ms_signature_header=True)
        assert endpoint.body == {**BODY, "SignatureTokenToMsSignatureHeader": True}

    def test_a_lost_replacement_is_sent_again(self):
        bench = Bench([TransportError("gone"), answer(503), answer(200, BODY)])
        assert bench.send(endpoints.replace_webhook_registration(URL, ["test-created"])).webhook_url == URL
        assert len(set(bench.request_ids())) == 1

    def test_a_lost_creation_is_not_sent_again(self):
        bench = Bench([answer(503)])
        with pytest.raises(PartnerCenterServiceUnavailableError) as caught:
            bench.send(endpoints.create_webhook_registration(URL, ["test-created"]))
        assert caught.value.outcome_unknown

    @pytest.mark.parametrize(
        ("make", "status", "error", "hint"),
        [
            (endpoints.create_webhook_registration, 409, PartnerCenterInvalidRequestError, "replace it instead"),
            (endpoints.replace_webhook_registration, 404, PartnerCenterNotFoundError, "create it first"),
        ],
    )
    def test_what_does_not_fit_what_is_there(self, make, status, error, hint):
        with pytest.raises(error, match=hint) as caught:
            Bench([answer(status)]).send(make(URL, ["test-created"]))
        assert not caught.value.outcome_unknown

    @pytest.mark.parametrize("answered", [answer(204), answer(200, b"null")])
    def test_none(self, answered):
        assert Bench([answered]).send(endpoints.get_webhook_registration()) is None

    @pytest.mark.parametrize("events", [[], (), "test-created", None, 3, [""], [" "], [1], ["a\nb"], ["\ud800"]])
    @pytest.mark.parametrize("make", [endpoints.create_webhook_registration, endpoints.replace_webhook_registration])
    def test_what_is_no_list_of_names_is_refused(self, make, events):
        with pytest.raises(PartnerCenterInvalidRequestError, match="webhook_events must be a list of names") as caught:
            make(URL, events)
        assert "get_webhook_events" in str(caught.value)

    @pytest.mark.parametrize("make", [endpoints.create_webhook_registration, endpoints.replace_webhook_registration])
    def test_what_is_no_flag_is_refused(self, make):
        with pytest.raises(PartnerCenterInvalidRequestError, match="must be True or False, not 'no'"):
            make(URL, ["test-created"], signature_token_to_ms_signature_header="no")


class TestEvents:
    @pytest.mark.parametrize(
        ("document", "names"),
        [
            (["subscription-updated", "test-created"], ["subscription-updated", "test-created"]),
            ({"totalCount": 1, "items": ["test-created"]}, ["test-created"]),
            ([], []),
            ([" a\r\nb ", 1, None, ""], ["a b"]),
        ],
    )
    def test_they_are_read(self, document, names):
        bench = Bench([answer(200, document)])
        assert bench.send(endpoints.get_webhook_events()) == names
        assert bench.sent[0].url == f"{BASE_URL}/webhooks/v1/registration/events"

    @pytest.mark.parametrize("document", [{}, {"items": {}}, "test-created", [1, 2], [""]])
    def test_what_is_no_list_of_names(self, document):
        with pytest.raises(ValueError, match=r"not a (list of )?name"):
            endpoints.get_webhook_events().parse(document)


class TestValidationEvent:
    @pytest.mark.parametrize("document", [{"correlationId": EVENT}, {"CorrelationId": EVENT.upper()}, EVENT])
    def test_it_is_sent_without_a_body(self, document):
        bench = Bench([answer(200, document)])
        assert bench.send(endpoints.send_validation_event()) == EVENT
        (request,) = bench.sent
        assert (request.method, request.body) == ("POST", None)
        assert request.url == f"{BASE_URL}/webhooks/v1/registration/validationEvents"
        assert "Content-Type" not in request.headers

    def test_a_lost_one_is_sent_again(self):
        bench = Bench([TransportError("gone"), answer(200, {"correlationId": EVENT})])
        assert bench.send(endpoints.send_validation_event()) == EVENT

    @pytest.mark.parametrize("document", [{}, {"correlationId": "../x"}, {"correlationId": None}, "x", []])
    def test_an_answer_without_an_id_cannot_be_read(self, document):
        with pytest.raises(PartnerCenterUnexpectedResponseError, match="correlationId"):
            Bench(lambda request: answer(200, document)).send(endpoints.send_validation_event())

    def test_it_is_read(self):
        bench = Bench([answer(200, {"status": "completed"})])
        assert bench.send(endpoints.get_validation_event(f"{{{EVENT.upper()}}}")).ended
        assert bench.sent[0].url == f"{BASE_URL}/webhooks/v1/registration/validationEvents/{EVENT}"

    @pytest.mark.parametrize("correlation_id", ["", "x", None, "../events", f"{EVENT}/x"])
    def test_what_is_no_id_is_refused(self, correlation_id):
        with pytest.raises(PartnerCenterInvalidRequestError, match=r"correlation_id .* is not a GUID"):
            endpoints.get_validation_event(correlation_id)
