"""
Five hundred events in a burst, some of them repeated, through each way in: one run for each customer and event.

Meanwhile a process is killed and started again. The onboardings themselves are not carried out: their DAG is paused,
and so its runs are queued.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from testbed.patience import wait_until
from tests.airflow_versions import MINOR
from tests.support.events.bursts import (
    Senders,
    burst,
    runs_of,
    send_all,
    wait_until_idle,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from testbed.local_airflow import LocalAirflow
    from testbed.redis_server import RedisServer

EVENTS = int(os.environ.get("EVENTS", "500"))
SMOKE_EVENTS = 50
# The DAG that stands between the events and the onboarding.
STARTERS = {"rest": None, "asset_events": "onboard_from_asset_events", "queue": "onboard_from_redis"}
VICTIMS = ("nothing", "api-server", "scheduler", "triggerer", "task", "redis")
SMOKE = {"rest": "api-server", "asset_events": "scheduler", "queue": "redis"}
CASES = [
    pytest.param(way, victim, events, marks=marks, id=f"{way}-{victim}-{events}")
    for way in STARTERS
    for victim in VICTIMS
    for events, marks in [
        (EVENTS, []),
        *([(SMOKE_EVENTS, [pytest.mark.smoke])] if SMOKE[way] == victim else []),
    ]
    if (victim != "redis" or way == "queue") and (victim != "task" or STARTERS[way])
    if way != "asset_events" or MINOR >= (3, 2)
]


@pytest.mark.parametrize(("way", "victim", "events"), CASES)
@pytest.mark.usefixtures("queued_onboardings")
def test_each_event_of_a_burst_starts_one_run(
    airflow: LocalAirflow, redis: RedisServer, kill: Callable[[str], None], way: str, victim: str, events: int
) -> None:
    mark = uuid4().hex[:8]
    given = burst(events, mark)
    assert len(given) == events
    starter: str | None = STARTERS[way]
    if starter:
        airflow.pause(starter, paused=False)
    senders = Senders(airflow, redis)
    sent: list[Any] = []

    def send(event: Any) -> None:
        getattr(senders, way)(event)
        sent.append(event)

    sending = threading.Thread(target=send_all, args=(send, given))
    sending.start()
    wait_until(lambda: len(sent) > events // 3 or not sending.is_alive(), "a third of the events is sent")
    kill(victim)
    sending.join()
    assert len(sent) == events

    wanted = sorted({event.run_id for event in given})
    wait_until(lambda: len(runs_of(airflow, mark)) >= len(wanted), "all runs are there")
    if starter:
        wait_until_idle(airflow, starter)
    assert runs_of(airflow, mark) == wanted
