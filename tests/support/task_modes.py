"""Running tasks as Airflow does, in every mode of theirs, with neither its processes nor its waiting."""

from __future__ import annotations

import asyncio
import copy
import functools
import json
import time
import types
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.bases import sensor as base_sensor
from airflow.sdk.bases.operator import TriggerFailureReason
from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent

from airflow_provider_partnercenter.client import aio, clock
from airflow_provider_partnercenter.client.protocol import budget
from airflow_provider_partnercenter.client.protocol.commands import Sleep
from airflow_provider_partnercenter.hooks import connection
from airflow_provider_partnercenter.tasks.deferral import MIN_DEFERRAL
from tests.airflow_versions import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferred,
    timezone,
)

if TYPE_CHECKING:
    import pytest

    from airflow_provider_partnercenter.emulator.server import Emulator


class _Instead:
    """A module with some of its functions replaced, for those who look them up in it."""

    def __init__(self, module: Any, **functions: Any) -> None:
        self._module = module
        self.__dict__.update(functions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


# For how many rounds of the event loop everybody must have slept before the clock moves: who wakes up may be about to
# cancel others, which takes a few.
_PATIENCE = 8


class Clock:
    """
    Stands still until somebody sleeps; a sleep takes no time, but moves this clock and the emulator's.

    :param emulator: whose time goes along.
    """

    def __init__(self, emulator: Emulator | None = None) -> None:
        self.now = time.time()
        self.sleeps: list[float] = []
        self._emulator = emulator
        self._targets: list[float] = []
        self._changes = 0
        self.busy = 0
        self._plans: list[tuple[float, Callable[[], object]]] = []

    def time(self) -> float:
        return self.now

    def utcnow(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        # Real time always goes on a little.
        seconds = max(seconds, 0.001)
        self.now += seconds
        if self._emulator:
            self._emulator.advance(seconds)
        due = [action for moment, action in self._plans if moment <= self.now]
        self._plans = [plan for plan in self._plans if plan[0] > self.now]
        for action in due:
            action()

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Let something happen later, in the middle of a sleep."""
        self._plans.append((self.now + seconds, action))

    async def async_sleep(self, seconds: float, result: Any = None) -> Any:
        """Sleep among others: when nobody is busy, whoever has to wake first moves the clock."""
        target = self.now + seconds
        self._targets.append(target)
        self._changes += 1
        quiet, changes = 0, self._changes
        try:
            while True:
                await asyncio.sleep(0.0005 if self.busy else 0)
                if self.now >= target and seconds:
                    break
                first = target <= min(self._targets) and not self.busy
                quiet = quiet + 1 if first and self._changes == changes else 0
                changes = self._changes
                if quiet > _PATIENCE:
                    self.sleep(max(0.0, target - self.now))
                    break
        finally:
            # Nobody waits for one that was cancelled.
            self._targets.remove(target)
            self._changes += 1
        return result

    def rule(self, monkeypatch: pytest.MonkeyPatch) -> Clock:
        """Let everything that tells or spends time in a task or a trigger do it by this clock."""
        ours = types.SimpleNamespace(
            now=self.time, monotonic=self.time, sleep=self.sleep, async_sleep=self.async_sleep, chance=lambda: 0.5
        )
        monkeypatch.setattr(clock, "source", ours)
        # Nobody stops a task here while it waits, so it need not look for that twice a second.
        monkeypatch.setattr(clock.Stop, "STEP", 30.0)
        # Airflow's own base sensor has a clock of its own.
        monkeypatch.setattr(
            base_sensor, "time", types.SimpleNamespace(monotonic=self.time, sleep=self.sleep, time=self.time)
        )
        monkeypatch.setattr(base_sensor, "timezone", _Instead(timezone, utcnow=self.utcnow))
        # While somebody talks to the emulator, nobody else may move the clock.
        monkeypatch.setattr(aio.AsyncPartnerCenterClient, "_obey", functools.partialmethod(_obey, clock=self))
        # Every token that Airflow has to mask makes all logging slower, and here are hundreds of them.
        monkeypatch.setattr(connection, "mask_secret", _mask_nothing)
        return self


_OBEY = aio.AsyncPartnerCenterClient._obey


async def _obey(client: aio.AsyncPartnerCenterClient, command: Any, *, clock: Clock) -> Any:
    """Obey a client's command, and let the clock stand still meanwhile."""
    busy = not isinstance(command, Sleep)
    clock.busy += busy
    try:
        return await _OBEY(client, command)
    finally:
        clock.busy -= busy


def _mask_nothing(secret: object) -> None:
    """Stand in for Airflow's masking."""


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
