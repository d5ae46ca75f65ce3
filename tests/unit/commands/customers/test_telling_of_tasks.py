from __future__ import annotations

import pytest

from airflow_provider_partnercenter.commands.customers.telling_of_tasks import (
    about_unknown_customers,
    refusal_of_waiting_tasks,
)
from airflow_provider_partnercenter.database.waits import Awaited, WaitingTask

CUSTOMER = "0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f"
SENSOR, ASKING = "PartnerCenterQualificationSensor", "PartnerCenterDenialOperator"


def tasks(number, operator=SENSOR):
    return [WaitingTask("d", f"r{each}", "t", -1, operator, "deferred") for each in range(number)]


@pytest.mark.parametrize(
    ("found", "named", "advice"),
    [
        (tasks(1), "task t of run r0 of DAG d (deferred)", "let the task go on"),
        (tasks(7), "; and 2 more", "let the task go on"),
        (tasks(1, ASKING), "(deferred)", "answer the question"),
        (tasks(1) + tasks(1, ASKING), "(deferred)", "let the task go on"),
    ],
)
def test_refusal_of_waiting_tasks(found, named, advice):
    what, what_to_do = refusal_of_waiting_tasks(Awaited(CUSTOMER, "Education"), found)
    assert what.startswith(f"Customer {CUSTOMER}: nothing was sent, because this Airflow is already at Education: ")
    assert what.endswith(named)
    assert what_to_do.startswith(advice)


def test_about_unknown_customers():
    assert about_unknown_customers([]) == ()
    assert about_unknown_customers(tasks(6))[0].endswith("task t of run r4 of DAG d; and 1 more.")
