"""
How the example DAG settles the messages of Azure Service Bus, with a stand-in for the queue.

The stand-in does what the documentation of the library says. Nothing here has talked to the service.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import pytest
from airflow.sdk.execution_time import task_runner
from azure.servicebus import ServiceBusClient
from azure.servicebus.amqp import AmqpMessageBodyType
from azure.servicebus.exceptions import MessageLockLostError, ServiceBusConnectionError

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.exceptions import (
    OnboardingNotStartedError,
    OnboardingRefusedError,
    QueueUnavailableError,
)
from testbed.examples import load_example
from tests.support.events.examples import function_of
from tests.support.events.supervisor import Supervisor, api_error

if TYPE_CHECKING:
    from types import ModuleType

CUSTOMER = ordinary_id(1)
NAMESPACE = "Endpoint=sb://nowhere.invalid/;SharedAccessKeyName=listen;SharedAccessKey=secret"


class Message:
    """A received message, with what the DAG reads of it."""

    def __init__(self, body: object, delivery_count: int | None = 0, number: int = 1) -> None:
        self.body_type = AmqpMessageBodyType.DATA if isinstance(body, bytes) else AmqpMessageBodyType.VALUE
        self.body = iter([body[:5], body[5:]]) if isinstance(body, bytes) else body
        self.delivery_count = delivery_count
        self.message_id = f"m-{number}"


class Queue:
    """The client and the receiver of a queue."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.settled: list[Any] = []
        self.trouble: Exception | None = None
        self.locks_are_lost = False
        self.asked: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def get_queue_receiver(self, name: str, **options: Any) -> Queue:
        self.asked = {"queue": name, **options}
        return self

    def receive_messages(self, max_message_count: int, max_wait_time: float) -> list[Message]:
        assert max_wait_time > 0
        if self.trouble:
            raise self.trouble
        batch, self.messages = self.messages[:max_message_count], self.messages[max_message_count:]
        return batch

    def complete_message(self, message: Message) -> None:
        if self.locks_are_lost:
            raise MessageLockLostError(message="The lock on the message lock has expired.")
        self.settled.append((message.message_id, "completed"))

    def dead_letter_message(self, message: Message, reason: str, error_description: str) -> None:
        self.settled.append((message.message_id, reason, error_description))


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    queue = Queue()
    monkeypatch.setattr(ServiceBusClient, "from_connection_string", lambda text: queue if text == NAMESPACE else None)
    return queue


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    airflow = Supervisor()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", airflow, raising=False)
    connection = json.dumps({"conn_type": "azure_service_bus", "schema": NAMESPACE})
    monkeypatch.setenv("AIRFLOW_CONN_AZURE_SERVICE_BUS_DEFAULT", connection)
    return airflow


@pytest.fixture
def dag() -> ModuleType:
    return load_example("onboard_from_service_bus")


def event(event_id: int) -> dict[str, Any]:
    return {"customer_id": CUSTOMER, "event_id": event_id}


def take(dag: ModuleType) -> dict[str, int]:
    result: dict[str, int] = function_of(dag, "take")()
    return result


def test_messages_are_completed_once_their_runs_exist(queue: Queue, airflow: Supervisor, dag: ModuleType) -> None:
    queue.messages = [
        Message(json.dumps(event(1)).encode()),
        Message(json.dumps(event(1)).encode(), number=2),
        Message(json.dumps(event(2)), number=3),
        Message(event(3), delivery_count=None, number=4),
    ]
    airflow.before = lambda run_id: queue.settled.append(run_id[-1])
    assert take(dag) == {"started": 3, "known": 1, "refused": 0, "left": 0}
    done = [(f"m-{number}", "completed") for number in range(1, 5)]
    assert queue.settled == ["1", done[0], "1", done[1], "2", done[2], "3", done[3]]
    assert (queue.asked["queue"], queue.asked["receive_mode"].value) == ("onboarding-events", "peeklock")
    assert queue.asked["auto_lock_renewer"]


def test_more_than_a_batch(queue: Queue, airflow: Supervisor, dag: ModuleType) -> None:
    queue.messages = [Message(event(number), number=number) for number in range(2 * dag.BATCH + 1)]
    assert take(dag)["started"] == len(queue.settled) == 2 * dag.BATCH + 1


def test_what_is_no_event_is_a_dead_letter(queue: Queue, airflow: Supervisor, dag: ModuleType) -> None:
    queue.messages = [Message(b"nothing"), Message(event(1), number=2)]
    with pytest.raises(OnboardingRefusedError):
        take(dag)
    refused, completed = queue.settled
    assert refused[:2] == ("m-1", "OnboardingRefused")
    assert refused[2].startswith("The event is not JSON")
    assert completed == ("m-2", "completed")


def test_what_cannot_be_started_now_keeps_its_lock(queue: Queue, airflow: Supervisor, dag: ModuleType) -> None:
    airflow.answers[f"onboard-{CUSTOMER}-1"] = api_error(503, "busy")
    # The library counts the deliveries before this one.
    queue.messages = [Message(event(1), dag.MOST_DELIVERIES - 2), Message(event(2), number=2)]
    with pytest.raises(OnboardingNotStartedError):
        take(dag)
    assert queue.settled == [("m-2", "completed")]
    queue.messages = [Message(event(1), dag.MOST_DELIVERIES - 1)]
    with pytest.raises(OnboardingRefusedError):
        take(dag)
    assert queue.settled[-1][:2] == ("m-1", "OnboardingRefused")


def test_when_its_time_is_up_it_leaves_the_rest(queue: Queue, airflow: Supervisor, dag: ModuleType) -> None:
    queue.messages = [Message(event(number), number=number) for number in range(3)]
    # A minute for each run.
    dag.time = SimpleNamespace(monotonic=lambda: 60.0 * len(airflow.runs))  # type: ignore[attr-defined]
    assert take(dag)["started"] == len(queue.settled) == 1


def test_a_lock_that_was_lost(queue: Queue, airflow: Supervisor, dag: ModuleType) -> None:
    queue.messages, queue.locks_are_lost = [Message(event(1)), Message(event(2), number=2)], True
    assert take(dag) == {"started": 2, "known": 0, "refused": 0, "left": 0}
    assert queue.settled == []


def test_a_service_that_is_away(queue: Queue, airflow: Supervisor, dag: ModuleType) -> None:
    queue.trouble = ServiceBusConnectionError(message="no route")
    with pytest.raises(QueueUnavailableError, match=r"queue onboarding-events \(connection azure_.*no route"):
        take(dag)


@pytest.mark.parametrize("connection", [None, "azure-service-bus://"])
def test_a_connection_that_is_missing_or_empty(
    airflow: Supervisor, dag: ModuleType, monkeypatch: pytest.MonkeyPatch, connection: str | None
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_AZURE_SERVICE_BUS_DEFAULT")
    if connection:
        monkeypatch.setenv("AIRFLOW_CONN_AZURE_SERVICE_BUS_DEFAULT", connection)
    with pytest.raises(QueueUnavailableError, match="isn't defined" if connection is None else "malformed"):
        take(dag)
