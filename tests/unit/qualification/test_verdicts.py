from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.qualification.verdicts import (
    MAX_EXTRA_BYTES,
    batch_of,
    extra_of,
    verdict_in,
    verdict_of,
)

ONE, TWO = ordinary_id(1), ordinary_id(2)


def verdict(customer: str = ONE, outcome: str = "approved", **members: Any) -> dict[str, Any]:
    return {"customer_id": customer, "qualification": "Education", "outcome": outcome, **members}


DENIED = verdict(
    outcome="denied",
    vetting_reason="Not an Education Customer",
    hint="the customer must prove that it is a school",
    resubmit_denied_of="2026-11-26T10:00:00+00:00",
    attempts_left=2,
)


class TestVerdictOf:
    def test_what_follows_reads_it_and_what_is_unknown_is_left_out(self):
        result = {**DENIED, "vetting_status": "Denied", "submitted": True, "baseline": [], "request_id": None}
        assert verdict_of(result) == {**DENIED, "vetting_status": "Denied"}

    @pytest.mark.parametrize("outcome", ["in_review", "refused", "failed", "absent", None])
    def test_no_verdict(self, outcome):
        assert verdict_of({**verdict(), "outcome": outcome}) is None

    def test_long_texts_are_cut_but_not_the_name_of_a_denial(self):
        found = verdict_of({**DENIED, "vetting_reason": "x" * 10_000, "resubmit_denied_of": "x" * 10_000})
        assert found is not None
        assert (len(found["vetting_reason"]), len(found["resubmit_denied_of"])) == (500, 10_000)


class TestBatchOf:
    def test_all_that_fit_in_order(self):
        assert list(batch_of([verdict(TWO), verdict(ONE)])) == [TWO, ONE]
        assert batch_of([]) == {}

    def test_one_verdict_for_each_customer(self):
        # A customer may wait for two qualifications; an event's extra has one place for each customer.
        batch = batch_of([verdict(ONE), verdict(ONE, qualification="StateOwnedEntity"), verdict(TWO)])
        assert [found["qualification"] for found in batch.values()] == ["Education", "Education"]

    def test_it_fits_into_the_extra(self):
        verdicts = [verdict(ordinary_id(number), hint="x" * 400) for number in range(200)]
        batch = batch_of(verdicts)
        assert len(json.dumps(extra_of(batch))) <= MAX_EXTRA_BYTES
        assert list(batch.values()) == verdicts[: len(batch)]
        more = {**batch, **batch_of([verdicts[len(batch)]])}
        assert len(json.dumps(extra_of(more))) > MAX_EXTRA_BYTES - 10

    def test_even_one_that_does_not_fit_is_handed_out(self):
        big = verdict(ONE, resubmit_denied_of="x" * MAX_EXTRA_BYTES)
        assert list(batch_of([big, verdict(TWO)])) == [ONE]


class TestVerdictIn:
    @pytest.mark.parametrize("customer", [ONE, None])
    def test_of_a_task_for_one_customer(self, customer):
        assert verdict_in({**DENIED, "from_rest_api": True}, customer) == {**DENIED, "from_rest_api": True}

    def test_of_a_task_for_many(self):
        assert verdict_in(extra_of({ONE: DENIED, TWO: verdict(TWO)}), ONE) == DENIED

    @pytest.mark.parametrize(
        ("extra", "customer"),
        [
            (DENIED, TWO),
            (extra_of({ONE: DENIED}), TWO),
            (extra_of({ONE: DENIED}), None),
            (extra_of({ONE: verdict(TWO)}), ONE),
            ({"verdicts": {ONE: "approved"}}, ONE),
            ({"verdicts": []}, ONE),
            ({"customer_id": ONE, "outcome": "in_review"}, ONE),
            ({}, None),
            (None, ONE),
            ("approved", ONE),
        ],
    )
    def test_there_is_none(self, extra, customer):
        assert verdict_in(extra, customer) is None
