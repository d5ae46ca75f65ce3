"""Checking and reading the arguments of a task, templated ones included."""

from __future__ import annotations

import ast
import contextlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import for_message
from airflow_provider_partnercenter.qualification.waiting import WaitOptions

if TYPE_CHECKING:
    from airflow.sdk import Context

OnDenied = Literal["fail", "return"]
Choice = TypeVar("Choice", bound=str)


def one_of(name: str, value: Choice, choices: tuple[str, ...]) -> Choice:
    """
    Check an argument that is one of a few words.

    :raises ValueError: naming the argument and the words.
    """
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; use one of {', '.join(map(repr, choices))}")
    return value


def read_submission(value: object) -> dict[str, Any] | None:
    """
    Read the ``submission`` argument: the update operator's result, as it is or as the text that Jinja made of it.

    :return: the dictionary; ``None`` for nothing, also as text.
    :raises PartnerCenterInvalidRequestError: if it is neither.
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


def rendered(value: object) -> object:
    """Return what a templated argument stands for: Jinja makes text of lists and dictionaries, and of ``None``."""
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


# Longer than anybody waits, and short enough that every moment it leads to can be written as a date.
_LONGEST = timedelta(days=36500).total_seconds()


def seconds(name: str, value: object, *, positive: bool = False) -> float:
    """
    Read a duration: seconds or a ``timedelta``.

    :param name: the argument's, for the refusal.
    :param positive: whether nothing is too short.
    :raises ValueError: if it is something else, negative, or longer than a century.
    """
    number = value.total_seconds() if isinstance(value, timedelta) else value
    if (
        not isinstance(number, int | float)
        or isinstance(number, bool)
        or not 0 <= number <= _LONGEST
        or (positive and not number)
    ):
        least = "more than 0" if positive else "0 or more"
        raise ValueError(f"{name} is {for_message(value)}; give seconds or a timedelta, {least} and at most 100 years")
    return float(number)


def at_least_one(name: str, value: object) -> int:
    """
    Read a number of things that are done at a time.

    :param name: the argument's, for the refusal.
    :raises ValueError: if it is no whole number of 1 or more.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} is {for_message(value)}; give a whole number, 1 or more")
    return value


def statuses(name: str, value: object) -> tuple[str, ...]:
    """
    Read a list of vetting statuses.

    :param name: the argument's, for the refusal.
    :raises ValueError: if it is something else; also a single text, whose letters would be taken for statuses.
    """
    if isinstance(value, list | tuple | set | frozenset) and all(isinstance(status, str) for status in value):
        return tuple(value)
    example = value if isinstance(value, str) else "Escalated"
    raise ValueError(f"{name} is {for_message(value)}; give a list of texts, for example [{for_message(example)}]")


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
    Read the arguments about waiting that the operators and the sensor share, see :class:`.WaitOptions`.

    :raises ValueError: naming the argument that cannot work.
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
    """Tell whether somebody started this run, in the UI, on the command line or over the API; a schedule is nobody."""
    run_type = getattr(context.get("dag_run"), "run_type", "manual")
    return getattr(run_type, "value", run_type) == "manual"
