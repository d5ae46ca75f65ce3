"""A customer has three verification requests in its life: what spends them is what a person named, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from testbed.patience import wait_until

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.local_airflow import LocalAirflow

DAILY, BY_HAND = "every_day", "by_hand"
DAYS = 6


def attempts(emulator: Emulator, number: int) -> int:
    return int(emulator.customer(ordinary_id(number))["attempts"])


@pytest.fixture(autouse=True)
def denied(emulator: Emulator) -> None:
    """Customers whose every request is denied at once."""
    for number in (3, 4):
        emulator.configure(ordinary_id(number), vetting="at-once", verdict="deny:Not an Academic Domain")


def test_a_daily_schedule_over_a_denied_customer(airflow: LocalAirflow, emulator: Emulator) -> None:
    airflow.pause(DAILY, paused=False)

    def runs() -> list[dict[str, Any]]:
        return list(airflow.rest("GET", f"/dags/{DAILY}/dagRuns", order_by="logical_date")["dag_runs"])

    wait_until(lambda: [run["state"] for run in runs()] == ["failed"] * DAYS)
    results = [airflow.xcom(DAILY, run["dag_run_id"], "submit") for run in runs()]
    assert [result["outcome"] for result in results] == ["denied"] * DAYS
    assert [result["submitted"] for result in results] == [True] + [False] * (DAYS - 1)
    assert attempts(emulator, 3) == 1


def test_what_a_person_names_and_what_is_cleared_run_again_and_retried(
    airflow: LocalAirflow, emulator: Emulator
) -> None:
    airflow.wait_for_dag(BY_HAND)

    def run(denial: str | None = None) -> str:
        return airflow.trigger(BY_HAND, {"denial": denial})

    def denial_of(run_id: str) -> str:
        assert airflow.wait_for_run(BY_HAND, run_id) == "failed"
        verdict = airflow.xcom(BY_HAND, run_id, "submit")
        assert verdict["outcome"] == "denied"
        return str(verdict["resubmit_denied_of"])

    first = run()
    name = denial_of(first)
    assert (attempts(emulator, 4), airflow.last_try(BY_HAND, first, "submit")) == (1, 1)

    airflow.clear(BY_HAND, first)
    assert denial_of(first) == name
    assert denial_of(run()) == name
    assert denial_of(run("2001-01-01T00:00:00Z")) == name, "the name of another denial"
    assert attempts(emulator, 4) == 1

    second = run(name)
    other = denial_of(second)
    assert other != name
    assert attempts(emulator, 4) == 2

    for _ in range(2):
        airflow.clear(BY_HAND, second)
        assert denial_of(second) == other
    assert denial_of(run(name)) == other, "that denial is dealt with"
    assert attempts(emulator, 4) == 2

    assert denial_of(run(other)) not in (name, other)
    assert attempts(emulator, 4) == 3
