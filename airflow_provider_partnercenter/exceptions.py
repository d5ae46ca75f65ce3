"""Airflow exceptions that the tasks of this provider raise, and what a task logs before it raises them."""

from __future__ import annotations

import contextlib
import copy
import logging
import textwrap
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.compat import AirflowException, AirflowFailException

if TYPE_CHECKING:
    from collections.abc import Iterator


log = logging.getLogger(__name__)

# Characters. In a window of 1440 pixels, Airflow's log view has room for about 105 beside the time and the level.
_WIDTH = 100


class QualificationDeniedError(AirflowFailException):
    """Microsoft denied the qualification. A retry cannot help."""


class QualificationAbsentError(AirflowFailException):
    """The customer does not have the qualification, and no request for it is visible. Airflow does not retry."""


class PermanentFailureError(AirflowFailException):
    """
    A retry cannot help, for example because an argument is invalid or Partner Center refuses the request.

    :ivar error: the error of Partner Center behind it, if there is one.
    """

    error: PartnerCenterError | None = None


class CustomersNotQualifiedError(AirflowFailException):
    """The report of a task for many customers contains problems, such as denials. Airflow does not retry."""


class SubmissionsFailedError(AirflowException):
    """Requests for some of the customers could not be submitted yet. The next try continues with them."""


class GivenUpError(AirflowFailException):
    """A person who was asked gave up, or nobody answered and that means the same. Airflow does not retry."""


class UnansweredError(AirflowException):
    """Nobody answered in time. A retry asks again."""


class OnboardingRefusedError(AirflowFailException):
    """An event or a verdict cannot start its run: it is not valid, or the DAG refuses it. Airflow does not retry."""


class OnboardingNotStartedError(AirflowException):
    """Airflow's API could not start a run at the moment. Another call, or a retry of the task, may."""


class QueueUnavailableError(AirflowException):
    """A message queue cannot be reached, or its Airflow connection is missing or wrong. A retry may help."""


class TriggerEventError(AirflowException):
    """The trigger's event is missing or unreadable, for example because another version of this provider sent it."""


def tell(*lines: str, level: int = logging.ERROR) -> str:
    """
    Log how a task ends, on lines that Airflow's log view shows without scrolling sideways.

    :param lines: what happened, what to do, and the ids; empty ones are left out.
    :return: the same on one line, for an exception.
    """
    for line in lines:
        for part in textwrap.wrap(line, _WIDTH, subsequent_indent="    ", break_on_hyphens=False):
            log.log(level, "%s", part)
    return " ".join(filter(None, lines))


@contextlib.contextmanager
def permanent_errors_fail() -> Iterator[None]:
    """
    Log an error of Partner Center, and turn one that no retry can cure into a :class:`PermanentFailureError`.

    The traceback begins here. What led to the error is in its message, and would bury it in the task's log.
    """
    try:
        yield
    except PartnerCenterError as error:
        message = tell(*error.lines)
        if error.retryable:
            # A copy, because contextlib would restore the traceback of the same exception.
            raise copy.copy(error) from None
        failure = PermanentFailureError(message)
        failure.error = error
        raise failure from None
