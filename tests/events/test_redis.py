"""Messages of a Redis stream become onboardings in a real Airflow that is set up as the example says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from redis import Redis

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.onboarding.run_ids import onboarding_run_id
from testbed.patience import wait_until
from tests.support.events.examples import load

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.local_airflow import LocalAirflow
    from testbed.redis_server import RedisServer

pytestmark = pytest.mark.smoke
EXAMPLE = load("onboard_from_redis")
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
        self.airflow.rest("PATCH", f"/dags/{EXAMPLE.__name__}", json={"is_paused": False})

    def wait_until_empty(self) -> None:
        """Wait until the stream has neither messages nor any that are pending."""
        wait_until(lambda: not self.redis.xlen(EXAMPLE.STREAM), "the stream is empty")
        assert self.redis.xpending(EXAMPLE.STREAM, EXAMPLE.GROUP)["pending"] == 0

    def started(self) -> list[str]:
        """The ids of the runs that the events of this test have started."""
        runs = self.airflow.rest("GET", f"/dags/{EXAMPLE.DAG_ID}/dagRuns", limit=1000)["dag_runs"]
        return sorted(run["dag_run_id"] for run in runs if run["dag_run_id"].endswith(self.mark))

    def dead_letters(self) -> dict[str, str]:
        """The reasons of the dead letters, by the ids of their messages."""
        letters = [fields for _, fields in self.redis.xrange(EXAMPLE.DEAD_LETTERS)]
        return {letter[b"original_id"].decode(): letter[b"reason"].decode() for letter in letters}

    def states_of_takers(self) -> set[str]:
        """The states of the runs that take messages."""
        runs = self.airflow.rest("GET", f"/dags/{EXAMPLE.__name__}/dagRuns", limit=1000)["dag_runs"]
        return {run["state"] for run in runs}


@pytest.fixture
def stream(airflow: LocalAirflow, redis: RedisServer) -> Stream:
    return Stream(airflow, redis)


def test_each_event_starts_one_run_and_poison_goes_to_the_dead_letters(stream: Stream, emulator: Emulator) -> None:
    poison = {
        stream.send(b"not JSON"): "not JSON",
        stream.send(b'{"event_id": "nobody"}'): "names no customer",
        stream.send(b'{"customer_id": "\xff"}'): "not JSON (UnicodeDecodeError)",
        stream.send(b"{}", field="body"): "no field 'event', but 'body'",
    }
    runs = {stream.send_event(number, "order") for number in (1, 2, 1, 1)}
    runs.add(stream.send_event(1, "another-order"))
    stream.switch_on()
    stream.wait_until_empty()
    # Sent again after all is done.
    stream.send_event(2, "order")
    stream.wait_until_empty()
    assert stream.started() == sorted(runs)
    told = stream.dead_letters()
    assert {message: reason in told[message] for message, reason in poison.items()} == dict.fromkeys(poison, True)
    wait_until(lambda: "failed" in stream.states_of_takers(), "somebody hears of the dead letters")
    for run in runs:
        assert stream.airflow.wait_for_run(EXAMPLE.DAG_ID, run) == "success"
    assert len(emulator.journal(ordinary_id(2), method="POST")) == 1


def test_what_a_dead_worker_left_is_taken_over(stream: Stream) -> None:
    events = [stream.event(number, "left") for number in (3, 4)]
    stream.let_die_with(*[body for body, _ in events])
    stream.switch_on()
    stream.wait_until_empty()
    assert stream.started() == [run for _, run in events]


@pytest.mark.since_airflow("3.3", "the API tells params that a DAG refuses from trouble of its own")
def test_params_that_the_dag_refuses_go_to_the_dead_letters(stream: Stream) -> None:
    stream.switch_on()
    run = stream.send_event(5, "wrong", qualification="Nonprofit")
    stream.wait_until_empty()
    assert stream.started() == []
    [reason] = [reason for reason in stream.dead_letters().values() if run in reason]
    assert "Invalid input for param qualification" in reason
