"""What a sensor knows of the customers, and what it reports."""

from __future__ import annotations

import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_partnercenter.client.models import Customer
from airflow_provider_partnercenter.onboarding.known_customers import (
    LARGEST_REPORT,
    KnownCustomers,
    Report,
    guid_of,
    new_customers,
)

A, B, C = (str(uuid.UUID(int=number)) for number in (1, 2, 3))
KNOWN = KnownCustomers("contoso", 100.0, frozenset([A]), {"run 1": Report(50.0, frozenset([B]))})


def customers(*ids, **members):
    return [Customer(customer_id, **members) for customer_id in ids]


ids = st.frozensets(st.uuids().map(str), max_size=5)
reports = st.dictionaries(st.text(), st.builds(Report, st.floats(0, 1e12), ids), max_size=3)


@given(st.builds(KnownCustomers, st.text(), st.floats(0, 1e12), ids, reports))
def test_it_is_read_as_it_was_written(known):
    assert KnownCustomers.from_text(known.to_text()) == known


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", "null", '"text"', "{" * 10_000,
        KNOWN.to_text().replace('"version": 1', '"version": 2'),
        KNOWN.to_text().replace('"customers": "', '"customers": "AAAA'),
        KNOWN.to_text().replace('"reports": {', '"reports": [{').replace("}}}", "}}]}"),
        json.dumps({**json.loads(KNOWN.to_text()), "looked_at": "yesterday"}),
        json.dumps({**json.loads(KNOWN.to_text()), "customers": "no base64!"}),
    ],
)  # fmt: skip
def test_what_is_something_else_is_refused(text):
    with pytest.raises(ValueError, match=r".") as caught:
        KnownCustomers.from_text(text)
    assert type(caught.value) in (ValueError, json.JSONDecodeError)


def test_fifty_thousand_customers_take_about_a_megabyte():
    known = KnownCustomers("contoso", settled=frozenset(str(uuid.UUID(int=number)) for number in range(50_000)))
    text = known.to_text()
    assert len(text) < 1_100_000
    assert KnownCustomers.from_text(text) == known


@pytest.mark.parametrize(
    ("run", "states", "settled", "reports", "looked_at"),
    [
        ("run 2", {"run 1": "success"}, {A, B}, set(), 100.0),
        ("run 2", {"run 1": "running"}, {A}, {"run 1"}, 100.0),
        ("run 2", {"run 1": "queued"}, {A}, {"run 1"}, 100.0),
        ("run 2", {"run 1": "failed"}, {A}, set(), 100.0),
        ("run 2", {"run 1": None}, {A}, set(), 100.0),
        ("run 1", {}, {A}, set(), 0.0),
    ],
    ids=["succeeded", "running", "queued", "failed", "gone", "own"],
)
def test_what_becomes_of_a_report(run, states, settled, reports, looked_at):
    found = KNOWN.at_start_of(run, states)
    assert (found.settled, set(found.reports), found.looked_at) == (settled, reports, looked_at)


def test_a_failed_report_counts_as_a_look():
    known = KNOWN.with_report("run 2", [C], at=400.0, looked_at=0.0)
    assert known.at_start_of("run 3", {"run 1": "success", "run 2": "failed"}).looked_at == 400.0


def test_only_those_are_new_whom_nobody_knows_or_has_reported():
    rows, complete = new_customers(customers(A, B, C.upper(), "no-guid", domain="contoso.com"), KNOWN)
    assert rows == [{"customer_id": C, "company_name": None, "domain": "contoso.com"}]
    assert complete


def test_a_report_has_an_end():
    many = [str(uuid.UUID(int=number)) for number in range(1000)]
    known = KnownCustomers("contoso")
    found, rounds = [], 0
    complete = False
    while not complete:
        rows, complete = new_customers(customers(*many, company_name="Ü" * 1000, domain="x" * 1000), known)
        assert 0 < len(json.dumps(rows)) <= LARGEST_REPORT
        found += [row["customer_id"] for row in rows]
        known = known.with_report(f"run {rounds}", found, 0.0, 0.0)
        rounds += 1
    assert found == many
    assert rounds > 1


@pytest.mark.parametrize(("given_id", "guid"), [(A, A), ("{" + C.upper() + "}", C), ("contoso", None), ("", None)])
def test_the_id_of_a_listed_customer(given_id, guid):
    assert guid_of(Customer(given_id)) == guid
