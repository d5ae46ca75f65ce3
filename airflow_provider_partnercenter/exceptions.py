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
    """
    Microsoft denied the qualification. A retry cannot help.

    What to do: what the message says for Microsoft's reason; then a person may request it again with
    ``resubmit_denied_of``.
    """


class QualificationAbsentError(AirflowFailException):
    """
    The customer does not have the qualification, and no request for it is visible. Airflow does not retry.

    What to do: submit a request first, or set ``if_absent='wait'`` to wait for one from elsewhere.
    """


class PermanentFailureError(AirflowFailException):
    """
    A retry cannot help, for example because an argument is invalid or Partner Center refuses the request.

    What to do: what the message says. Then clear the task.

    :ivar error: the error of Partner Center behind it, if there is one.
    """

    error: PartnerCenterError | None = None


class CustomersNotQualifiedError(AirflowFailException):
    """
    The report of a task for many customers contains problems, such as denials. Airflow does not retry.

    What to do: follow the hints in the report, for each customer.
    """


class SubmissionsFailedError(AirflowException):
    """
    Requests for some of the customers could not be submitted yet. The next try continues with them.

    What to do: nothing, if the task is retried; nothing is submitted twice.
    """


class GivenUpError(AirflowFailException):
    """
    A person who was asked gave up, or nobody answered and that means the same. Airflow does not retry.

    What to do: nothing. To request the qualification again, start another run for the customer.
    """


class UnansweredError(AirflowException):
    """
    Nobody answered in time. A retry asks again.

    What to do: answer the question under Required Actions in Airflow, or give people more time with
    ``response_timeout``.
    """


class OnboardingRefusedError(AirflowFailException):
    """
    An event or a verdict cannot start its run: it is not valid, or the DAG refuses it. Airflow does not retry.

    What to do: whoever sends the event must correct what the message names, and send it again.
    """


class OnboardingNotStartedError(AirflowException):
    """
    Airflow's API could not start a run at the moment. Another call, or a retry of the task, may.

    What to do: nothing, if the task is retried or the queue delivers the message again.
    """


class QueueUnavailableError(AirflowException):
    """
    A message queue cannot be reached, or its Airflow connection is missing or wrong. A retry may help.

    What to do: see whether the queue runs, and check its connection in Airflow. It keeps all messages that were not
    acknowledged.
    """


class TriggerEventError(AirflowException):
    """
    The trigger's event is missing or unreadable, for example because another version of this provider sent it.

    What to do: nothing, if the task is retried: it waits again. If it happens again, let workers and triggerers run the
    same version of this provider.
    """


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
