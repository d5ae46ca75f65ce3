"""A hundred onboardings that wait do not hold up the next one, with Airflow's default limits."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from testbed.patience import wait_until
from tests.support.events.bursts import ONBOARDING, Event, Senders, send_all

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.local_airflow import LocalAirflow
    from testbed.redis_server import RedisServer

WAITING = 100


def test_one_more_than_a_hundred_that_wait_is_requested(
    airflow: LocalAirflow, emulator: Emulator, redis: RedisServer
) -> None:
    airflow.wait_for_dag(ONBOARDING)
    mark = uuid.uuid4().hex[:8]
    customers = [emulator.configure(ordinary_id(2000 + number), vetting="never") for number in range(WAITING)]
    senders = Senders(airflow, redis)
    send_all(senders.rest, [Event(customer, mark) for customer in customers])

    def deferred() -> int:
        path = f"/dags/{ONBOARDING}/dagRuns/~/taskInstances"
        return int(airflow.rest("GET", path, state="deferred", limit=1)["total_entries"])

    wait_until(lambda: deferred() >= WAITING, "all of them wait")
    one_more = emulator.configure(str(uuid.uuid4()), vetting="never")
    senders.rest(Event(one_more, mark))
    wait_until(lambda: emulator.journal(one_more, method="POST"), "the one more is requested")
    assert deferred() >= WAITING
    for customer in [*customers, one_more]:
        emulator.configure(customer, qualifications=[{"qualification": "Education", "vettingStatus": "Approved"}])
