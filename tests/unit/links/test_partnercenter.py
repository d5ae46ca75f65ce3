"""The link from a task to the customer's page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from airflow.sdk import DAG, BaseOperator, task

from airflow_provider_partnercenter.links.partnercenter import (
    PartnerCenterCustomerLink,
    customer_page,
    with_customer_link,
)
from airflow_provider_partnercenter.operators.qualification import (
    PartnerCenterGetQualificationOperator,
    PartnerCenterUpdateQualificationOperator,
)
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor
from tests.airflow_versions import TaskInstanceKey

CUSTOMER = "5f0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f"
OTHER = "00000000-3a4b-4c5d-8e6f-7a8b9c0d1e2f"
PAGE = f"https://partner.microsoft.com/dashboard/v2/customers/{CUSTOMER}/account"
KEY = TaskInstanceKey("dag", "task", "run", 1, -1)


@pytest.mark.parametrize("customer_id", [CUSTOMER, CUSTOMER.upper(), f" {CUSTOMER}\n", f"{{{CUSTOMER}}}"])
def test_the_page_of_a_customer(customer_id):
    assert customer_page(customer_id) == PAGE


@pytest.mark.parametrize(
    "value",
    ["", None, "{{ params.customer_id }}", "../../admin", f"{CUSTOMER}/../x", "javascript:alert(1)", 7, [CUSTOMER]],
)
def test_what_is_no_customer_id_has_no_page(value):
    assert customer_page(value) == ""


@pytest.mark.parametrize(
    "task",
    [
        PartnerCenterGetQualificationOperator(task_id="task", customer_id=CUSTOMER),
        PartnerCenterUpdateQualificationOperator(task_id="task", customer_id=CUSTOMER, qualification="Education"),
        PartnerCenterQualificationSensor(task_id="task", customer_id=CUSTOMER, qualification="Education"),
    ],
    ids=lambda task: type(task).__name__,
)
def test_every_task_about_a_customer_has_it(task):
    (link,) = task.operator_extra_links
    assert isinstance(link, PartnerCenterCustomerLink)
    assert link.name == "Customer in Partner Center"
    assert link.get_link(task, ti_key=KEY) == PAGE


def test_a_task_without_a_customer_has_an_empty_link():
    assert PartnerCenterCustomerLink().get_link(BaseOperator(task_id="task"), ti_key=KEY) == ""


# -- decorated functions ----------------------------------------------------------------------------------------------


class OfAirflow(Mapping[str, str]):
    """As what Airflow hands to a function that asks for it: it takes other keys, and asks the API."""

    def __getitem__(self, key: str) -> str:
        raise RuntimeError

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError


@task
def function(*args: object, **kwargs: object) -> None:
    """What follows a verdict."""


def link_of(*args: object, **kwargs: object) -> str:
    """Return where the link of the function's task leads if it is called with these arguments."""
    with DAG("dag", schedule=None) as dag:
        with_customer_link(function(*args, **kwargs))
    # Any, because Airflow takes a task of a DAG for one that may be mapped.
    operator: Any = dag.get_task("function")
    (link,) = operator.operator_extra_links
    return str(link.get_link(operator, ti_key=KEY))


@pytest.mark.parametrize(
    ("arguments", "by_name"),
    [
        ([], {"customer_id": CUSTOMER}),
        ([{"customer_id": OTHER}], {"customer_id": CUSTOMER}),
        ([{"customer_id": CUSTOMER}], {}),
        ([None, {"outcome": "denied"}, {"customer_id": CUSTOMER}, {"customer_id": OTHER}], {}),
        ([], {"verdict": {"customer_id": CUSTOMER}}),
        ([OfAirflow()], {"inlet_events": OfAirflow(), "params": {"customer_id": CUSTOMER}}),
    ],
)
def test_the_customer_of_a_function_is_among_its_arguments(arguments, by_name):
    assert link_of(*arguments, **by_name) == PAGE


@pytest.mark.parametrize("arguments", [[], [CUSTOMER], [{"customer_id": None}], [[{"customer_id": CUSTOMER}]]])
def test_a_function_without_a_customer_has_an_empty_link(arguments):
    assert link_of(*arguments) == ""


def test_a_task_with_the_link_is_one_that_others_follow():
    with DAG("dag", schedule=None) as dag:
        with_customer_link(function()) >> [BaseOperator(task_id="next"), function()]
    assert dag.get_task("function").downstream_task_ids == {"next", "function__1"}
    assert list(dag.get_task("function__1").operator_extra_links) == [], "it did not ask for one"


def test_a_mapped_function_has_no_link_of_its_own():
    with DAG("dag", schedule=None), pytest.raises(ValueError, match=r"^Task function is mapped"):
        with_customer_link(function.expand(verdict=[{}]))
