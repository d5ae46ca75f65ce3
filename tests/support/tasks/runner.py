"""Airflow's own task runner, in this process: what it hands to a task, and what it then tells Airflow's API."""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import UTC, datetime
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, BaseOperator
from airflow.sdk.api.datamodels._generated import DagRun, TIRunContext
from airflow.sdk.exceptions import ErrorType
from airflow.sdk.execution_time import comms, task_runner

from airflow_provider_partnercenter.client import clock
from tests.airflow_versions import next_kwargs
from tests.support.task_modes import first_event, new_process, through_json

if TYPE_CHECKING:
    from collections.abc import Callable


class Supervisor:
    """
    Answers for Airflow's API.

    :ivar began: when a task was first rescheduled.
    """

    def __init__(self) -> None:
        self.began: datetime | None = None
        self._stored: dict[str, Any] = {}

    def send(self, msg: Any) -> Any:
        match type(msg).__name__:
            case "ValidateInletsAndOutlets":
                return comms.InactiveAssetsResult(inactive_assets=[])
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


def instance(
    make: Callable[..., BaseOperator], *, partition_key: str | None = None, **from_server: Any
) -> task_runner.RuntimeTaskInstance:
    """
    Make a task instance as the runner does.

    :param partition_key: that of the run.
    :param from_server: what Airflow's API tells about it.
    """
    now = datetime.now(UTC)
    with DAG("onboarding", schedule=None):
        task = make(task_id="qualify")
    ids: dict[str, Any] = {"dag_id": "onboarding", "run_id": "manual"}
    moments: dict[str, Any] = dict.fromkeys(("logical_date", "data_interval_start", "data_interval_end"))
    run = DagRun.model_construct(
        **ids, **moments, partition_key=partition_key, run_after=now, run_type="manual", consumed_asset_events=[]
    )
    return task_runner.RuntimeTaskInstance.model_construct(
        **ids,
        id=uuid.uuid4(),
        task_id="qualify",
        try_number=1,
        map_index=-1,
        task=task,
        bundle_instance=SimpleNamespace(name="dags", version=None),
        _ti_context_from_server=TIRunContext.model_construct(
            dag_run=run, max_tries=3, should_retry=True, **from_server
        ),
        max_tries=3,
        start_date=now,
    )


def execute(ti: task_runner.RuntimeTaskInstance) -> tuple[str, str]:
    """Let the runner execute a task; tell the state it ends in and its error."""
    state, _, error = _run(ti)
    return state, repr(error)


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
        state, message, _ = _run(instance(make, partition_key=partition_key, **told))
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


def _run(ti: task_runner.RuntimeTaskInstance) -> tuple[str, Any, BaseException | None]:
    log: Any = _Log(logging.getLogger(__name__))
    state, message, error = task_runner.run(ti, ti.get_template_context(), log)
    return state.value, message, error


def _trigger(message: comms.DeferTask) -> Any:
    module, _, name = message.classpath.rpartition(".")
    return getattr(import_module(module), name)(**through_json(message.trigger_kwargs))
