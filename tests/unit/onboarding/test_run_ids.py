"""The ids of runs: the same for the same customer and event, or batch, and different for any others."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.onboarding.run_ids import (
    batch_run_id,
    chain_of,
    follow_up_run_id,
    onboarding_run_id,
)

CUSTOMER = "0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f"
AIRFLOW_ACCEPTS = re.compile(r"[A-Za-z0-9_.~:+-]+")

event_ids = st.text(st.characters(exclude_categories=()), min_size=1, max_size=300) | st.integers()


@pytest.mark.parametrize(
    ("event_id", "run_id"),
    [
        ("order-4711", f"onboard-{CUSTOMER}-order-4711"),
        (4711, f"onboard-{CUSTOMER}-4711"),
        (0, f"onboard-{CUSTOMER}-0"),
        ("a.b~c:d+e_f", f"onboard-{CUSTOMER}-a.b~c:d+e_f"),
        ("x" * 200, f"onboard-{CUSTOMER}-{'x' * 200}"),
        (None, f"onboard-{CUSTOMER}"),
        ("", f"onboard-{CUSTOMER}"),
    ],
)
def test_the_run_id_names_customer_and_event(event_id, run_id):
    assert onboarding_run_id(CUSTOMER, event_id) == run_id


@pytest.mark.parametrize("spelling", [CUSTOMER.upper(), f"{{{CUSTOMER}}}", CUSTOMER.replace("-", ""), f" {CUSTOMER} "])
def test_the_spelling_of_the_customer_does_not_matter(spelling):
    assert onboarding_run_id(spelling, "1") == onboarding_run_id(CUSTOMER, "1")


@pytest.mark.parametrize(
    "event_id", ["order 4711", "a/b", "ü", "\n", " ", "x" * 201, "\ud83c", "sha256:0", "💥", "a..b"]
)
def test_what_airflow_does_not_accept_is_hashed(event_id):
    run_id = onboarding_run_id(CUSTOMER, event_id)
    assert re.fullmatch(rf"onboard-{CUSTOMER}-sha256:[0-9a-f]{{64}}", run_id)


@pytest.mark.parametrize("event_id", [True, 1.5, ["1"], {"id": 1}, b"1", object()])
def test_another_type_is_refused(event_id):
    with pytest.raises(PartnerCenterInvalidRequestError, match=r"event_id .* is of type .*a string or an integer"):
        onboarding_run_id(CUSTOMER, event_id)


def test_a_number_that_cannot_be_written_is_refused():
    with pytest.raises(PartnerCenterInvalidRequestError, match="thousands of digits"):
        onboarding_run_id(CUSTOMER, 10**5000)


@pytest.mark.parametrize("customer_id", ["", None, 7, "contoso.example", CUSTOMER[:-1]])
def test_a_customer_that_is_none_is_refused(customer_id):
    with pytest.raises(PartnerCenterInvalidRequestError, match="is not a GUID"):
        onboarding_run_id(customer_id, "1")


@given(event_ids, event_ids)
def test_airflow_accepts_every_run_id_and_no_two_events_share_one(one, other):
    for event_id in (one, other):
        run_id = onboarding_run_id(CUSTOMER, event_id)
        assert AIRFLOW_ACCEPTS.fullmatch(run_id)
        assert ".." not in run_id
        assert len(run_id) <= 250
    assert (onboarding_run_id(CUSTOMER, one) == onboarding_run_id(CUSTOMER, other)) == (str(one) == str(other))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("manual__2026-01-02T03:04:05+00:00", "qualify"), "batch-2-of-qualify:manual__2026-01-02T03:04:05+00:00"),
        (("scheduled__2026-01-02", "group.qualify", 7), "batch-2-of-group.qualify~7:scheduled__2026-01-02"),
        (("scheduled__2026-01-02", "qualify", -1, 6), "batch-2-of-qualify~clear6:scheduled__2026-01-02"),
        (("scheduled__2026-01-02", "qualify", 7, 6), "batch-2-of-qualify~7~clear6:scheduled__2026-01-02"),
    ],
)
def test_the_runs_of_a_chain_are_named_after_the_first_one(first, second):
    assert batch_run_id(chain_of(*first), 2) == second


firsts = st.tuples(
    event_ids.map(str),
    st.from_regex(r"[A-Za-z0-9_.-]{1,250}", fullmatch=True),
    st.integers(-1, 100_000),
    st.integers(0, 1000),
)


@given(firsts, firsts, st.integers(2, 99_999))
def test_airflow_accepts_every_run_of_a_chain_and_no_two_chains_share_one(one, other, number):
    for first in (one, other):
        run_id = batch_run_id(chain_of(*first), number)
        assert AIRFLOW_ACCEPTS.fullmatch(run_id)
        assert ".." not in run_id
        assert len(run_id) <= 250
        assert not re.match(r"(backfill|scheduled|manual|operator_triggered|asset_\w+)__", run_id)
    assert (chain_of(*one) == chain_of(*other)) == (one == other)


@pytest.mark.parametrize("spelling", [CUSTOMER, CUSTOMER.upper(), CUSTOMER.replace("-", "")])
@pytest.mark.parametrize("qualification", ["GovernmentCommunityCloud", "government_community_cloud"])
def test_an_approval_has_one_run_id(spelling, qualification):
    run_id = follow_up_run_id(spelling, qualification)
    assert run_id == f"follow-up-{CUSTOMER}-GovernmentCommunityCloud"
    assert AIRFLOW_ACCEPTS.fullmatch(run_id)


@pytest.mark.parametrize(
    ("customer", "qualification", "says"),
    [("contoso", "Education", "is not a GUID"), (CUSTOMER, "Edu", "is unknown"), (CUSTOMER, None, "is unknown")],
)
def test_an_approval_of_nothing_has_none(customer, qualification, says):
    with pytest.raises(PartnerCenterInvalidRequestError, match=says):
        follow_up_run_id(customer, qualification)
