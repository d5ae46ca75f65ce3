"""What becomes of each message of a Redis stream. The server is real; Airflow is not, and dies at any step."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.execution_time import task_runner
from redis import Redis

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.exceptions import (
    OnboardingNotStartedError,
    OnboardingRefusedError,
    QueueUnavailableError,
)
from testbed.examples import load_example
from testbed.redis_server import RedisServer
from tests.support.events.examples import function_of
from tests.support.events.supervisor import Killed, Supervisor, api_error
from tests.support.needed import needed

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.smoke
CUSTOMER = ordinary_id(1)
AN_HOUR = 3_600_000


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with needed(RedisServer(durable=True)) as server:
        yield server


class Desk:
    """The DAG, its stream, and the Airflow that it asks for runs."""

    def __init__(self, server: RedisServer) -> None:
        self.dag = load_example("onboard_from_redis")
        self.redis: Any = Redis(port=server.port)
        self.redis.flushall()
        self.airflow = Supervisor()
        self._take = function_of(self.dag, "take")

    def take(self, *, again: bool = False) -> dict[str, int]:
        """Do what the task does."""
        result: dict[str, int] = self._take({"send_dead_letters_again": again})
        return result

    def send(self, event_id: object = None, **members: Any) -> str:
        """Send an event; return the id of its run."""
        event = {"customer_id": CUSTOMER, "event_id": event_id, **members}
        self.redis.xadd(self.dag.STREAM, {"event": json.dumps(event)})
        return f"onboard-{CUSTOMER}-{event_id}"

    def age(self, message_id: bytes | None = None, deliveries: int | None = None) -> None:
        """Let an hour pass since messages were delivered, by default all that are pending."""
        pending = self.redis.xpending_range(self.dag.STREAM, self.dag.GROUP, "-", "+", 1000)
        for message in pending:
            times = message["times_delivered"] if deliveries is None else deliveries
            if message_id in (None, message["message_id"]):
                self.redis.xclaim(
                    self.dag.STREAM, self.dag.GROUP, "somebody", 0, [message["message_id"]],
                    idle=AN_HOUR, retrycount=times, justid=True,
                )  # fmt: skip

    def deliver_to_nobody(self) -> None:
        """Let a worker take all messages and die."""
        self.dag.prepare(self.redis)
        self.redis.xreadgroup(self.dag.GROUP, "dead", {self.dag.STREAM: ">"})
        self.age()

    @property
    def dead_letters(self) -> list[dict[str, str]]:
        return [
            {name.decode(): value.decode(errors="replace") for name, value in fields.items()}
            for _, fields in self.redis.xrange(self.dag.DEAD_LETTERS)
        ]

    @property
    def left(self) -> tuple[int, int]:
        """How many messages are in the stream, and how many of them are pending."""
        return self.redis.xlen(self.dag.STREAM), self.redis.xpending(self.dag.STREAM, self.dag.GROUP)["pending"]


@pytest.fixture
def desk(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk(server)
    monkeypatch.setenv("AIRFLOW_CONN_REDIS_DEFAULT", server.url)
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", desk.airflow, raising=False)
    return desk


def test_each_event_starts_one_run(desk: Desk) -> None:
    runs = [desk.send(1, qualification="Education"), desk.send(1), desk.send("order-2")]
    assert desk.take() == {"started": 2, "known": 1, "refused": 0, "left": 0}
    assert desk.airflow.runs[runs[0]] == {"customer_id": CUSTOMER, "qualification": "Education"}
    assert desk.left == (0, 0)
    desk.send(1)
    assert desk.take() == {"started": 0, "known": 1, "refused": 0, "left": 0}


def test_nothing_to_do(desk: Desk) -> None:
    assert desk.take() == {"started": 0, "known": 0, "refused": 0, "left": 0}


def test_more_than_a_batch(desk: Desk) -> None:
    number = 2 * desk.dag.BATCH + 1
    runs = [desk.send(event) for event in range(number)]
    assert desk.take()["started"] == number
    assert list(desk.airflow.runs) == runs, "first come, first served"
    assert desk.left == (0, 0)


POISON = [
    ({"event": b"not JSON"}, "not JSON"),
    ({"event": b"\xff\xfe"}, "not JSON"),
    ({"event": b'{"event_id": 1}'}, "names no customer"),
    ({"event": b'["a"]'}, "not a JSON object"),
    ({"other": b"{}", b"\xff": b"\xff"}, "no field 'event', but 'other, \N{REPLACEMENT CHARACTER}'"),
]


@pytest.mark.parametrize(("fields", "reason"), POISON, ids=[str(fields) for fields, _ in POISON])
def test_what_is_no_event_is_a_dead_letter_and_blocks_nothing(
    desk: Desk, fields: dict[Any, bytes], reason: str
) -> None:
    message_id = desk.redis.xadd(desk.dag.STREAM, fields)
    run = desk.send("next")
    with pytest.raises(OnboardingRefusedError, match=r"New dead letters: 1\. The first, message .*What to do: read"):
        desk.take()
    assert list(desk.airflow.runs) == [run]
    assert desk.left == (0, 0)
    [(_, letter)] = desk.redis.xrange(desk.dag.DEAD_LETTERS)
    assert reason in letter.pop(b"reason").decode()
    assert letter.pop(b"original_id") == message_id
    assert letter == {name.encode() if isinstance(name, str) else name: value for name, value in fields.items()}


@pytest.mark.parametrize(
    "answer", [api_error(400, "Invalid input for param qualification"), api_error(404, "DAG not found")]
)
def test_what_airflow_refuses_is_a_dead_letter(desk: Desk, answer: Any) -> None:
    desk.airflow.answers[desk.send(1)] = answer
    run = desk.send(2)
    with pytest.raises(OnboardingRefusedError):
        desk.take()
    assert list(desk.airflow.runs) == [run]
    assert answer.detail["detail"]["detail"]["message"] in desk.dead_letters[0]["reason"]
    assert desk.left == (0, 0)


def test_what_cannot_be_started_now_stays_and_is_started_later(desk: Desk) -> None:
    late, run = desk.send(1), desk.send(2)
    desk.airflow.answers[late] = api_error(503, "busy")
    with pytest.raises(OnboardingNotStartedError, match=f"could not be started now: 1.*{late}.*nothing yet"):
        desk.take()
    assert list(desk.airflow.runs) == [run]
    assert desk.left == (1, 1)
    desk.airflow.answers.clear()
    assert desk.take()["started"] == 0, "it is too soon"
    desk.age()
    assert desk.take()["started"] == 1
    assert desk.left == (0, 0)


def test_the_last_delivery_that_fails_makes_a_dead_letter(desk: Desk) -> None:
    desk.airflow.answers[desk.send(1)] = api_error(500, "broken")
    for delivery in range(1, desk.dag.MOST_DELIVERIES + 1):
        last = delivery == desk.dag.MOST_DELIVERIES
        with pytest.raises(OnboardingRefusedError if last else OnboardingNotStartedError):
            desk.take()
        assert len(desk.dead_letters) == last
        desk.age()
    assert "broken (delivery 20, the last one)" in desk.dead_letters[0]["reason"]
    assert desk.left == (0, 0)


def test_what_ends_each_of_its_workers_is_a_dead_letter(desk: Desk) -> None:
    desk.send(1)
    desk.deliver_to_nobody()
    desk.age(deliveries=desk.dag.MOST_DELIVERIES)
    with pytest.raises(OnboardingRefusedError):
        desk.take()
    assert desk.airflow.runs == {}
    assert desk.dead_letters[0]["reason"] == "20 times the worker that took it gave no answer"


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", [1, 3])
def test_a_worker_that_is_killed(desk: Desk, moment: str, number: int) -> None:
    runs, asked = [desk.send(event) for event in range(3)], count(1)

    def kill(run_id: str) -> None:
        if next(asked) == number:
            raise Killed

    setattr(desk.airflow, moment, kill)
    with pytest.raises(Killed):
        desk.take()
    desk.age()
    assert desk.take() == {
        "started": 4 - number - (moment == "after"), "known": moment == "after", "refused": 0, "left": 0,
    }  # fmt: skip
    assert list(desk.airflow.runs) == runs
    assert desk.left == (0, 0)


def test_two_workers_at_once(desk: Desk) -> None:
    runs = [desk.send(event) for event in range(3)]

    def another_worker(_: str) -> None:
        desk.airflow.before = lambda run_id: None
        desk.age()
        # It claims even what the first one is asking for.
        assert desk.take()["started"] == 3

    desk.airflow.before = another_worker
    assert desk.take() == {"started": 0, "known": 3, "refused": 0, "left": 0}
    assert list(desk.airflow.runs) == runs
    assert desk.left == (0, 0)


def test_new_and_left_messages_take_turns(desk: Desk) -> None:
    left = [desk.send(f"left-{event}") for event in range(2)]
    desk.deliver_to_nobody()
    new = [desk.send(event) for event in range(desk.dag.BATCH + 1)]
    assert desk.take()["started"] == len(left) + len(new)
    assert list(desk.airflow.runs) == [*new[:-1], left[0], new[-1], left[1]]


def test_when_its_time_is_up_it_leaves_the_rest(desk: Desk) -> None:
    runs = [desk.send(event) for event in range(3)]
    desk.dag.WORK_FOR = timedelta(0)  # type: ignore[attr-defined]
    assert desk.take()["started"] == 1
    desk.age()
    assert [desk.take()["started"] for _ in range(2)] == [1, 1]
    assert list(desk.airflow.runs) == runs
    assert desk.left == (0, 0)


def test_what_somebody_deleted_is_forgotten(desk: Desk) -> None:
    desk.send(1)
    desk.deliver_to_nobody()
    desk.redis.xtrim(desk.dag.STREAM, maxlen=0, approximate=False)
    assert desk.take() == {"started": 0, "known": 0, "refused": 0, "left": 0}
    assert desk.left == (0, 0)


def test_dead_letters_are_sent_again(desk: Desk) -> None:
    runs = [desk.send(event) for event in range(desk.dag.BATCH + 1)]
    desk.airflow.answers = dict.fromkeys(runs, api_error(404, "DAG not found"))
    with pytest.raises(OnboardingRefusedError, match=f"New dead letters: {len(runs)}"):
        desk.take()
    assert desk.take()["started"] == 0
    desk.airflow.answers.clear()
    assert desk.take(again=True)["started"] == len(runs)
    assert list(desk.airflow.runs) == runs
    assert desk.dead_letters == []


def test_dead_letters_are_counted_until_somebody_removes_them(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.redis.xadd(desk.dag.STREAM, {"event": "nothing"})
    with pytest.raises(OnboardingRefusedError):
        desk.take()
    desk.take()
    assert "Dead letters that wait for a person, in the stream onboarding_dead_letters: 1." in caplog.messages


def test_a_redis_that_is_killed_keeps_what_it_has_answered(desk: Desk, server: RedisServer) -> None:
    runs = [desk.send(event) for event in range(3)]
    asked = count(1)

    def kill_redis(run_id: str) -> None:
        if next(asked) == 2:
            server.kill()

    desk.airflow.after = kill_redis
    with pytest.raises(QueueUnavailableError, match=r"Redis \(connection redis_default\) cannot be used: .*What to do"):
        desk.take()
    with pytest.raises(QueueUnavailableError):
        desk.take()
    server.start()
    desk.age()
    assert desk.take() == {"started": 1, "known": 1, "refused": 0, "left": 0}
    assert list(desk.airflow.runs) == runs
    assert desk.left == (0, 0)


def test_a_connection_that_is_missing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_REDIS_DEFAULT")
    with pytest.raises(QueueUnavailableError, match=r"cannot be used: The conn_id `redis_default` isn't defined What"):
        desk.take()


@pytest.mark.parametrize("key", ["STREAM", "DEAD_LETTERS"])
def test_a_key_that_is_no_stream_loses_nothing(desk: Desk, key: str) -> None:
    desk.redis.set(getattr(desk.dag, key), "something else")
    if key == "DEAD_LETTERS":
        desk.redis.xadd(desk.dag.STREAM, {"event": "nothing"})
    with pytest.raises(QueueUnavailableError, match="WRONGTYPE"):
        desk.take()
    assert key == "STREAM" or desk.redis.xlen(desk.dag.STREAM) == 1
