"""Airflow exceptions that the tasks of this provider raise."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_partnercenter.client.errors import PartnerCenterError

if TYPE_CHECKING:
    from collections.abc import Iterator


class QualificationDeniedError(AirflowFailException):
    """Microsoft denied the qualification. A retry cannot help."""


class QualificationAbsentError(AirflowFailException):
    """The customer does not have the qualification, and no request for it is visible. Airflow does not retry."""


class PermanentFailureError(AirflowFailException):
    """A retry cannot help, for example because an argument is invalid or Partner Center refuses the request."""


class CustomersNotQualifiedError(AirflowFailException):
    """The report of a task for many customers contains problems, such as denials. Airflow does not retry."""


class SubmissionsFailedError(AirflowException):
    """Requests for some of the customers could not be submitted yet. The next try continues with them."""


class TriggerEventError(AirflowException):
    """The trigger's event is missing or unreadable, for example because another version of this provider sent it."""


@contextlib.contextmanager
def permanent_errors_fail() -> Iterator[None]:
    """Turn an error that no retry can cure into a :class:`PermanentFailureError`, which Airflow does not retry."""
    try:
        yield
    except PartnerCenterError as error:
        if error.retryable:
            raise
        # The message is complete. A chained traceback would bury it in the task's log.
        raise PermanentFailureError(str(error)) from None
