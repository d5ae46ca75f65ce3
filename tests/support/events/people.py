"""What tests have to know of the people whom tasks ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testbed.patience import wait_until

if TYPE_CHECKING:
    from testbed.local_airflow import LocalAirflow


def let_airflow_settle(airflow: LocalAirflow) -> None:
    """
    Wait until the scheduler knows that the process of a task has ended which now waits for a person.

    An answer that comes before fails the try, as for every task that is resumed within a second or two, and the next
    try asks again. No person is so fast.
    """

    def heartbeat() -> object:
        return airflow.rest("GET", "/monitor/health")["scheduler"]["latest_scheduler_heartbeat"]

    wait_until(lambda: not airflow.task_processes(), "no task is executed")
    for _ in range(2):
        last = heartbeat()
        wait_until(lambda last=last: heartbeat() != last, "the scheduler goes on")  # type: ignore[misc]
