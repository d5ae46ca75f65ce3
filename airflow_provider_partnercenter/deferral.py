"""
What the sensor and the update operator share on Airflow's side: going to sleep, waking up, and how a task ends.

The decisions are those of :mod:`.client.waiting`; here they become XComs and exceptions.
"""

from __future__ import annotations

import ast
import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

from airflow.sdk.exceptions import AirflowSensorTimeout

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterInvalidRequestError,
    error_from_dict,
)
from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.exceptions import (
    PermanentFailureError,
    QualificationAbsentError,
    QualificationDeniedError,
    TriggerEventError,
)
from airflow_provider_partnercenter.qualification.vetting import MAX_ATTEMPTS, Outcome, describe
from airflow_provider_partnercenter.qualification.waiting import Sighting, Wait, moment

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator, Context

OnDenied = Literal["fail", "return"]
Choice = TypeVar("Choice", bound=str)

EVENT_VERSION = 1
# What an event may say besides the outcomes that end a wait.
TIMEOUT, ERROR = "timeout", "error"
_RESULT = {"customer_id", "qualification", "vetting_status", "vetting_reason", "vetting_created_date", "outcome"}
# A deferral that ends while the scheduler still settles it gets the task failed (measured on Airflow 3.3.2: 13 of 80
# tasks resumed after 1 s, none of 160 after 5 s), and a rescheduling likewise (6 of 8 tasks with an interval of 1 s).
# So nothing brings a task back to a worker earlier than this many seconds.
MIN_DEFERRAL = 10.0
# The trigger ends itself at the deadline; Airflow's own deferral time-out comes so much later, in case it is gone.
BACKSTOP = 120.0


@contextlib.contextmanager
def permanent_errors_fail() -> Iterator[None]:
    """Turn an error that no retry can cure into one that Airflow does not retry."""
    try:
        yield
    except PartnerCenterError as error:
        if error.retryable:
            raise
        # The message is complete; how it came about would only bury it in the task's log.
        raise PermanentFailureError(str(error)) from None


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


def defer(
    operator: BaseOperator,
    wait: Wait,
    *,
    partnercenter_conn_id: str,
    seen: Sighting | None = None,
    submission: Mapping[str, Any] | None = None,
    silent_fail: bool = False,
    end_from_trigger: bool = False,
) -> NoReturn:
    """
    Hand the wait to the triggerer; the task's worker is free from here on.

    :param seen: what the worker saw.
    :param submission: the record of the submission that is waited for, if this is its task.
    :raises TaskDeferred: always; it is how Airflow does this.
    """
    from airflow_provider_partnercenter.triggers.qualification import PartnerCenterQualificationTrigger

    now = time.time()
    if seen:
        wait = replace(wait, seen=replace(seen, trouble=None).summary(wait.seen))
    # The baseline travels once, with what is compared against it.
    record = {name: value for name, value in (submission or {}).items() if name != "baseline" or wait.baseline is None}
    operator.log.info("Waiting in the triggerer, until %s at the latest.", moment(wait.deadline))
    operator.defer(
        trigger=PartnerCenterQualificationTrigger(
            partnercenter_conn_id=partnercenter_conn_id,
            wait=wait.to_dict(),
            not_before=now + MIN_DEFERRAL,
            submission=record or None,
            silent_fail=silent_fail,
            end_from_trigger=end_from_trigger,
            push_result=operator.do_xcom_push,
        ),
        method_name="execute_complete",
        timeout=timedelta(seconds=max(wait.deadline - now, MIN_DEFERRAL) + BACKSTOP),
    )


def make_event(wait: Wait, sighting: Sighting, submission: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """
    Return the event for the end of a wait: the trigger sends it, a wait on a worker ends by it too.

    :param submission: the record of the submission that was waited for, if it is this task's own.
    """
    found = describe(wait.customer_id, sighting.verdict, Qualification(wait.qualification))
    return {
        "version": EVENT_VERSION,
        "status": sighting.verdict.outcome.value if sighting.ended else TIMEOUT,
        "result": {"baseline": wait.baseline, **submission, **found} if submission else found,
        "summary": sighting.summary(wait.seen),
        "submitted": wait.submitted,
        "waited": str(timedelta(seconds=round(time.time() - wait.started_at))),
        "correlation_id": sighting.correlation_id,
    }


def make_error_event(error: PartnerCenterError) -> dict[str, Any]:
    """Return the trigger's event for an error that ends the wait."""
    return {"version": EVENT_VERSION, "status": ERROR, "error": error.to_dict()}


def read_event(event: object) -> Mapping[str, Any]:
    """
    Return the event that ended a deferral.

    :raises TriggerEventError: if there is none, or one of another version.
    :raises PermanentFailureError: if the trigger ended with an error that no retry cures.
    :raises PartnerCenterError: if it ended with another one.
    """
    if not isinstance(event, Mapping):
        raise TriggerEventError("The trigger ended without an event; the task is retried and waits again.")
    if event.get("version") != EVENT_VERSION:
        raise TriggerEventError(
            f"The trigger's event is of version {event.get('version')!r}, this worker understands {EVENT_VERSION}: "
            "workers and triggerers run different versions of airflow-provider-partnercenter."
        )
    if event.get("status") == ERROR and isinstance(event.get("error"), Mapping):
        with permanent_errors_fail():
            raise error_from_dict(event["error"])
    return event


def conclude_event(context: Context, operator: BaseOperator, event: object, on_denied: OnDenied) -> dict[str, Any]:
    """
    End the task by the trigger's event.

    :return: the result, if that is how it ends.
    :raises TriggerEventError: if the event is missing, of another version, or says something unknown.
    :raises QualificationDeniedError: see :func:`conclude`.
    :raises QualificationAbsentError: if there is no such qualification.
    :raises AirflowSensorTimeout: if there was no verdict in time.
    """
    event = read_event(event)
    status, result = event.get("status"), event.get("result")
    if not isinstance(result, Mapping) or not result.keys() >= _RESULT:
        raise TriggerEventError(f"The trigger's event, with the status {status!r}, has no complete result.")
    told = f" [correlation id {event['correlation_id']}]" if event.get("correlation_id") else ""
    what = f"{result['qualification']} for customer {result['customer_id']}"
    if status == TIMEOUT:
        raise AirflowSensorTimeout(
            f"No verdict on {what} after {event.get('waited')}. Last seen: {event.get('summary')}. What to do: ask "
            f"Microsoft's support about the request, or clear the task to wait on.{told}"
        )
    if status == Outcome.ABSENT and event.get("submitted"):
        raise QualificationAbsentError(
            f"The request of {what}, submitted {event['submitted']}, is not visible. What to do: look at the customer "
            f"in Partner Center; do not submit again before that.{told}"
        )
    if status == Outcome.ABSENT:
        raise QualificationAbsentError(
            f"There is no {what}, and no request for it is visible. What to do: submit one first "
            "(PartnerCenterUpdateQualificationOperator), or wait with if_absent='wait' for one that somebody else "
            f"submits.{told}"
        )
    if status not in (Outcome.APPROVED, Outcome.DENIED) or result["outcome"] != status:
        raise TriggerEventError(f"The trigger's event has the status {status!r}, which this version does not know.")
    return conclude(context, operator, dict(result), on_denied, told)


def conclude(
    context: Context, operator: BaseOperator, result: dict[str, Any], on_denied: OnDenied, told: str = ""
) -> dict[str, Any]:
    """
    End the task by what was found.

    :param result: the dictionary for XCom.
    :param told: the correlation id, as the end of the message.
    :return: the result, unless it is a denial that is to fail.
    :raises QualificationDeniedError: of such a denial; the result is pushed as XCom first.
    """
    what = f"{result['qualification']} for customer {result['customer_id']}"
    if result["outcome"] != Outcome.DENIED:
        operator.log.info("%s: %s.%s", what, result["outcome"].replace("_", " "), told)
        return result
    message = (
        f"Microsoft denied {what}: {result['vetting_reason'] or 'no reason given'}. What to do: {result.get('hint')}. "
        f"At most {result.get('attempts_left')} of {MAX_ATTEMPTS} verification requests are left.{told}"
    )
    if on_denied == "return":
        operator.log.warning(message)
        return result
    if operator.do_xcom_push and "ti" in context:
        context["ti"].xcom_push(key="return_value", value=result)
    raise QualificationDeniedError(message)
