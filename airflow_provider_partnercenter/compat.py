"""
The differences between the versions of Airflow, from 3.0.3 on.

Nothing else in this package asks for the version of Airflow. Each difference names the version with which it ends: once
that is the oldest supported version, the difference can be removed.
"""

from __future__ import annotations

import contextlib
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any, TextIO, cast

from airflow import __version__ as AIRFLOW_VERSION  # noqa: N812, TID251

from airflow_provider_partnercenter.provider_info import get_provider_info

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import BaseHook, conf
    from airflow.sdk.exceptions import (
        AirflowException,
        AirflowFailException,
        AirflowSensorTimeout,
        AirflowSkipException,
        TaskDeferralTimeout,
    )

__all__ = [
    "AIRFLOW_VERSION",
    "SUPERVISOR_TURN",
    "VARIABLES_ARE_LOGGED",
    "AirflowException",
    "AirflowFailException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "BaseHook",
    "TaskDeferralTimeout",
    "ask_supervisor",
    "conf",
    "field_behaviour",
    "form_widgets",
    "get_variable",
    "lines_of",
    "mask_secret",
    "supervisor",
]

_MINOR = tuple(int(part) for part in AIRFLOW_VERSION.split(".")[:2])

# Where the names are that have moved, and where they were before the version in the key.
_HOMES = {
    "AirflowException": "airflow.sdk.exceptions",
    "AirflowFailException": "airflow.sdk.exceptions",
    "AirflowSensorTimeout": "airflow.sdk.exceptions",
    "AirflowSkipException": "airflow.sdk.exceptions",
    "BaseHook": "airflow.sdk",
    "TaskDeferralTimeout": "airflow.sdk.exceptions",
    "conf": "airflow.sdk",
}
_FORMER_HOMES = {
    (3, 1): {"BaseHook": "airflow.hooks.base"},
    (3, 2): {
        "AirflowException": "airflow.exceptions",
        "AirflowFailException": "airflow.exceptions",
        "AirflowSensorTimeout": "airflow.exceptions",
        "AirflowSkipException": "airflow.exceptions",
        "TaskDeferralTimeout": "airflow.exceptions",
        "conf": "airflow.configuration",
    },
}


def __getattr__(name: str) -> Any:
    # Imported when it is needed, because each name brings a part of Airflow with it.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    former = [homes[name] for version, homes in sorted(_FORMER_HOMES.items()) if version > _MINOR and name in homes]
    found = globals()[name] = getattr(import_module((former or [_HOMES[name]])[0]), name)
    return found


# 3.2: in a task, two threads that ask the supervisor at the same time get each other's answers. Whatever may ask it in
# a thread holds this lock; an event loop's own thread must not wait for it.
SUPERVISOR_TURN: contextlib.AbstractContextManager[object] = (
    threading.RLock() if _MINOR < (3, 2) else contextlib.nullcontext()
)


def supervisor() -> Any:
    """Return the channel of this task or trigger to its supervisor, or ``None`` in another process."""
    from airflow.sdk.execution_time import task_runner

    return getattr(task_runner, "SUPERVISOR_COMMS", None)


def ask_supervisor(message: Any) -> Any:
    """
    Send a message to the supervisor of this task or trigger, and return its answer.

    :raises AirflowRuntimeError: if Airflow's API refuses it.
    :raises OSError: or an ``EOFError``, if the supervisor is gone.
    """
    with SUPERVISOR_TURN:
        return supervisor().send(message)


# 3.1: the scheduler's log contains the value of every Variable that a task writes, so no secret may be written to one.
VARIABLES_ARE_LOGGED = _MINOR < (3, 1)


def mask_secret(secret: str | None) -> None:
    """Let Airflow replace a secret by asterisks in its logs."""
    # 3.1: the function moved.
    home = "airflow.sdk.log" if _MINOR >= (3, 1) else "airflow.sdk.execution_time.secrets_masker"
    with SUPERVISOR_TURN:
        import_module(home).mask_secret(secret)


def get_variable(key: str) -> str | None:
    """
    Return the value of an Airflow Variable, or ``None`` if Airflow says that it does not exist.

    :raises AirflowRuntimeError: if Airflow's API refuses the call, and in a task or trigger also if the Variable does
        not exist.
    """
    from airflow.sdk import Variable

    if _MINOR < (3, 1) and supervisor() is None:
        # 3.1: until then, processes without a supervisor must read the database.
        from airflow.models.variable import Variable as StoredVariable

        value = StoredVariable.get(key, default_var=None)
        return None if value is None else str(value)
    with SUPERVISOR_TURN:
        return str(Variable.get(key))


def lines_of(file: TextIO) -> Iterator[str]:
    """Return the lines of an open file of an ``ObjectStoragePath``."""
    # 3.1: until then, such a file is not iterable.
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
