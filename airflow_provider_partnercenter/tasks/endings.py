"""End a task, with a result or with the exception that Airflow needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSensorTimeout

from airflow_provider_partnercenter.exceptions import QualificationAbsentError, QualificationDeniedError
from airflow_provider_partnercenter.qualification.vetting import MAX_ATTEMPTS, Outcome
from airflow_provider_partnercenter.triggers.payloads import TIMED_OUT

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator, Context

    from airflow_provider_partnercenter.tasks.arguments import OnDenied
    from airflow_provider_partnercenter.triggers.payloads import Ending


def conclude_wait(context: Context, operator: BaseOperator, ending: Ending, on_denied: OnDenied) -> dict[str, Any]:
    """
    End the task after a wait.

    :return: the result, if the task succeeds.
    :raises QualificationDeniedError: if the qualification is denied and ``on_denied`` is ``"fail"``.
    :raises QualificationAbsentError: if the customer does not have the qualification.
    :raises AirflowSensorTimeout: if there was no verdict in time.
    """
    suffix = f" [correlation id {ending.correlation_id}]" if ending.correlation_id else ""
    what = f"{ending.result['qualification']} for customer {ending.result['customer_id']}"
    if ending.status == TIMED_OUT:
        raise AirflowSensorTimeout(
            f"No verdict on {what} arrived within {ending.waited}. Last seen: {ending.summary}. What to do: ask "
            f"Microsoft's support about the request, or clear the task to keep waiting.{suffix}"
        )
    if ending.status == Outcome.ABSENT and ending.submitted:
        raise QualificationAbsentError(
            f"Partner Center does not show the request for {what}, submitted {ending.submitted}. What to do: "
            f"check the customer in Partner Center before you submit again.{suffix}"
        )
    if ending.status == Outcome.ABSENT:
        raise QualificationAbsentError(
            f"There is no qualification {what}, and no request for it is visible. What to do: submit a request first "
            "(PartnerCenterUpdateQualificationOperator), or set if_absent='wait' to wait for a request from "
            f"elsewhere.{suffix}"
        )
    return conclude(context, operator, ending.result, on_denied, suffix)


def conclude(
    context: Context, operator: BaseOperator, result: dict[str, Any], on_denied: OnDenied, suffix: str = ""
) -> dict[str, Any]:
    """
    End the task with a result.

    :param result: the dictionary for XCom.
    :param suffix: the correlation id, for the end of the message.
    :return: the result, if the task succeeds.
    :raises QualificationDeniedError: if the qualification is denied and ``on_denied`` is ``"fail"``. The result is
        pushed as XCom first.
    """
    what = f"{result['qualification']} for customer {result['customer_id']}"
    if result["outcome"] != Outcome.DENIED:
        operator.log.info("%s: %s.%s", what, result["outcome"].replace("_", " "), suffix)
        return result
    message = (
        f"Microsoft denied {what}: {result['vetting_reason'] or 'no reason given'}. What to do: {result.get('hint')}. "
        f"At most {result.get('attempts_left')} of {MAX_ATTEMPTS} verification requests are left.{suffix}"
    )
    if on_denied == "return":
        operator.log.warning(message)
        return result
    push_result(context, operator, result)
    raise QualificationDeniedError(message)


def push_result(context: Context, operator: BaseOperator, result: dict[str, Any]) -> None:
    """Push the result of a task that is about to fail, as Airflow pushes the return value of a task."""
    if operator.do_xcom_push and "ti" in context:
        context["ti"].xcom_push(key="return_value", value=result)
