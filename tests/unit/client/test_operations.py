"""Operations of more than one call."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client import operations
from airflow_provider_partnercenter.client.errors import PartnerCenterServiceUnavailableError
from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification, VettingStatus
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
