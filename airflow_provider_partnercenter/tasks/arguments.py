"""Check and read the arguments of a task, including templated ones."""

from __future__ import annotations

import ast
import contextlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import for_message
from airflow_provider_partnercenter.qualification.waiting.wait import WaitOptions

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator, Context

OnDenied = Literal["fail", "return"]
Choice = TypeVar("Choice", bound=str)


def one_of(name: str, value: Choice, choices: tuple[str, ...]) -> Choice:
    """
    Check an argument that must be one of a few strings.

    :raises ValueError: if it is another value. The message names the argument and the choices.
    """
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, not {value!r}")
    return value


def read_submission(value: object) -> dict[str, Any] | None:
    """
    Read the ``submission`` argument: the update operator's result, as a dictionary or as the string that Jinja made.

    :return: the dictionary; ``None`` if the argument is ``None``, or a string such as ``""``, ``"None"`` or ``"null"``.
    :raises PartnerCenterInvalidRequestError: if it is something else.
    """
    document = rendered(value)
    if document is None:
        return None
    if not isinstance(document, Mapping) or not {"customer_id", "qualification", "submitted"} <= document.keys():
        raise PartnerCenterInvalidRequestError(
            "submission is not the result of PartnerCenterUpdateQualificationOperator",
            hint="give its output (submit.output), or \"{{ ti.xcom_pull('submit') }}\"",
        )
    return dict(document)


def read_verdict(value: object) -> dict[str, Any] | None:
    """
    Read the ``verdict`` argument: the result of a task that waited, as a dictionary or as the string that Jinja made.

    :return: the dictionary; ``None`` if the argument is ``None``, or a string such as ``""``, ``"None"`` or ``"null"``.
    :raises PartnerCenterInvalidRequestError: if it is something else.
    """
    document = rendered(value)
    if document is None:
        return None
    if not isinstance(document, Mapping) or "outcome" not in document:
        raise PartnerCenterInvalidRequestError(
            "verdict is not the result of a task that waited for a verdict",
            hint="give the sensor's output (wait.output), or \"{{ ti.xcom_pull('wait') }}\"",
        )
    return dict(document)


def rendered(value: object) -> object:
    """Return the value of a templated argument: Jinja turns lists, dictionaries and ``None`` into strings."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text in ("", "None"):
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(text)
    return value


# Longer than any sensible wait, and short enough that every deadline is a valid date.
_LONGEST = timedelta(days=36500)


def duration(
    name: str, value: object, unit: Literal["seconds", "days"] = "seconds", *, positive: bool = False
) -> timedelta:
    """
    Read a duration: a number or a ``timedelta``.

    :param name: the name of the argument, for the message.
    :param unit: the unit of a number.
    :param positive: whether 0 is refused.
    :raises ValueError: if it is something else, negative, or longer than a century.
    """
    found = value if isinstance(value, timedelta) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        with contextlib.suppress(ValueError, OverflowError):
            found = timedelta(**{unit: value})
    if found is None or not timedelta() <= found <= _LONGEST or (positive and not found):
        least = "more than 0" if positive else "0 or more"
        raise ValueError(
            f"{name} must be {unit} or a timedelta, {least} and at most 100 years, not {for_message(value)}"
        )
    return found


def seconds(name: str, value: object, *, positive: bool = False) -> float:
    """Read a duration in seconds, see :func:`duration`."""
    return duration(name, value, positive=positive).total_seconds()


def at_least_one(name: str, value: object) -> int:
    """
    Check an integer that must be 1 or more.

    :param name: the name of the argument, for the message.
    :raises ValueError: if it is something else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be an integer of 1 or more, not {for_message(value)}")
    return value


def statuses(name: str, value: object) -> tuple[str, ...]:
    """
    Read a list of vetting statuses.

    :param name: the name of the argument, for the message.
    :raises ValueError: if it is something else. This includes a single string, whose letters would become statuses.
    """
    if isinstance(value, list | tuple | set | frozenset) and all(isinstance(status, str) for status in value):
        return tuple(value)
    example = value if isinstance(value, str) else "Escalated"
    raise ValueError(
        f"{name} must be a list of strings, for example [{for_message(example)}], not {for_message(value)}"
    )


def read_wait_options(
    *,
    success_statuses: object,
    failure_statuses: object,
    propagation_grace: object,
    poke_interval: object,
    max_wait: object,
    timeout: object,
) -> WaitOptions:
    """
    Read the arguments about waiting that the operators and the sensor share (see :class:`.WaitOptions`).

    :raises ValueError: if an argument is invalid. The message names it.
    """
    return WaitOptions(
        success_statuses=statuses("success_statuses", success_statuses),
        failure_statuses=statuses("failure_statuses", failure_statuses),
        propagation_grace=seconds("propagation_grace", propagation_grace),
        poke_interval=None if poke_interval is None else seconds("poke_interval", poke_interval, positive=True),
        max_wait=seconds("max_wait", max_wait, positive=True),
        timeout=seconds("timeout", timeout),
    )


def started_by_person(context: Context) -> bool:
    """
    Return whether a person started this run (in the UI, on the command line or over the API), not a schedule.

    A run that a ``TriggerDagRunOperator`` started counts as a person's if a person started the parent run. Before 3.3,
    Airflow reports such runs as manual in any case. The parent's user name is passed on, and only a person has one.
    """
    run = context.get("dag_run")
    run_type = getattr(run, "run_type", None)
    by_hand = getattr(run_type, "value", run_type) in ("manual", "operator_triggered")
    return run is None or (by_hand and bool(getattr(run, "triggering_user_name", None)))


def tries_of(context: Context) -> int:
    """Return how many tries the task has, which a person who clears it raises, and a retry does not."""
    # Airflow gives a task that is cleared as many tries as it had, in addition to those that it has used.
    return int(getattr(context.get("ti"), "max_tries", 0))


def clear_number(context: Context, operator: BaseOperator) -> int:
    """
    Return a number that is another one after each clear of the task by a person; ``0`` if nobody has cleared it.

    A retry does not change it.
    """
    tries = tries_of(context)
    return tries if tries > (operator.retries or 0) else 0


def decision_of(context: Context) -> str | None:
    """Return the key of a decision to submit, which is the same in every try of this run: the DAG and the run."""
    ti = context.get("ti")
    return f"{ti.dag_id} {ti.run_id}" if ti is not None else None
