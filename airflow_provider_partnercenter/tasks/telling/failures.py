"""Tell that a task failed, if no other try follows."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterInvalidRequestError,
    PartnerCenterUnknownOutcomeError,
)
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid, to_qualification
from airflow_provider_partnercenter.compat import (
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferralTimeout,
)
from airflow_provider_partnercenter.exceptions import (
    GivenUpError,
    PermanentFailureError,
    QualificationAbsentError,
    QualificationDeniedError,
)
from airflow_provider_partnercenter.qualification.states.customer import State
from airflow_provider_partnercenter.tasks.telling.pushing import source_of, tell_customer
from airflow_provider_partnercenter.tasks.telling.states import failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow.sdk import BaseOperator, Context

# Whoever raises these has told it.
_TOLD = (
    AirflowSkipException,
    AirflowSensorTimeout,
    GivenUpError,
    QualificationAbsentError,
    QualificationDeniedError,
)


@contextlib.contextmanager
def failures_told(context: Context, operator: BaseOperator, state: State = State.FAILED) -> Iterator[None]:
    """
    Tell how a task for one customer failed, unless Airflow retries it or whoever failed has told it.

    :param operator: it has a ``customer_id`` and a ``qualification``.
    :param state: how the customer stands then, as far as the task knows.
    """
    try:
        yield
    except _TOLD:
        raise
    except Exception as problem:
        if isinstance(problem, AirflowFailException | TaskDeferralTimeout) or not _has_tries_left(context):
            _tell(context, operator, problem, state)
        raise


def _has_tries_left(context: Context) -> bool:
    ti = context.get("ti")
    return ti is not None and ti.try_number <= getattr(ti, "max_tries", 0)


def _tell(context: Context, operator: Any, problem: Exception, state: State) -> None:
    error = problem.error if isinstance(problem, PermanentFailureError) else problem
    told: dict[str, Any] = {"state": state, "reason": f"{type(problem).__name__}, see the log of the task"}
    if isinstance(error, PartnerCenterError):
        told |= {"reason": error.lines[0], "hint": error.hint}
        told |= {"request_id": error.request_id, "correlation_id": error.correlation_id}
        if isinstance(error, PartnerCenterUnknownOutcomeError):
            told["state"] = State.UNKNOWN
    elif isinstance(problem, TaskDeferralTimeout):
        told |= {"state": State.TIMED_OUT, "reason": "the trigger did not report what it last saw"}
    elif type(problem).__module__.startswith(__name__.partition(".")[0]):
        # Our own exceptions say in their text what happened, without a secret.
        told["reason"] = str(problem)
    # If they are invalid, that may be why it failed.
    customer = as_given(customer_guid, operator.customer_id)
    qualification = as_given(to_qualification, operator.qualification)
    tell_customer(context, operator, failed(source_of(context, operator), customer, qualification, clock.now(), **told))


def as_given(read: Callable[[Any], Any], value: object) -> str:
    """Return an argument as it is read, or as it was given if it cannot be."""
    with contextlib.suppress(PartnerCenterInvalidRequestError):
        return str(read(value))
    return str(value or "")
