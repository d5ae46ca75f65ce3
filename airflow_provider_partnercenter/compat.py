"""
The differences between the versions of Airflow, from 3.0.5 on.

Nothing else in this package asks for the version of Airflow. Each difference names the version with which it ends: once
that is the oldest supported version, the difference can be removed.
"""

from __future__ import annotations

import contextlib
import inspect
import logging
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any, TextIO, cast

from airflow import __version__ as AIRFLOW_VERSION  # noqa: N812, TID251

from airflow_provider_partnercenter.provider_info import get_provider_info

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import timedelta

    from airflow.providers.standard.operators.hitl import HITLOperator
    from airflow.sdk import BaseHook, Context, conf

    # Timetables have this class in their hints. When a DAG is read, Airflow accepts only subclasses of its own one.
    from airflow.sdk.definitions.partition_mappers.base import PartitionMapper
    from airflow.sdk.exceptions import (
        AirflowException,
        AirflowFailException,
        AirflowNotFoundException,
        AirflowSensorTimeout,
        AirflowSkipException,
        TaskDeferralTimeout,
    )
    from airflow.sdk.plugins_manager import AirflowPlugin

__all__ = [
    "AIRFLOW_VERSION",
    "EVENTS_HAVE_PARTITIONS",
    "SPANS_ARE_GLOBAL",
    "TASKS_ASK_PEOPLE",
    "TASKS_CHOOSE_PARTITIONS",
    "UI_LENDS_COMPONENTS",
    "VARIABLES_ARE_LOGGED",
    "AirflowException",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowPlugin",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "BaseHook",
    "HITLOperator",
    "PartitionMapper",
    "TaskDeferralTimeout",
    "add_partitions",
    "ask_supervisor",
    "conf",
    "field_behaviour",
    "form_widgets",
    "is_of_triggerer",
    "lines_of",
    "mask_secret",
    "new_run",
    "partition_key_of",
    "read_variable",
    "stats",
    "supervisor",
    "supervisor_turn",
    "wait_for_answer",
]

log = logging.getLogger(__name__)

_MINOR = tuple(int(part) for part in AIRFLOW_VERSION.split(".")[:2])

_EXCEPTIONS = ((3, 2), "airflow.exceptions", "airflow.sdk.exceptions")
# The names that have moved: with which version, from where, and to where.
_MOVED = {
    "AirflowException": _EXCEPTIONS,
    "AirflowFailException": _EXCEPTIONS,
    "AirflowNotFoundException": _EXCEPTIONS,
    "AirflowPlugin": ((3, 2), "airflow.plugins_manager", "airflow.sdk.plugins_manager"),
    "AirflowSensorTimeout": _EXCEPTIONS,
    "AirflowSkipException": _EXCEPTIONS,
    "BaseHook": ((3, 1), "airflow.hooks.base", "airflow.sdk"),
    "TaskDeferralTimeout": _EXCEPTIONS,
    "conf": ((3, 2), "airflow.configuration", "airflow.sdk"),
    "HITLOperator": ((3, 1), "airflow.sdk", "airflow.providers.standard.operators.hitl"),
    "PartitionMapper": ((3, 2), "builtins", "airflow.partition_mappers.base"),
}
# What stands for a class until then. What is made of it can be imported, but not used.
_UNTIL_THEN = {"HITLOperator": "BaseOperator", "PartitionMapper": "object"}


def __getattr__(name: str) -> Any:
    # Imported when it is needed, because each name brings a part of Airflow with it.
    if name not in _MOVED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    version, before, since = _MOVED[name]
    home, called = (since, name) if version <= _MINOR else (before, _UNTIL_THEN.get(name, name))
    found = getattr(import_module(home), called)
    globals()[name] = found
    return found


# 3.1: until then, a task cannot ask a person.
TASKS_ASK_PEOPLE = _MINOR >= (3, 1)


def wait_for_answer(at_most: timedelta | None) -> dict[str, Any]:
    """Return the argument of Airflow's operator that limits the wait for a person."""
    from airflow.providers.standard.operators.hitl import HITLOperator

    # 3.2: until the standard provider 1.12.2, that was the limit of the task's execution, and meant for nothing else.
    named = "response_timeout" in inspect.signature(HITLOperator.__init__).parameters
    return {} if at_most is None else {"response_timeout" if named else "execution_timeout": at_most}


def supervisor() -> Any:
    """Return the channel of this task or trigger to its supervisor, or ``None`` in another process."""
    from airflow.sdk.execution_time import task_runner

    return getattr(task_runner, "SUPERVISOR_COMMS", None)


def is_of_triggerer(channel: object) -> bool:
    """Return whether a channel to a supervisor is that of a triggerer."""
    # The class name, because importing the class from Airflow's triggerer takes a second in a task.
    return type(channel).__name__ == "TriggerCommsDecoder"


_TURN = threading.RLock()


def supervisor_turn() -> contextlib.AbstractContextManager[object]:
    """
    Return what to hold while Airflow asks the supervisor.

    3.2: in a task, two threads that ask at the same time get each other's answers. A triggerer's channel has a lock of
    its own: if its event loop waited for this one, all triggers would stand still.
    """
    in_task = _MINOR < (3, 2) and (channel := supervisor()) is not None and not is_of_triggerer(channel)
    return _TURN if in_task else contextlib.nullcontext()


def ask_supervisor(message: Any) -> Any:
    """
    Send a message to the supervisor of this task or trigger, and return its answer.

    :return: the answer; an ``ErrorResponse`` if Airflow's API refuses it. Airflow raises some of these and returns
        others.
    :raises OSError: or an ``EOFError``, if the supervisor is gone.
    """
    from airflow.sdk.exceptions import AirflowRuntimeError

    with supervisor_turn():
        try:
            return supervisor().send(message)
        except AirflowRuntimeError as problem:
            return problem.error


def new_run(dag_id: str, run_id: str, conf: dict[str, Any], note: str | None = None) -> Any:
    """Return the message to a task's supervisor that starts a run."""
    from airflow.sdk.execution_time.comms import TriggerDagRun

    # 3.2: until then, a task cannot give the run a note.
    notes: dict[str, Any] = {"note": note} if note and "note" in TriggerDagRun.model_fields else {}
    # Without a logical date: two runs with the same one exclude each other too.
    return TriggerDagRun(dag_id=dag_id, run_id=run_id, conf=conf, logical_date=None, **notes)


# 3.1: until then, the scheduler's log contains the value of every Variable that a task writes, at every log level.
VARIABLES_ARE_LOGGED = _MINOR < (3, 1)


def mask_secret(secret: str | None) -> None:
    """Let Airflow replace a secret by asterisks in its logs."""
    # 3.1: the function moved.
    home = "airflow.sdk.log" if _MINOR >= (3, 1) else "airflow.sdk.execution_time.secrets_masker"
    with supervisor_turn():
        import_module(home).mask_secret(secret)


def read_variable(key: str) -> str | None:
    """
    Return the value of an Airflow Variable, or ``None`` if Airflow does not find it.

    :raises AirflowRuntimeError: if Airflow's API fails.
    """
    from airflow.sdk import Variable
    from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType

    if _MINOR < (3, 1) and supervisor() is None:
        # 3.1: until then, processes without a supervisor must read the database.
        from airflow.models.variable import Variable as StoredVariable

        value = StoredVariable.get(key, default_var=None)
        return None if value is None else str(value)
    try:
        with supervisor_turn():
            return str(Variable.get(key))
    except AirflowRuntimeError as problem:
        if problem.error.error is ErrorType.VARIABLE_NOT_FOUND:
            return None
        raise


def stats() -> Any:
    """Return what sends Airflow's metrics, with the methods ``incr``, ``gauge`` and ``timing``."""
    if _MINOR < (3, 2):
        return import_module("airflow.stats").Stats
    # Of the copies that Airflow has, it sets up this one in every process that imports this module, but not in others.
    import_module("airflow.sdk.serde")
    return import_module("airflow.sdk.observability.stats").Stats


# 3.2: until then, the spans of a task are made by a tracer of Airflow's own, so others could not be in the same trace.
SPANS_ARE_GLOBAL = _MINOR >= (3, 2)

# 3.2: until then, an asset event has no partition key.
EVENTS_HAVE_PARTITIONS = _MINOR >= (3, 2)

# 3.2: until then, the UI lends a plugin's page React, but none of the components that it is made of itself.
UI_LENDS_COMPONENTS = _MINOR >= (3, 2)

# 3.3: until then, a task cannot choose the partition keys of its events. They have the key of its run (3.2), or none.
TASKS_CHOOSE_PARTITIONS = _MINOR >= (3, 3)


def add_partitions(context: Context, outlets: Iterable[object], keys: Iterable[str]) -> None:
    """Give each asset among the outlets of a task one event for each partition key, once the task has succeeded."""
    from airflow.sdk import Asset

    assets = [outlet for outlet in outlets if isinstance(outlet, Asset)]
    if assets and not TASKS_CHOOSE_PARTITIONS:
        log.warning("Airflow %s gives the events of a task no partition keys of their own.", AIRFLOW_VERSION)
        return
    for asset in assets:
        context["outlet_events"][asset].add_partitions(list(keys))


def partition_key_of(context: Context) -> str | None:
    """
    Return the partition key of a task's run, which the task's asset events inherit.

    :return: the key; ``""`` if the run could have one, but has none; ``None`` if this Airflow knows no partitions.
    """
    # 3.2: until then, runs have no partition key.
    return (getattr(context.get("dag_run"), "partition_key", None) or "") if EVENTS_HAVE_PARTITIONS else None


def lines_of(file: TextIO) -> Iterator[str]:
    """Return the lines of an open file of an ``ObjectStoragePath``."""
    # 3.2: until a patch of 3.1, such a file is not iterable.
    return iter(file.readline, "")


# 3.2: until then, Airflow does not read ``conn-fields``. It calls the next two as methods of the hook, if they are in
# the class itself.
def form_widgets() -> dict[str, Any]:
    """Return the fields of ``conn-fields`` as fields of WTForms."""
    from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget, BS3TextAreaFieldWidget, BS3TextFieldWidget
    from wtforms import IntegerField, PasswordField, StringField
    from wtforms.validators import Optional, any_of

    kinds = {
        "password": (PasswordField, BS3PasswordFieldWidget),
        "multiline": (StringField, BS3TextAreaFieldWidget),
        "integer": (IntegerField, BS3TextFieldWidget),
    }
    widgets = {}
    for name, field in _connection_type()["conn-fields"].items():
        schema, default = field["schema"], field["schema"].get("default")
        kind = "integer" if "integer" in schema["type"] else schema.get("format")
        field_class, widget_class = kinds.get(kind, (StringField, BS3TextFieldWidget))
        widgets[name] = field_class(
            field["label"],
            description=field["description"],
            # There is no field for a number with a fraction; the hook also reads numbers written as text.
            default=default if default is None or kind == "integer" else str(default),
            validators=[Optional(), *([any_of(schema["enum"])] if "enum" in schema else [])],
            widget=widget_class(),
        )
    return widgets


def field_behaviour() -> dict[str, Any]:
    """Return which standard fields the form hides, and the labels and placeholders of the others."""
    behaviour = _connection_type()["ui-field-behaviour"]
    return {key.replace("-", "_"): value for key, value in behaviour.items()}


def _connection_type() -> dict[str, Any]:
    [connection_type] = cast("list[dict[str, Any]]", get_provider_info()["connection-types"])
    return connection_type
