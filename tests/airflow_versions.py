"""What the tests take from Airflow, wherever the installed version has it."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow import __version__

MINOR = tuple(int(part) for part in __version__.split(".")[:2])

# mypy knows the newest only.
if TYPE_CHECKING or MINOR >= (3, 2):
    from airflow.sdk import timezone
    from airflow.sdk.exceptions import (
        AirflowFailException,
        AirflowNotFoundException,
        AirflowRescheduleException,
        AirflowSensorTimeout,
        AirflowSkipException,
        TaskDeferred,
    )
    from airflow.sdk.types import TaskInstanceKey
    from airflow.serialization.serialized_objects import DagSerialization
else:
    from airflow.exceptions import (
        AirflowFailException,
        AirflowNotFoundException,
        AirflowRescheduleException,
        AirflowSensorTimeout,
        AirflowSkipException,
        TaskDeferred,
    )
    from airflow.models.taskinstancekey import TaskInstanceKey
    from airflow.serialization.serialized_objects import SerializedDAG as DagSerialization
    from airflow.utils import timezone

DAG_BAG = "airflow.dag_processing.dagbag" if MINOR >= (3, 2) else "airflow.models.dagbag"
"""The module of ``DagBag``."""

__all__ = [
    "DAG_BAG",
    "MINOR",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowRescheduleException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "DagSerialization",
    "TaskDeferred",
    "TaskInstanceKey",
    "next_kwargs",
    "redact",
    "timezone",
]


def redact(value: object, name: str | None = None) -> Any:
    """Return what Airflow's logs show of a value."""
    home = "airflow.sdk.log" if MINOR >= (3, 1) else "airflow.sdk.execution_time.secrets_masker"
    return import_module(home).redact(value, name)


def next_kwargs(arguments: dict[str, Any]) -> Any:
    """Return how Airflow's API writes the arguments with which a deferred task is resumed."""
    if MINOR < (3, 2):
        arguments = import_module("airflow.serialization.serialized_objects").BaseSerialization.serialize(arguments)
    return json.loads(json.dumps(arguments))
