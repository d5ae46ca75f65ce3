"""How long it takes from an event to the request at Partner Center, through each way by which an event may come."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from redis import Redis

from airflow_provider_partnercenter.emulator.server import Emulator
from testbed.examples import copy_examples
from testbed.local_airflow import LocalAirflow
from testbed.patience import wait_until
from testbed.postgres import postgres
from testbed.redis_server import redis_server

if TYPE_CHECKING:
    from collections.abc import Callable

STARTERS = ("onboard_from_asset_events", "onboard_from_redis", "onboard_new_customers")
# Seconds between two looks at the customers, for this measurement.
INTERVAL = 30
PARAMS = {"qualification": "Education", "education_segment": "K12"}


def measure_events(rounds: int) -> dict[str, Any]:
    """
    Send one event after the other through each way, each to an idle Airflow.

    :param rounds: how many events for each way.
    :return: for each way the seconds of each event, and their median.
    """
    with (
        tempfile.TemporaryDirectory(prefix="benchmarks-") as folder,
        Emulator() as emulator,
        redis_server() as broker,
        postgres() as database,
    ):
        examples = copy_examples(Path(folder) / "dags_examples")
        new_customers = examples / "onboard_new_customers.py"
        text = new_customers.read_text()
        new_customers.write_text(text.replace("timedelta(minutes=10)", f"timedelta(seconds={INTERVAL})"))
        environment = {
            "AIRFLOW_CONN_PARTNERCENTER_DEFAULT": emulator.connection_json(),
            "AIRFLOW_CONN_REDIS_DEFAULT": broker,
        }
        with LocalAirflow(examples, environment=environment, database=database) as airflow:
            for dag_id in STARTERS:
                airflow.wait_for_dag(dag_id)
                airflow.rest("PATCH", f"/dags/{dag_id}", json={"is_paused": False})
            _wait_for_first_look(airflow)
            ways = _ways(airflow, emulator, Redis.from_url(broker))
            seconds = {
                way: [_seconds(emulator, send, is_new=way == "new_customers") for _ in range(rounds)]
                for way, send in ways.items()
            }
    return {
        "interval": INTERVAL,
        "ways": {way: {"seconds": each, "median": statistics.median(each)} for way, each in seconds.items()},
    }


def _wait_for_first_look(airflow: LocalAirflow) -> None:
    def deferred() -> bool:
        path = "/dags/onboard_new_customers/dagRuns/~/taskInstances"
        return bool(airflow.rest("GET", path, state="deferred")["total_entries"])

    wait_until(deferred, "the sensor waits for new customers")


def _ways(airflow: LocalAirflow, emulator: Emulator, redis: Redis) -> dict[str, Callable[[str], object]]:
    [asset] = airflow.rest("GET", "/assets", name_pattern="onboarding_events")["assets"]

    def rest(customer: str) -> None:
        airflow.trigger("onboard_customer", {"customer_id": customer, **PARAMS}, f"onboard-{customer}-1")

    def asset_events(customer: str) -> None:
        body = {"asset_id": asset["id"], "partition_key": customer, "extra": {"event_id": "1", **PARAMS}}
        airflow.rest("POST", "/assets/events", json=body)

    def queue(customer: str) -> None:
        event = {"customer_id": customer, "event_id": "1", **PARAMS}
        redis.xadd("onboarding_events", {"event": json.dumps(event)})

    return {"rest": rest, "asset_events": asset_events, "queue": queue, "new_customers": emulator.configure}


def _seconds(emulator: Emulator, send: Callable[[str], object], *, is_new: bool) -> float:
    customer = str(uuid.uuid4())
    if not is_new:
        emulator.configure(customer)
    began = time.monotonic()
    send(customer)
    wait_until(lambda: emulator.journal(customer, method="POST"), "the request is sent")
    return time.monotonic() - began
