"""The Redis stream of a real Airflow, as its senders and a test see it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from redis import Redis

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.onboarding.run_ids import onboarding_run_id
from testbed.examples import load_example
from testbed.patience import wait_until

if TYPE_CHECKING:
    from testbed.local_airflow import LocalAirflow
    from testbed.redis_server import RedisServer

EXAMPLE = load_example("onboard_from_redis")
EDUCATION = {"qualification": "Education", "education_segment": "K12"}


class Stream:
    """The stream as its senders see it, and what became of the messages of one test."""

    def __init__(self, airflow: LocalAirflow, server: RedisServer) -> None:
        self.airflow = airflow
        self.redis: Any = Redis(port=server.port)
        #: Ends the ids of this test's events, so that no other test's are mistaken for them.
        self.mark = uuid4().hex[:8]
        for dag_id in (EXAMPLE.__name__, EXAMPLE.DAG_ID):
            airflow.wait_for_dag(dag_id)

    def send(self, body: bytes, field: str = "event") -> str:
        message_id: bytes = self.redis.xadd(EXAMPLE.STREAM, {field: body})
        return message_id.decode()

    def event(self, number: int, name: str, **members: str) -> tuple[bytes, str]:
        """Return an event of an ordinary customer, and the id of the run that it must start."""
        customer, event_id = ordinary_id(number), f"{name}-{self.mark}"
        body = {"customer_id": customer, "event_id": event_id, **EDUCATION, **members}
        return json.dumps(body).encode(), onboarding_run_id(customer, event_id)

    def send_event(self, number: int, name: str, **members: str) -> str:
        """Send an event; return the id of the run that it must start."""
        body, run = self.event(number, name, **members)
        self.send(body)
        return run

    def let_die_with(self, *bodies: bytes) -> None:
        """Let a worker take events, and die an hour ago."""
        EXAMPLE.prepare(self.redis)
        # In one step, or the DAG might be faster.
        with self.redis.pipeline(transaction=True) as steps:
            for body in bodies:
                steps.xadd(EXAMPLE.STREAM, {"event": body})
            steps.xreadgroup(EXAMPLE.GROUP, "dead", {EXAMPLE.STREAM: ">"})
            taken = [message_id for message_id, _ in steps.execute()[-1][0][1]]
        assert len(taken) == len(bodies)
        self.redis.xclaim(EXAMPLE.STREAM, EXAMPLE.GROUP, "dead", 0, taken, idle=3_600_000, justid=True)

    def switch_on(self) -> None:
        """Do what a user does: the example is paused until then."""
        self.airflow.pause(EXAMPLE.__name__, paused=False)

    def wait_until_empty(self) -> None:
        """Wait until the stream has neither messages nor any that are pending."""
        wait_until(lambda: not self.redis.xlen(EXAMPLE.STREAM), "the stream is empty")
        assert self.redis.xpending(EXAMPLE.STREAM, EXAMPLE.GROUP)["pending"] == 0

    def started(self) -> list[str]:
        """The ids of the runs that the events of this test have started."""
        return sorted(
            run["dag_run_id"] for run in self.airflow.runs(EXAMPLE.DAG_ID) if run["dag_run_id"].endswith(self.mark)
        )

    def dead_letters(self) -> dict[str, str]:
        """The reasons of the dead letters, by the ids of their messages."""
        letters = [fields for _, fields in self.redis.xrange(EXAMPLE.DEAD_LETTERS)]
        return {letter[b"original_id"].decode(): letter[b"reason"].decode() for letter in letters}

    def states_of_takers(self) -> set[str]:
        """The states of the runs that take messages."""
        return {run["state"] for run in self.airflow.runs(EXAMPLE.__name__)}
