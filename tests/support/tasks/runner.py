"""Airflow's own task runner, in this process: what it hands to a task, and what it then tells Airflow's API."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import uuid
from datetime import UTC, datetime
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest import mock

from airflow.sdk import DAG, BaseOperator
from airflow.sdk.api.datamodels._generated import DagRun, TIRunContext
from airflow.sdk.exceptions import ErrorType
from airflow.sdk.execution_time import comms, task_runner
from airflow.sdk.execution_time.supervisor import set_supervisor_comms

from airflow_provider_partnercenter.client import clock
from tests.airflow_versions import next_kwargs
from tests.support.task_modes import first_event, new_process, through_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Supervisor:
    """
    Answers for Airflow's API.

    :ivar began: when a task was first rescheduled.
    :ivar results: what other tasks have returned, by their ids.
    :ivar named: how a task told to show its instance in the list, if it did.
    :ivar pushed: the XComs that a task pushed.
    :ivar question: what a task asks a person. As Airflow, it keeps the first question.
    :ivar last_question: the last one, which nobody sees.
    :ivar asked: how often it asked.
    """

    def __init__(self) -> None:
        self.began: datetime | None = None
        self.results: dict[str, Any] = {}
        self.named: str | None = None
        self.pushed: dict[str, Any] = {}
        self.question: Any = None
        self.last_question: Any = None
        self.asked = 0
        self._stored: dict[str, Any] = {}

    def send(self, msg: Any) -> Any:
        match type(msg).__name__:
            case "ValidateInletsAndOutlets":
                return comms.InactiveAssetsResult(inactive_assets=[])
            case "GetXCom":
                return comms.XComResult(key=msg.key, value=self.results[msg.task_id])
            case "SetXCom":
                self.pushed[msg.key] = msg.value
            case "CreateHITLDetailPayload":
                self.last_question = msg
                self.question = self.question or msg
                self.asked += 1
            case "SetRenderedMapIndex":
                self.named = msg.rendered_map_index
            case "GetTaskRescheduleStartDate":
                return comms.TaskRescheduleStartDate(start_date=self.began)
            case "SetTaskStateStore":
                self._stored[msg.key] = msg.value
            case "DeleteTaskStateStore":
                self._stored.pop(msg.key, None)
            case "GetTaskStateStore" if msg.key in self._stored:
                return comms.TaskStateStoreResult(value=self._stored[msg.key])
            case "GetTaskStateStore":
                return comms.ErrorResponse(error=ErrorType.TASK_STORE_NOT_FOUND)
        return None


@contextlib.contextmanager
def supervised() -> Iterator[Supervisor]:
    """Answer the runner, and undo what it does to the process, which it takes for its own."""
    handler = signal.getsignal(signal.SIGTERM)
    supervisor = Supervisor()
    with set_supervisor_comms(supervisor), mock.patch.dict(os.environ):
        yield supervisor
    signal.signal(signal.SIGTERM, handler)


def instance(make: Callable[..., BaseOperator], **given: Any) -> task_runner.RuntimeTaskInstance:
    """
    Make a task instance as the runner does.

    :param given: other arguments of :func:`instance_of`.
    """
    with DAG("onboarding", schedule=None):
        task = make(task_id="qualify")
    return instance_of(task, **given)


def instance_of(
    task: Any,
    *,
    map_index: int = -1,
    conf: dict[str, Any] | None = None,
    partition_key: str | None = None,
    try_number: int = 1,
    max_tries: int = 3,
    **from_server: Any,
) -> task_runner.RuntimeTaskInstance:
    """
    Make a task instance of a DAG as the runner does.

    :param conf: the configuration of the run.
    :param partition_key: that of the run.
    :param try_number: which try it is.
    :param max_tries: how many tries it has; a person who clears it adds some.
    :param from_server: what Airflow's API tells about the task instance.
    """
    now = datetime.now(UTC)
    ids: dict[str, Any] = {"dag_id": task.dag_id, "run_id": "manual"}
    moments: dict[str, Any] = dict.fromkeys(("logical_date", "data_interval_start", "data_interval_end"))
    given: dict[str, Any] = {"conf": conf, "partition_key": partition_key}
    run = DagRun.model_construct(**ids, **moments, **given, run_after=now, run_type="manual", consumed_asset_events=[])
    return task_runner.RuntimeTaskInstance.model_construct(
        **ids,
        id=uuid.uuid4(),
        task_id=task.task_id,
        try_number=try_number,
        map_index=map_index,
        task=task,
        bundle_instance=SimpleNamespace(name="dags", version=None),
        _ti_context_from_server=TIRunContext.model_construct(
            dag_run=run, max_tries=max_tries, should_retry=True, **from_server
        ),
        max_tries=max_tries,
        start_date=now,
    )


def execute(ti: task_runner.RuntimeTaskInstance) -> tuple[str, str]:
    """Let the runner execute a task; tell the state it ends in and its error."""
    state, _, error = run(ti)
    return state, repr(error)


def run(ti: task_runner.RuntimeTaskInstance) -> tuple[str, Any, BaseException | None]:
    """Let the runner execute a task; tell the state it ends in, what Airflow's API is told about it, and its error."""
    log: Any = _Log(logging.getLogger(__name__))
    context = ti.get_template_context()
    state, message, error = task_runner.run(ti, context, log)
    task_runner.finalize(ti, state, context, log, error)
    return state.value, message, error


def last_message(
    make: Callable[..., BaseOperator], supervisor: Supervisor, *, partition_key: str | None = None
) -> tuple[str, Any]:
    """
    Run a task to its end, by way of the triggerer or of other processes.

    :return: the state it ends in, and what the runner then tells Airflow's API.
    """
    told: dict[str, Any] = {}
    while True:
        new_process()
        state, message, _ = run(instance(make, partition_key=partition_key, **told))
        if state == "deferred":
            new_process()
            event = asyncio.run(first_event(_trigger(message)))
            told = {"next_method": message.next_method, "next_kwargs": next_kwargs({"event": event.payload})}
        elif state == "up_for_reschedule":
            supervisor.began = supervisor.began or datetime.fromtimestamp(clock.now(), UTC)
            clock.sleep((message.reschedule_date - datetime.fromtimestamp(clock.now(), UTC)).total_seconds())
            told = {"task_reschedule_count": told.get("task_reschedule_count", 0) + 1}
        else:
            return state, message


class _Log(logging.LoggerAdapter):  # type: ignore[type-arg]  # a generic class only for type checkers
    """Takes what structlog takes."""

    def process(self, msg: Any, kwargs: Any) -> tuple[Any, Any]:
        return msg, {name: value for name, value in kwargs.items() if name == "exc_info"}


def _trigger(message: comms.DeferTask) -> Any:
    module, _, name = message.classpath.rpartition(".")
    return getattr(import_module(module), name)(**through_json(message.trigger_kwargs))
