"""What the tests take from Airflow, wherever the installed version has it."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow import __version__

from airflow_provider_partnercenter.compat import (
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSensorTimeout,
    AirflowSkipException,
)
from testbed.patience import wait_until

MINOR = tuple(int(part) for part in __version__.split(".")[:2])

# mypy knows the newest only.
if TYPE_CHECKING or MINOR >= (3, 2):
    from airflow.sdk import timezone
    from airflow.sdk.exceptions import AirflowRescheduleException, ParamValidationError, TaskDeferred
    from airflow.sdk.types import TaskInstanceKey
    from airflow.serialization.serialized_objects import DagSerialization
else:
    from airflow.exceptions import AirflowRescheduleException, ParamValidationError, TaskDeferred
    from airflow.models.taskinstancekey import TaskInstanceKey
    from airflow.serialization.serialized_objects import SerializedDAG as DagSerialization
    from airflow.utils import timezone

if TYPE_CHECKING:
    from airflow.jobs.triggerer_job_runner import TriggerCommsDecoder
    from opentelemetry.metrics import MeterProvider

    from testbed.local_airflow import LocalAirflow

#: Whether a try of a task knows what an earlier one submitted.
TASKS_REMEMBER = MINOR >= (3, 3)
#: Whether a task can give the run that it starts a note.
TASKS_WRITE_NOTES = MINOR >= (3, 2)
#: Whether a mapped task instance that waits in the triggerer is shown by its ``map_index_template``.
NAMED_WHILE_WAITING = MINOR >= (3, 2)
#: Whether Airflow retries a task whose process was killed.
KILLED_TASKS_ARE_RETRIED = MINOR >= (3, 1)
#: Whether a task's process ends if its supervisor gives up, as it does when the API server is gone; else it hangs.
TASKS_END_WITH_THEIR_SUPERVISOR = MINOR >= (3, 2)

DAG_BAG = "airflow.dag_processing.dagbag" if MINOR >= (3, 2) else "airflow.models.dagbag"
"""The module of ``DagBag``."""

__all__ = [
    "DAG_BAG",
    "KILLED_TASKS_ARE_RETRIED",
    "MINOR",
    "NAMED_WHILE_WAITING",
    "TASKS_END_WITH_THEIR_SUPERVISOR",
    "TASKS_REMEMBER",
    "TASKS_WRITE_NOTES",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowRescheduleException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "DagSerialization",
    "ParamValidationError",
    "TaskDeferred",
    "TaskInstanceKey",
    "asset_registry",
    "forget_masked_secrets",
    "next_kwargs",
    "otel_logger",
    "redact",
    "see_retried",
    "start_metrics",
    "start_reading",
    "timezone",
]


def asset_registry() -> Any:
    """Return what knows the asset URIs of all providers."""
    if MINOR >= (3, 2):
        return import_module("airflow.sdk.providers_manager_runtime").ProvidersManagerTaskRuntime()
    return import_module("airflow.providers_manager").ProvidersManager()


def redact(value: object, name: str | None = None) -> Any:
    """Return what Airflow's logs show of a value."""
    home = "airflow.sdk.log" if MINOR >= (3, 1) else "airflow.sdk.execution_time.secrets_masker"
    return import_module(home).redact(value, name)


def forget_masked_secrets() -> None:
    """Let Airflow mask nothing in the logs of this process any more."""
    home = "airflow.sdk._shared.secrets_masker" if MINOR >= (3, 1) else "airflow.sdk.execution_time.secrets_masker"
    import_module(home).reset_secrets_masker()


def see_retried(airflow: LocalAirflow, dag_id: str, run_id: str, task_id: str) -> None:
    """Let a task whose process was killed run again, if Airflow leaves that to a person."""
    if not KILLED_TASKS_ARE_RETRIED:
        wait_until(lambda: airflow.task_states(dag_id, run_id)[task_id] == "failed", f"{task_id} has failed")
        airflow.clear(dag_id, run_id, task_id)


async def start_reading(channel: TriggerCommsDecoder) -> None:
    """Let a triggerer's channel take the answers of the supervisor."""
    # 3.2.2: until then, whoever asks reads the answer.
    if hasattr(channel, "start_reader"):
        await channel.start_reader()


def next_kwargs(arguments: dict[str, Any]) -> Any:
    """Return how Airflow's API writes the arguments with which a deferred task is resumed."""
    if MINOR < (3, 2):
        arguments = import_module("airflow.serialization.serialized_objects").BaseSerialization.serialize(arguments)
    else:
        arguments = import_module("airflow.sdk.serde").serialize(arguments)
    return json.loads(json.dumps(arguments))


def otel_logger(provider: MeterProvider) -> Any:
    """Return what sends Airflow's metrics by OpenTelemetry."""
    home = "airflow.sdk._shared.observability.metrics" if MINOR >= (3, 2) else "airflow.metrics"
    return import_module(f"{home}.otel_logger").SafeOtelLogger(provider)


def start_metrics(logger: Any = None) -> None:
    """
    Let this process send its metrics as Airflow is configured now.

    :param logger: what sends them instead.
    """
    if MINOR < (3, 2):
        metrics = import_module("airflow.stats").Stats
        if logger is not None:
            metrics.instance = logger
            return
        # The class decides when it is imported; a new one decides again.
        kind = type(metrics)
        if hasattr(kind, "factory"):
            del kind.factory
        metrics.instance = None
        kind.__init__(metrics)
        return
    # Its first import initializes them too.
    import_module("airflow.sdk.serde")
    metrics = import_module("airflow.sdk.observability.stats").Stats
    configured = import_module("airflow.sdk.observability.metrics.stats_utils").get_stats_factory
    newer = MINOR >= (3, 3)
    factory = (configured() if newer else configured(metrics)) if logger is None else lambda: logger
    metrics.initialize(factory=factory, **({"export_legacy_names": True} if newer else {}))
