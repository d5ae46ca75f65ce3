"""Operations of more than one call."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client import operations
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterInvalidRequestError,
    PartnerCenterNotFoundError,
    PartnerCenterPermissionError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterUnexpectedResponseError,
)
from airflow_provider_partnercenter.client.models import (
    CustomerQualification,
    Qualification,
    VettingStatus,
    WebhookRegistration,
)
from airflow_provider_partnercenter.client.protocol.commands import TransportError
from tests.support.bench import CUSTOMER, Bench, answer


class TestCreateQualification:
    @pytest.mark.parametrize("name", ["answer", "read"])
    def test_the_entry_that_counts_is_chosen(self, name):
        entries = [
            {"qualification": "StateOwnedEntity"},
            {"qualification": "Education", "vettingStatus": "Denied", "vettingCreateDate": "2026-01-02T03:04:05Z"},
            {"qualification": "Education", "vettingStatus": "InReview", "vettingCreateDate": "2026-02-02T03:04:05Z"},
        ]
        bench = Bench([answer(201, entries)] if name == "answer" else [answer(201), answer(200, entries)])
        made = bench.run(operations.create_qualification(CUSTOMER, "Education")(bench.exchange))
        assert made.vetting_status is VettingStatus.IN_REVIEW

    @pytest.mark.parametrize(
        "failure",
        [answer(403, {"code": 900150}), answer(429, Retry_After="900"), TransportError("gone", permanent=True)],
        ids=["refused", "throttled", "gone"],
    )
    def test_a_read_that_fails_does_not_hide_that_the_request_was_carried_out(self, caplog, failure):
        bench = Bench([answer(201), failure])
        made = bench.run(operations.create_qualification(CUSTOMER, "education")(bench.exchange))
        assert made == CustomerQualification(Qualification.EDUCATION)
        (record,) = [r for r in caplog.records if "The submission itself succeeded." in r.getMessage()]
        assert "[correlation id " in record.getMessage()

    def test_a_request_that_fails_is_not_followed_by_a_read(self):
        bench = Bench([answer(500)])
        with pytest.raises(PartnerCenterServiceUnavailableError) as caught:
            bench.run(operations.create_qualification(CUSTOMER, "Education", request_id="r-1")(bench.exchange))
        assert caught.value.outcome_unknown
        assert bench.request_ids() == ["r-1"]


URL = "https://airflow.example/partnercenter/webhook"
REGISTERED = {"WebhookUrl": URL, "WebhookEvents": ["test-created"]}


class TestGetWebhookRegistration:
    @pytest.mark.parametrize("answered", [answer(404), answer(404, {"code": 1000, "description": "no"}), answer(204)])
    def test_none(self, answered):
        bench = Bench([answered])
        assert bench.run(operations.get_webhook_registration()(bench.exchange)) is None

    def test_one(self):
        bench = Bench([answer(200, REGISTERED)])
        assert bench.run(operations.get_webhook_registration()(bench.exchange)).webhook_url == URL

    @pytest.mark.parametrize(
        ("answered", "error"),
        [
            (answer(404, b"<html><body>No such page</body></html>"), PartnerCenterNotFoundError),
            (answer(403), PartnerCenterPermissionError),
            (answer(200, {}), PartnerCenterUnexpectedResponseError),
        ],
        ids=["a-page-of-somebody-else", "refused", "unreadable"],
    )
    def test_what_is_not_none(self, answered, error):
        bench = Bench(lambda request: answered)
        with pytest.raises(error):
            bench.run(operations.get_webhook_registration()(bench.exchange))


class TestCreateWebhookRegistration:
    def create(self, bench):
        return bench.run(operations.create_webhook_registration(URL, ["test-created"])(bench.exchange))

    @pytest.mark.parametrize(
        "lost",
        [TransportError("gone"), answer(503), answer(200), answer(200, {"error": {"code": "x", "message": "y"}})],
        ids=["no-answer", "outage", "nothing-in-it", "contradictory"],
    )
    def test_a_lost_answer_is_followed_by_a_read(self, lost):
        bench = Bench([lost, answer(200, REGISTERED)])
        assert self.create(bench) == WebhookRegistration(URL, ("test-created",))
        assert [request.method for request in bench.sent] == ["POST", "GET"]
        assert len({request.headers["MS-CorrelationId"] for request in bench.sent}) == 1

    @pytest.mark.parametrize(
        ("read", "hint"),
        [
            (answer(404), "a read shows that it was not created; try again"),
            (answer(200, {**REGISTERED, "WebhookUrl": "https://other.example"}), "replace it instead"),
        ],
    )
    def test_a_read_that_does_not_show_it(self, read, hint):
        bench = Bench([answer(503), read])
        with pytest.raises(PartnerCenterServiceUnavailableError, match=hint) as caught:
            self.create(bench)
        assert not caught.value.outcome_unknown

    def test_a_read_that_fails_leaves_it_unknown(self, caplog):
        bench = Bench([answer(503), answer(403)])
        with pytest.raises(PartnerCenterServiceUnavailableError) as caught:
            self.create(bench)
        assert caught.value.outcome_unknown
        assert "Whether the registration was created is unknown." in caplog.text

    @pytest.mark.parametrize("refusal", [answer(409), answer(400), TransportError("not sent", sent=False)])
    def test_a_refusal_is_not_followed_by_a_read(self, refusal):
        bench = Bench(lambda request: refusal)
        with pytest.raises(PartnerCenterError):
            self.create(bench)
        assert {request.method for request in bench.sent} == {"POST"}

    @pytest.mark.parametrize("webhook_url", ["http://airflow.example", None])
    def test_nothing_is_sent_for_an_address_that_cannot_be(self, webhook_url):
        with pytest.raises(PartnerCenterInvalidRequestError):
            operations.create_webhook_registration(webhook_url, ["test-created"])
