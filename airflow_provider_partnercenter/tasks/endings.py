"""How a task ends by what was found: with a result, or with the exception that Airflow needs."""

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
    End the task by how its wait ended.

    :return: the result, if that is how it ends.
    :raises QualificationDeniedError: see :func:`conclude`.
    :raises QualificationAbsentError: if there is no such qualification.
    :raises AirflowSensorTimeout: if there was no verdict in time.
    """
    suffix = f" [correlation id {ending.correlation_id}]" if ending.correlation_id else ""
    what = f"{ending.result['qualification']} for customer {ending.result['customer_id']}"
    if ending.status == TIMED_OUT:
        raise AirflowSensorTimeout(
            f"No verdict on {what} after {ending.waited}. Last seen: {ending.summary}. What to do: ask Microsoft's "
            f"support about the request, or clear the task to wait on.{suffix}"
        )
    if ending.status == Outcome.ABSENT and ending.submitted:
        raise QualificationAbsentError(
            f"The request of {what}, submitted {ending.submitted}, is not visible. What to do: look at the customer "
            f"in Partner Center; do not submit again before that.{suffix}"
        )
    if ending.status == Outcome.ABSENT:
        raise QualificationAbsentError(
            f"There is no {what}, and no request for it is visible. What to do: submit one first "
            "(PartnerCenterUpdateQualificationOperator), or wait with if_absent='wait' for one that somebody else "
            f"submits.{suffix}"
        )
    return conclude(context, operator, ending.result, on_denied, suffix)


def conclude(
    context: Context, operator: BaseOperator, result: dict[str, Any], on_denied: OnDenied, suffix: str = ""
) -> dict[str, Any]:
    """
    End the task by what was found.

    :param result: the dictionary for XCom.
    :param suffix: the correlation id, as the end of the message.
    :return: the result, unless it is a denial that is to fail.
    :raises QualificationDeniedError: of such a denial; the result is pushed as XCom first.
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
    """Push the result of a task that is about to fail, as Airflow does with what a task returns."""
    if operator.do_xcom_push and "ti" in context:
        context["ti"].xcom_push(key="return_value", value=result)
