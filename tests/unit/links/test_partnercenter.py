"""The link from a task to the customer's page."""

from __future__ import annotations

import pytest
from airflow.sdk import BaseOperator

from airflow_provider_partnercenter.links.partnercenter import PartnerCenterCustomerLink, customer_page
from airflow_provider_partnercenter.operators.qualification import (
    PartnerCenterGetQualificationOperator,
    PartnerCenterUpdateQualificationOperator,
)
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor
from tests.airflow_versions import TaskInstanceKey

CUSTOMER = "5f0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f"
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
