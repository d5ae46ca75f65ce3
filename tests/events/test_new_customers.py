"""A new customer in Partner Center becomes one onboarding in a real Airflow, whatever is killed on the way."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from testbed.patience import wait_until
from tests.support.events.bursts import ONBOARDING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.local_airflow import LocalAirflow

DAG_ID, SENSOR, START = "onboard_new_customers", "new_customers", "start"


class NewCustomers:
    """The example DAG, and what it does for customers of the emulator."""

    def __init__(self, airflow: LocalAirflow, emulator: Emulator) -> None:
        self.airflow, self._emulator = airflow, emulator

    def state_of(self, task_id: str) -> str | None:
        """Return the state of a task in the newest run."""
        runs = self.airflow.rest("GET", f"/dags/{DAG_ID}/dagRuns", limit=1, order_by="-id")["dag_runs"]
        return self.airflow.task_states(DAG_ID, runs[0]["dag_run_id"]).get(task_id) if runs else None

    def wait_until_it_waits(self) -> None:
        wait_until(lambda: self.state_of(SENSOR) == "deferred", "the sensor waits in the triggerer")

    def add(self) -> str:
        """Let the partner have another customer."""
        return self._emulator.configure(str(uuid.uuid4()))

    def runs(self, customer: str) -> list[str]:
        """Return the runs of the onboarding of a customer."""
        return [run["dag_run_id"] for run in self.airflow.runs(ONBOARDING) if customer in run["dag_run_id"]]


@pytest.fixture
def customers(airflow: LocalAirflow, emulator: Emulator, queued_onboardings: None) -> Iterator[NewCustomers]:
    """The example DAG, which has made its first look and waits."""
    airflow.pause(DAG_ID, paused=False)
    customers = NewCustomers(airflow, emulator)
    customers.wait_until_it_waits()
    yield customers
    airflow.pause(DAG_ID, paused=True)


@pytest.mark.smoke
def test_a_new_customer_is_onboarded_once(customers: NewCustomers) -> None:
    one = customers.add()
    wait_until(lambda: customers.runs(one), "the onboarding is started")
    customers.wait_until_it_waits()
    other = customers.add()
    wait_until(lambda: customers.runs(other), "the other onboarding is started")
    customers.wait_until_it_waits()
    assert customers.runs(one) == [f"onboard-{one}"]
    assert customers.runs(other) == [f"onboard-{other}"]


@pytest.mark.smoke
@pytest.mark.since_airflow("3.3", "partition keys that a task chooses")
def test_a_new_customer_is_a_partition_key_of_the_outlets(customers: NewCustomers) -> None:
    given = {customers.add(), customers.add()}

    def keys() -> set[str]:
        return {run["partition_key"] for run in customers.airflow.runs("onboard_by_key")}

    wait_until(lambda: given <= keys(), "a run for each of them")
    customers.wait_until_it_waits()


def waits(customers: NewCustomers) -> bool:
    return customers.state_of(SENSOR) == "deferred"


def resumes(customers: NewCustomers) -> bool:
    return customers.state_of(SENSOR) in ("scheduled", "queued", "running")


def starts(customers: NewCustomers) -> bool:
    return customers.state_of(START) in ("queued", "running")


def add_and_meet(customers: NewCustomers, when: Callable[[NewCustomers], bool]) -> str:
    """Add a customer, and return at the step that is to be interrupted. It may pass unseen: then another is added."""
    for _ in range(10):
        customer, met = customers.add(), False

        def is_met_or_over() -> bool:
            nonlocal met
            met = when(customers)
            return met or bool(customers.runs(customer))  # noqa: B023  # called in this turn of the loop only

        wait_until(is_met_or_over, "it is time to kill")
        if met:
            return customer
        customers.wait_until_it_waits()
    raise AssertionError("the step was never seen")


@pytest.mark.parametrize(
    ("victim", "when"),
    [
        ("triggerer", waits),
        ("scheduler", waits),
        ("scheduler", resumes),
        ("task", resumes),
        pytest.param("scheduler", starts, marks=pytest.mark.smoke),
        ("task", starts),
        ("api-server", starts),
    ],
)
@pytest.mark.since_airflow("3.1", "a retry of a task that was killed")
def test_a_new_customer_is_onboarded_once_although_a_process_is_killed(
    customers: NewCustomers, kill: Callable[[str], None], victim: str, when: Callable[[NewCustomers], bool]
) -> None:
    customer = add_and_meet(customers, when)
    kill(victim)
    wait_until(lambda: customers.runs(customer), "the onboarding is started")
    customers.wait_until_it_waits()
    assert customers.runs(customer) == [f"onboard-{customer}"]
