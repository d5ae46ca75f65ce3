"""A hundred onboardings wait with Airflow's default limits: the next one is requested, and the page names them all."""

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

    def named() -> set[str]:
        """Return whom the page in Airflow's UI names as waiting."""
        found = []
        for offset in range(0, WAITING + 50, 50):
            page = airflow.rest(
                "GET",
                "/api/customers",
                root="/partnercenter",
                dag_id=ONBOARDING,
                state="in_review",
                limit=50,
                offset=offset,
            )
            found += page["rows"]
        return {row["customer_id"] for row in found}

    wait_until(lambda: {*customers, one_more} <= named(), "the page names all of them")
    for customer in [*customers, one_more]:
        emulator.configure(customer, qualifications=[{"qualification": "Education", "vettingStatus": "Approved"}])
