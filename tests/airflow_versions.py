"""What the tests take from Airflow, wherever the installed version has it."""

from __future__ import annotations

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

__all__ = [
    "MINOR",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowRescheduleException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "DagSerialization",
    "TaskDeferred",
    "TaskInstanceKey",
    "redact",
    "timezone",
]


def redact(value: object, name: str | None = None) -> Any:
    """Return what Airflow's logs show of a value."""
    home = "airflow.sdk.log" if MINOR >= (3, 1) else "airflow.sdk.execution_time.secrets_masker"
    return import_module(home).redact(value, name)
