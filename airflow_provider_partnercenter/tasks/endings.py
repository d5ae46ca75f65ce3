"""End a task, with a result or with the exception that Airflow needs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.compat import AirflowSensorTimeout
from airflow_provider_partnercenter.exceptions import QualificationAbsentError, QualificationDeniedError, tell
from airflow_provider_partnercenter.qualification.vetting import MAX_ATTEMPTS, Outcome
from airflow_provider_partnercenter.tasks.telling.pushing import source_of, tell_customer
from airflow_provider_partnercenter.tasks.telling.states import ended
from airflow_provider_partnercenter.tasks.verdicts import emit_verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import BaseOperator, Context

    from airflow_provider_partnercenter.tasks.arguments import OnDenied
    from airflow_provider_partnercenter.tasks.telling.states import Source
    from airflow_provider_partnercenter.triggers.payloads import Ending

_REQUEST_FIRST = (
    "submit a request first (PartnerCenterUpdateQualificationOperator), or set if_absent='wait' to wait for a request "
    "from elsewhere"
)


def conclude_wait(
    context: Context,
    operator: BaseOperator,
    ending: Ending,
    on_denied: OnDenied,
    submission: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """
    End the task after a wait.

    :param submission: the record of the submission, if another task made it. An event of the verdict has its ids.
    :return: the result, if the task succeeds.
    :raises QualificationDeniedError: if the qualification is denied and ``on_denied`` is ``"fail"``.
    :raises QualificationAbsentError: if the customer does not have the qualification.
    :raises AirflowSensorTimeout: if there was no verdict in time.
    """
    state = ended(source_of(context, operator), ending.result, clock.now(), ending=ending, submission=submission)
    tell_customer(context, operator, state)
    ids = f"[correlation id {ending.correlation_id}]" if ending.correlation_id else ""
    customer, qualification = f"Customer {ending.result['customer_id']}:", ending.result["qualification"]
    if ending.timed_out:
        raise AirflowSensorTimeout(
            tell(
                f"{customer} no verdict on {qualification} within {ending.waited}. Last seen: {ending.summary}.",
                "What to do: ask Microsoft's support about the request, or clear the task to keep waiting.",
                ids,
            )
        )
    if ending.status == Outcome.ABSENT and ending.submitted:
        raise QualificationAbsentError(
            tell(
                f"{customer} Partner Center does not show the request of {ending.submitted} for {qualification}.",
                "What to do: check the customer in Partner Center before you submit again.",
                ids,
            )
        )
    if ending.status == Outcome.ABSENT:
        raise QualificationAbsentError(
            tell(
                f"{customer} there is no qualification {qualification}, and no request for it is visible.",
                f"What to do: {_REQUEST_FIRST}.",
                ids,
            )
        )
    return _conclude(context, operator, ending.result, on_denied, ids, submission)


def conclude(
    context: Context,
    operator: BaseOperator,
    result: dict[str, Any],
    on_denied: OnDenied,
    source: Source,
) -> dict[str, Any]:
    """
    End the task with a result. If there is a verdict in it and the task succeeds, its outlets emit the verdict.

    :param result: the dictionary for XCom.
    :param source: where the task works, and with whom.
    :return: the result, if the task succeeds.
    :raises QualificationDeniedError: if the qualification is denied and ``on_denied`` is ``"fail"``. The result is
        pushed as XCom first.
    """
    tell_customer(context, operator, ended(source, result, clock.now()))
    return _conclude(context, operator, result, on_denied)


def _conclude(
    context: Context,
    operator: BaseOperator,
    result: dict[str, Any],
    on_denied: OnDenied,
    ids: str = "",
    submission: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    if not ids and result.get("correlation_id"):
        ids = f"[correlation id {result['correlation_id']}]"
    customer, qualification = f"Customer {result['customer_id']}:", result["qualification"]
    if result["outcome"] != Outcome.DENIED:
        tell(f"{customer} {qualification} is {result['outcome'].replace('_', ' ')}. {ids}", level=logging.INFO)
        emit_verdict(context, operator, {**(submission or {}), **result})
        return result
    left = f"At most {result.get('attempts_left')} of {MAX_ATTEMPTS} verification requests are left."
    lines = (
        f"{customer} Microsoft denied {qualification}: {result['vetting_reason'] or 'no reason given'}. {left}",
        f"What to do: {result.get('hint')}.",
        ids,
    )
    if on_denied == "return":
        tell(*lines, level=logging.WARNING)
        emit_verdict(context, operator, {**(submission or {}), **result})
        return result
    push_result(context, operator, result)
    raise QualificationDeniedError(tell(*lines))


def push_result(context: Context, operator: BaseOperator, result: dict[str, Any]) -> None:
    """Push the result of a task that is about to fail, as Airflow pushes the return value of a task."""
    if operator.do_xcom_push and "ti" in context:
        context["ti"].xcom_push(key="return_value", value=result)
