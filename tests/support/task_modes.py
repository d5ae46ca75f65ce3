"""Running tasks as Airflow does, in every mode of theirs, with neither its processes nor its waiting."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.bases.operator import TriggerFailureReason
from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent

from airflow_provider_partnercenter.client.protocol import budget
from airflow_provider_partnercenter.tasks.deferral import MIN_DEFERRAL
from airflow_provider_partnercenter.testing.clock import Clock
from tests.airflow_versions import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferred,
)

if TYPE_CHECKING:
    from datetime import datetime


@dataclass
class TaskInstance:
    """What the tasks of this provider ask of Airflow's own."""

    try_number: int = 1
    max_tries: int = 0
    dag_id: str = "onboarding"
    run_id: str = "manual__2026-01-02T03:04:05+00:00"
    task_id: str = "qualify"
    map_index: int = -1
    xcoms: dict[str, Any] = field(default_factory=dict)
    first_start: datetime | None = None

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms[key] = json.loads(json.dumps(value))

    def get_first_reschedule_date(self, context: Any) -> datetime | None:
        return self.first_start


class TaskStateStore:
    """Airflow's task state store, which keeps JSON over the tries of a task."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def get(self, key: str, default: Any = None) -> Any:
        return json.loads(self.values[key]) if key in self.values else default

    def set(self, key: str, value: Any, *, retention: Any = None) -> None:
        self.values[key] = json.dumps(value)

    def delete(self, key: str) -> None:
        self.values.pop(key, None)


@dataclass
class Ending:
    """
    How a task ended: ``succeeded``, ``skipped``, ``failed`` (without a retry), or ``retried``.

    :param result: what it returned.
    :param message: what its error says.
    :param xcom: what it pushed by itself.
    :param deferral: how it deferred itself, if it did.
    """

    state: str
    result: Any = None
    message: str = ""
    xcom: Any = None
    deferral: TaskDeferred | None = None


MODES: dict[str, dict[str, Any]] = {
    "poke": {"mode": "poke", "deferrable": False},
    "reschedule": {"mode": "reschedule", "deferrable": False},
    "deferrable": {"deferrable": True},
}
Make = Callable[[], BaseOperator]


def run(make: Make, clock: Clock, context: dict[str, Any] | None = None) -> Ending:
    """
    Run a task to its end.

    :param make: makes the operator anew, as each process of Airflow does.
    :param context: what is in the context besides the task instance.
    """
    ti = TaskInstance()
    context = {"ti": ti, **(context or {})}
    ending = Ending("succeeded")
    try:
        ending.result = json.loads(json.dumps(_execute(make, clock, context, ending)))
    except AirflowSkipException as error:
        ending.state, ending.message = "skipped", str(error)
    except (AirflowFailException, AirflowSensorTimeout) as error:
        ending.state, ending.message = "failed", str(error)
    except AssertionError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever it is, Airflow retries the task
        ending.state, ending.message = "retried", str(error)
    ending.xcom = context["ti"].xcoms.get("return_value")
    return ending


def new_process() -> None:
    """Forget what all users of a connection share in one process."""
    budget.forget_budgets()


def _execute(make: Make, clock: Clock, context: Any, ending: Ending) -> Any:
    ti = context["ti"]
    while True:
        new_process()
        started = clock.utcnow()
        try:
            return make().execute(context)
        except AirflowRescheduleException as reschedule:
            ti.first_start = ti.first_start or started
            pause = (reschedule.reschedule_date - clock.utcnow()).total_seconds()
            assert pause >= MIN_DEFERRAL, "the next process would be started too soon"
            clock.sleep(pause)
        except TaskDeferred as deferral:
            ending.deferral = deferral
            method, arguments = _wait_in_the_triggerer(deferral, clock)
            if method is None:
                return arguments
            new_process()
            return make().resume_execution(method, arguments, context)


def _wait_in_the_triggerer(deferral: TaskDeferred, clock: Clock) -> tuple[str | None, Any]:
    """Tell how the task is resumed; without a method the trigger has ended it."""
    deadline = clock.time() + deferral.timeout.total_seconds()
    trigger = rebuild(deferral.trigger)
    deferred_at = clock.time()
    new_process()
    try:
        event = asyncio.run(first_event(trigger))
    except Exception as error:  # noqa: BLE001  # as the triggerer
        return "__fail__", {"error": TriggerFailureReason.TRIGGER_FAILURE, "traceback": [repr(error)]}
    finally:
        assert clock.time() - deferred_at >= MIN_DEFERRAL, "the worker would be resumed too soon"
    assert clock.time() < deadline, "Airflow's own time-out would have come first"
    if isinstance(event, TaskSuccessEvent):
        return None, (event.xcoms or {}).get("return_value")
    return deferral.method_name, {**(deferral.kwargs or {}), "event": through_json(event.payload)}


def rebuild(trigger: BaseTrigger) -> BaseTrigger:
    """Take a trigger from the worker through the database to the triggerer."""
    path, arguments = trigger.serialize()
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)(**through_json(arguments))


async def first_event(trigger: BaseTrigger) -> TriggerEvent:
    events = trigger.run()
    try:
        return await anext(events)
    finally:
        assert isinstance(events, AsyncGenerator)
        await events.aclose()


def through_json(document: Any) -> Any:
    """Take plain JSON through a database; anything else is an error."""
    return json.loads(json.dumps(document, allow_nan=False))


def resumed_after_timeout(make: Make, context: dict[str, Any] | None = None) -> Ending:
    """End a task as Airflow does when its trigger never came back."""
    operator: Any = copy.copy(make())
    arguments = {"error": TriggerFailureReason.TRIGGER_TIMEOUT}
    operator.execute = lambda context: operator.resume_execution("__fail__", arguments, context)
    return run(lambda: operator, Clock(), context)
