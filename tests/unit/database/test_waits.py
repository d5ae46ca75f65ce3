from __future__ import annotations

import pytest

from airflow_provider_partnercenter.database.waits import (
    UNKNOWN,
    Awaited,
    Customers,
    WaitingTask,
    among,
    customers_of_arguments,
    customers_of_question,
    customers_of_trigger,
)

FIRST, SECOND = "0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f", "1b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f"


def entry(customer, outcome="in_review", qualification="Education"):
    return {"customer_id": customer, "qualification": qualification, "outcome": outcome}


@pytest.mark.parametrize(
    ("arguments", "customers"),
    [
        ({"wait": {"customer_id": FIRST, "qualification": "Education"}}, Customers((Awaited(FIRST, "Education"),), 1)),
        (
            {"wait": {"customer_id": FIRST, "qualification": "GovernmentCommunityCloud"}},
            Customers((Awaited(FIRST, "GovernmentCommunityCloud"),), 1),
        ),
        (
            {"entries": [entry(FIRST), entry(SECOND, "approved"), entry(SECOND, qualification="StateOwnedEntity")]},
            Customers((Awaited(FIRST, "Education"), Awaited(SECOND, "StateOwnedEntity")), 2),
        ),
        ({"entries": []}, Customers((), 0)),
        (
            {"entries": None, "path": "s3://b/f", "deferral_id": "d", "total": 400},
            Customers((), 400, "s3://b/f", "d", 400),
        ),
        ({"path": "s3://b/f", "total": None}, Customers((), 0, "s3://b/f", "", 0)),
        # Of another version, or nothing that is ours.
        ({}, UNKNOWN),
        ({"wait": None, "entries": None, "path": None}, UNKNOWN),
        ({"wait": {"customer_id": "none", "qualification": "Education"}}, UNKNOWN),
        ({"wait": {"customer_id": FIRST, "qualification": "Knighthood"}}, UNKNOWN),
        ({"wait": {"customer_id": FIRST}}, UNKNOWN),
    ],
)
def test_customers_of_trigger(arguments, customers):
    assert customers_of_trigger(arguments) == customers


@pytest.mark.parametrize(
    ("form", "customers"),
    [
        ({"about": {"value": f"{FIRST} Education", "schema": {}}}, Customers((Awaited(FIRST, "Education"),), 1)),
        ({"about": f"{FIRST} Education"}, Customers((Awaited(FIRST, "Education"),), 1)),
        ({"about": {"value": None}}, UNKNOWN),
        ({"website": {"value": "contoso.edu"}}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_customers_of_question(form, customers):
    assert customers_of_question(form) == customers


@pytest.mark.parametrize(
    ("arguments", "customers"),
    [
        (
            {"customer_id": FIRST.upper(), "qualification": "education", "submission": None},
            Customers((Awaited(FIRST, "Education"),), 1),
        ),
        ({"customer_id": FIRST}, UNKNOWN),
        ({"customer_id": "{{ params.customer_id }}", "qualification": "Education"}, UNKNOWN),
        (
            {"customers": [{"customer_id": FIRST, "qualification": "Education"}, {"customer_id": "x"}, "y"]},
            Customers((Awaited(FIRST, "Education"),), 2),
        ),
        # Airflow cuts what is too long, and makes a string of it.
        ({"customers": "Truncated. You can change this behaviour"}, UNKNOWN),
    ],
)
def test_customers_of_arguments(arguments, customers):
    assert customers_of_arguments(arguments) == customers


def task(customers=UNKNOWN, *, state="deferred", operator="PartnerCenterQualificationSensor", map_index=-1):
    return WaitingTask("onboard", "run 1", "wait", map_index, operator, state, customers)


def test_among():
    awaited = Awaited(FIRST, "Education")
    mine, bulk = task(Customers((awaited,), 1)), task(Customers((Awaited(SECOND, "Education"), awaited), 2))
    others = [task(), task(Customers((Awaited(FIRST, "StateOwnedEntity"),), 1)), task(Customers(count=9, path="p"))]
    assert among([mine, *others, bulk], awaited) == [mine, bulk]


@pytest.mark.parametrize(
    ("state", "operator", "waits", "asks"),
    [
        ("deferred", "PartnerCenterQualificationSensor", True, False),
        ("up_for_reschedule", "PartnerCenterQualificationSensor", True, False),
        ("running", "PartnerCenterQualificationSensor", False, False),
        ("deferred", "PartnerCenterDenialOperator", True, True),
        ("awaiting_input", "PartnerCenterValidationCodeOperator", True, True),
        ("running", "PartnerCenterDenialOperator", False, False),
    ],
)
def test_what_a_task_waits_for(state, operator, waits, asks):
    found = task(state=state, operator=operator)
    assert (found.waits, found.asks) == (waits, asks)


def test_what_a_task_is_called():
    assert task().name == "task wait of run run 1 of DAG onboard"
    assert task(map_index=3).name == "task wait[3] of run run 1 of DAG onboard"
