"""The partner's customers and what they may ask for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_partnercenter.emulator.errors import ApiError
from airflow_provider_partnercenter.emulator.magic import approved_after, customer_id, ordinary_id, throttled_times
from airflow_provider_partnercenter.emulator.partner.clock import Clock
from airflow_provider_partnercenter.emulator.partner.state import State
from airflow_provider_partnercenter.emulator.settings import NO_FAULTS, Settings

EDUCATION = {"qualification": "Education", "educationSegment": "K12"}


def state_of(**settings: Any) -> State:
    return State(Settings(**settings), Clock(), lambda: NO_FAULTS)


def submit(state: State, customer: str, document: Any) -> bool:
    """Return whether a request was accepted."""
    try:
        state.submit(state.customer(customer), json.dumps(document).encode(), None)
    except ApiError:
        return False
    return True


REFUSED = [
    pytest.param(ordinary_id(1), {"qualification": "Education"}, id="no-segment"),
    pytest.param(ordinary_id(1), {**EDUCATION, "educationSegment": "Kindergarten"}, id="unknown-segment"),
    pytest.param(ordinary_id(1), {**EDUCATION, "educationSegment": 1}, id="segment-of-another-type"),
    pytest.param(customer_id("education-in-review"), EDUCATION, id="in-review"),
    pytest.param(customer_id("education-held"), EDUCATION, id="held"),
    pytest.param(customer_id("gcc-held"), EDUCATION, id="excluded"),
]
"""Requests of Education that Microsoft does not get to verify."""


@pytest.mark.parametrize(("customer", "document"), REFUSED)
@pytest.mark.parametrize("count_refused", [False, True])
def test_a_refused_request_is_no_verification_unless_the_settings_say_so(
    count_refused: bool, customer: str, document: Any
) -> None:
    state = state_of(count_refused_attempts=count_refused)
    for number in range(1, 6):
        assert not submit(state, customer, document)
        assert state.customer(customer).education_attempts == (number if count_refused else 0)
        assert state.customer(customer).attempts == number, "all submissions are counted here"


@pytest.mark.parametrize("count_refused", [False, True])
def test_mistakes_use_up_the_attempts_only_if_they_count(count_refused: bool) -> None:
    state = state_of(count_refused_attempts=count_refused)
    for _ in range(3):
        assert not submit(state, ordinary_id(1), {"qualification": "Education"})
    assert submit(state, ordinary_id(1), EDUCATION) == (not count_refused)


@pytest.mark.parametrize("count_refused", [False, True])
def test_three_verifications_are_the_most(count_refused: bool) -> None:
    state, customer = state_of(count_refused_attempts=count_refused), customer_id("denied-not-education")
    assert [submit(state, customer, EDUCATION) for _ in range(5)] == [True, True, True, False, False]
    assert state.customer(customer).education_attempts == (5 if count_refused else 3)


@pytest.mark.parametrize("count_refused", [False, True])
def test_another_qualification_is_no_education_attempt(count_refused: bool) -> None:
    state = state_of(count_refused_attempts=count_refused)
    assert submit(state, ordinary_id(1), {"qualification": "StateOwnedEntity"})
    assert not submit(state, ordinary_id(1), {"qualification": "GovernmentCommunityCloud"})
    assert not submit(state, ordinary_id(1), {"qualification": "Charity"})
    assert state.customer(ordinary_id(1)).education_attempts == 0


@pytest.mark.parametrize("number", [0, 1, 600])
@pytest.mark.parametrize("list_all", [False, True])
def test_who_is_throttled_again_and_again_is_listed_only_if_all_are(list_all: bool, number: int) -> None:
    state = state_of(list_all=list_all)
    for customer in (throttled_times(number), approved_after(number)):
        assert state.customer(customer).customer_id == customer
    listed = {record.customer_id for record in state.listed()}
    assert approved_after(number) in listed
    assert (throttled_times(number) in listed) == list_all
    state.override(throttled_times(number), {"listed": True})
    assert throttled_times(number) in {record.customer_id for record in state.listed()}
