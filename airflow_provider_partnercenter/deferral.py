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
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

from airflow.sdk.exceptions import AirflowSensorTimeout

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterInvalidRequestError,
    error_from_dict,
)
from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.client.vetting import MAX_ATTEMPTS, Outcome, describe
from airflow_provider_partnercenter.client.waiting import Sighting, Wait, moment
from airflow_provider_partnercenter.client.wire import parse_date
from airflow_provider_partnercenter.exceptions import (
    PermanentFailureError,
    QualificationAbsentError,
    QualificationDeniedError,
    TriggerEventError,
)

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator, Context

OnDenied = Literal["fail", "return"]
Choice = TypeVar("Choice", bound=str)

EVENT_VERSION = 1
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
        raise PermanentFailureError(str(error)) from error


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
    document = value
    if isinstance(value, str):
        text = value.strip()
        if text in ("", "None"):
            return None
        try:
            document = ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            with contextlib.suppress(ValueError, RecursionError):
                document = json.loads(text)
    if document is None:
        return None
    if not isinstance(document, Mapping) or not {"customer_id", "qualification", "submitted"} <= document.keys():
        raise PartnerCenterInvalidRequestError(
            "submission is not the result of PartnerCenterUpdateQualificationOperator",
            hint="give its output (submit.output), or \"{{ ti.xcom_pull('submit') }}\"",
        )
    return dict(document)


def begin_wait(
    customer_id: str,
    qualification: Qualification,
    *,
    submission: Mapping[str, Any] | None,
    timeout: float,
    propagation_grace: float,
    started_at: float | None = None,
    **options: Any,
) -> Wait:
    """
    Fix what a wait compares against and when it ends; it must not change when another process takes over.

    :param submission: the result of the submission that is waited for, if there was one.
    :param timeout: seconds that the wait may last.
    :param propagation_grace: seconds after which a submission, or a new customer, is sure to be visible.
    :param started_at: when the wait began, if not now; seconds since the epoch.
    """
    started_at = time.time() if started_at is None else started_at
    baseline, changed_at = None, started_at
    if submission and submission["submitted"]:
        baseline = list(submission.get("baseline") or ())
        submitted_at = parse_date(str(submission.get("submitted_at") or ""))
        changed_at = submitted_at.timestamp() if submitted_at else started_at
    return Wait(
        customer_id,
        str(qualification),
        started_at,
        deadline=started_at + timeout,
        settled_at=changed_at + propagation_grace,
        baseline=baseline,
        **options,
    )


def defer(
    operator: BaseOperator,
    wait: Wait,
    *,
    partnercenter_conn_id: str,
    submission: Mapping[str, Any] | None = None,
    silent_fail: bool = False,
    end_from_trigger: bool = False,
) -> NoReturn:
    """
    Hand the wait to the triggerer; the task's worker is free from here on.

    :raises TaskDeferred: always; it is how Airflow does this.
    """
    from airflow_provider_partnercenter.triggers.qualification import PartnerCenterQualificationTrigger

    now = time.time()
    operator.log.info("Waiting in the triggerer, until %s at the latest.", moment(wait.deadline))
    operator.defer(
        trigger=PartnerCenterQualificationTrigger(
            partnercenter_conn_id=partnercenter_conn_id,
            wait=wait.to_dict(),
            not_before=now + MIN_DEFERRAL,
            submission=dict(submission) if submission else None,
            silent_fail=silent_fail,
            end_from_trigger=end_from_trigger,
        ),
        method_name="execute_complete",
        timeout=timedelta(seconds=max(wait.deadline - now, MIN_DEFERRAL) + BACKSTOP),
    )


def result_of(wait: Wait, sighting: Sighting, submission: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the plain dictionary for XCom: what the wait found, and of an operator's wait the submission's record."""
    found = describe(wait.customer_id, sighting.verdict, Qualification(wait.qualification), wait.earlier)
    return {**(submission or {}), **found}


def make_event(wait: Wait, sighting: Sighting, submission: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the trigger's event for the end of a wait."""
    status = sighting.verdict.outcome.value if sighting.ended else "timeout"
    return {
        "version": EVENT_VERSION,
        "status": status,
        "result": result_of(wait, sighting, submission),
        "summary": sighting.summary,
        "waited": round(time.time() - wait.started_at),
    }


def make_error_event(error: PartnerCenterError) -> dict[str, Any]:
    """Return the trigger's event for an error that ends the wait."""
    return {"version": EVENT_VERSION, "status": "error", "error": error.to_dict()}


def conclude_event(context: Context, operator: BaseOperator, event: object, on_denied: OnDenied) -> dict[str, Any]:
    """
    End the task by the trigger's event.

    :return: the result, if that is how it ends.
    :raises TriggerEventError: if the event is missing, of another version, or says something unknown.
    """
    if not isinstance(event, Mapping):
        raise TriggerEventError("The trigger ended without an event; the task is retried and waits again.")
    if event.get("version") != EVENT_VERSION:
        raise TriggerEventError(
            f"The trigger's event is of version {event.get('version')!r}, this worker understands {EVENT_VERSION}: "
            "workers and triggerers run different versions of airflow-provider-partnercenter."
        )
    status = event.get("status")
    if status == "error" and isinstance(event.get("error"), Mapping):
        with permanent_errors_fail():
            raise error_from_dict(event["error"])
    result = event.get("result")
    if isinstance(result, Mapping):
        if status == "timeout":
            raise timed_out(str(event.get("summary")), float(event.get("waited") or 0))
        if status in (Outcome.APPROVED, Outcome.DENIED, Outcome.ABSENT):
            return conclude(context, operator, dict(result), on_denied)
    raise TriggerEventError(f"The trigger's event has the status {status!r}, which this version does not know.")


def conclude(context: Context, operator: BaseOperator, result: dict[str, Any], on_denied: OnDenied) -> dict[str, Any]:
    """
    End the task by what was found.

    :param result: as of :func:`result_of`.
    :return: the result: of an approval, or of a denial that is to be returned.
    :raises QualificationDeniedError: of a denial that is to fail; the result is pushed as XCom first.
    :raises QualificationAbsentError: if there is no such qualification.
    """
    customer, qualification = result["customer_id"], result["qualification"]
    if result["outcome"] == Outcome.ABSENT:
        raise QualificationAbsentError(
            f"Customer {customer} has no {qualification} qualification, and no request for one is visible. "
            "What to do: submit one first (PartnerCenterUpdateQualificationOperator), or wait with if_absent='wait' "
            "for one that somebody else submits."
        )
    if result["outcome"] == Outcome.DENIED:
        message = (
            f"Microsoft denied {qualification} for customer {customer}: "
            f"{result['vetting_reason'] or 'no reason given'}. What to do: {result['hint']}. "
            f"At most {result['attempts_left']} of {MAX_ATTEMPTS} verification requests are left."
        )
        if on_denied == "fail":
            if operator.do_xcom_push and "ti" in context:
                context["ti"].xcom_push(key="return_value", value=result)
            raise QualificationDeniedError(message)
        operator.log.warning(message)
    else:
        operator.log.info("Customer %s: %s is %s.", customer, qualification, result["outcome"].replace("_", " "))
    return result


def timed_out(summary: str, waited: float) -> AirflowSensorTimeout:
    """Make the error of a wait that ended without a verdict."""
    return AirflowSensorTimeout(f"No verdict after {timedelta(seconds=round(waited))}. Last seen: {summary}.")
