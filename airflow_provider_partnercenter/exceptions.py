"""How tasks of this provider end other than well, in Airflow's terms."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_partnercenter.client.errors import PartnerCenterError

if TYPE_CHECKING:
    from collections.abc import Iterator


class QualificationDeniedError(AirflowFailException):
    """Microsoft denied the qualification; retrying cannot help."""


class QualificationAbsentError(AirflowFailException):
    """The customer has no such qualification, and none was requested."""


class PermanentFailureError(AirflowFailException):
    """Partner Center, or the arguments, refuse this for good; retrying cannot help."""


class CustomersNotQualifiedError(AirflowFailException):
    """Some of many customers are not qualified; retrying cannot help."""


class SubmissionsFailedError(AirflowException):
    """Some of many customers could not be requested for now; the next try goes on with them."""


class TriggerEventError(AirflowException):
    """The trigger's event cannot be understood, for example because it is of another version of this provider."""


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
