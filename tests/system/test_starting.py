"""One run for each customer and event, and for each approval, started from a task of a real Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from testbed.patience import wait_until
from tests.airflow_versions import MINOR
from tests.support.events.unique_keys import runs_about

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.local_airflow import LocalAirflow


def answers(airflow: LocalAirflow, events: list[dict[str, Any]], **conf: Any) -> list[str]:
    """Give events to the task that starts their runs; return what came of each."""
    airflow.wait_for_dag("starting")
    airflow.wait_for_dag("started")
    run = airflow.trigger("starting", {"events": events, **conf})
    airflow.wait_for_success("starting", run)
    told: list[str] = airflow.xcom("starting", run, "start")
    return told


def test_each_event_starts_one_run(airflow: LocalAirflow) -> None:
    one, other = ordinary_id(1), ordinary_id(2)
    events: list[dict[str, Any]] = [
        {"customer_id": one, "event_id": "order 7/1"},
        {"customer_id": one, "event_id": "order 7/1"},
        {"customer_id": one, "event_id": 8},
        {"customer_id": other},
    ]
    assert answers(airflow, events) == ["new", "old", "new", "new"]
    assert answers(airflow, events) == ["old"] * 4
    runs = airflow.rest("GET", "/dags/started/dagRuns")["dag_runs"]
    started = [run for run in runs if run["conf"]["customer_id"] in (one, other)]
    assert len(started) == 3
    assert {run["dag_run_id"] for run in started} > {f"onboard-{one}-8", f"onboard-{other}"}


@pytest.mark.since_airflow("3.2", "notes from tasks")
def test_the_company_is_the_note_of_the_run(airflow: LocalAirflow) -> None:
    customer = ordinary_id(5)
    assert answers(airflow, [{"customer_id": customer, "company_name": "Contoso"}]) == ["new"]
    assert airflow.rest("GET", f"/dags/started/dagRuns/onboard-{customer}")["note"] == "Contoso"


def test_what_is_no_event_and_a_dag_that_does_not_exist_are_told(airflow: LocalAirflow) -> None:
    assert "names no customer" in answers(airflow, [{"event_id": "nobody"}])[0]
    assert "'no_such_dag' not found" in answers(airflow, [{"customer_id": ordinary_id(3)}], dag_id="no_such_dag")[0]


@pytest.mark.since_airflow("3.3", "the API tells params that a DAG refuses from trouble of its own")
def test_params_that_the_dag_refuses_are_told(airflow: LocalAirflow) -> None:
    customer = ordinary_id(4)
    [told] = answers(airflow, [{"customer_id": customer, "event_id": "wrong", "qualification": "Nonprofit"}])
    assert f"run onboard-{customer}-wrong of DAG started: Invalid input for param qualification" in told


TELLING, TAKES, FOLLOWS = "telling", "follow_up_verdicts", "after_approval"


@pytest.mark.since_airflow("3.2", "partitions")
def test_each_approval_is_followed_up_once(airflow: LocalAirflow, emulator: Emulator) -> None:
    approved, denied = ordinary_id(5), ordinary_id(6)
    for customer, status in ((approved, "Approved"), (denied, "Denied")):
        emulator.configure(customer, qualifications=[{"qualification": "Education", "vettingStatus": status}])
    for dag_id in (TELLING, TAKES, FOLLOWS):
        airflow.wait_for_dag(dag_id)

    def tell(customer: str) -> str:
        # On 3.2, the event has the key of the run.
        key = {"partition_key": customer} if MINOR < (3, 3) else {}
        body = {"logical_date": None, "conf": {"customer_id": customer}, **key}
        run = str(airflow.rest("POST", f"/dags/{TELLING}/dagRuns", json=body)["dag_run_id"])
        airflow.wait_for_success(TELLING, run)
        return run

    def taken(customer: str) -> list[str]:
        """Return the states of the runs that took the customer's events."""
        return [run["state"] for run in runs_about(airflow, TAKES, customer)]

    tell(denied)
    run = tell(approved)
    wait_until(lambda: taken(denied) == taken(approved) == ["success"], "the verdicts are taken")
    run_id = f"follow-up-{approved}-Education"
    airflow.wait_for_success(FOLLOWS, run_id)
    # A task that is cleared tells its verdict again.
    airflow.clear(TELLING, run, "wait")
    wait_until(lambda: taken(approved) == ["success"] * 2, "the verdict is taken again")
    assert [run["dag_run_id"] for run in airflow.runs(FOLLOWS)] == [run_id]
    assert airflow.rest("GET", f"/dags/{FOLLOWS}/dagRuns/{run_id}")["conf"]["outcome"] == "approved"
