"""What a task does that starts onboardings from the messages of a queue, whatever queue that is."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowRuntimeError

from airflow_provider_partnercenter.client.wire import printable
from airflow_provider_partnercenter.compat import AirflowException
from airflow_provider_partnercenter.exceptions import (
    OnboardingNotStartedError,
    OnboardingRefusedError,
    QueueUnavailableError,
    tell,
)
from airflow_provider_partnercenter.tasks.starting import start_onboarding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

log = logging.getLogger(__name__)


class Settle(StrEnum):
    """How to settle a message."""

    #: Its run exists: acknowledge it.
    DONE = "done"
    #: It cannot start a run: move it to the dead letters, where a person looks at it.
    DEAD_LETTER = "dead_letter"
    #: Its run could not be started now: do not acknowledge it, so that the queue delivers it again.
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Settlement:
    """
    What to do with a message.

    :param how: how to settle it.
    :param reason: why its run was not started, on one line; empty if the run exists.
    """

    how: Settle
    reason: str = ""


class QueuedOnboardings:
    """
    Start the runs that messages ask for, say how each message is settled, and sum up at the end.

    A message must not be settled before :meth:`onboard` or :meth:`refuse` has returned. If its worker dies earlier, the
    queue delivers it again; its run is then found or started, never doubled.

    :param dag_id: the DAG to start; ``onboard_customer`` by default.
    :param params: params of that DAG that the messages do not give; none by default.
    :param most_deliveries: how often a message may be delivered; 10 by default. If its run cannot be started at the
        last of these deliveries either, it is a dead letter.
    """

    def __init__(
        self, *, dag_id: str = "onboard_customer", params: Mapping[str, Any] | None = None, most_deliveries: int = 10
    ) -> None:
        self._dag_id, self._params, self._most_deliveries = dag_id, params, most_deliveries
        self._counts: Counter[str] = Counter(started=0, known=0, refused=0, left=0)
        # The first of each kind, for the message at the end.
        self._refusal = self._trouble = ""

    def onboard(self, message_id: str, body: object, deliveries: int) -> Settlement:
        """
        Start the run that a message asks for, unless it exists.

        :param message_id: the queue's id of the message, for the log.
        :param body: the event, see :func:`.onboarding.events.read_event`.
        :param deliveries: how often the message has been delivered, this time included.
        :return: what to do with the message.
        """
        if deliveries > self._most_deliveries:
            return self.refuse(message_id, f"{deliveries - 1} times the worker that took it gave no answer")
        try:
            start = start_onboarding(body, dag_id=self._dag_id, params=self._params)
        except OnboardingRefusedError as refusal:
            return self.refuse(message_id, str(refusal))
        except OnboardingNotStartedError as trouble:
            if deliveries == self._most_deliveries:
                return self.refuse(message_id, f"{trouble} (delivery {deliveries}, the last one)")
            return self._leave(message_id, str(trouble))
        self._counts["started" if start.new else "known"] += 1
        return Settlement(Settle.DONE)

    def refuse(self, message_id: str, reason: str) -> Settlement:
        """Make a message a dead letter, for a reason that the caller knows."""
        self._counts["refused"] += 1
        self._refusal = self._refusal or f"message {message_id}: {reason}"
        log.error("Message %s is a dead letter: %s", message_id, reason)
        return Settlement(Settle.DEAD_LETTER, reason)

    def _leave(self, message_id: str, reason: str) -> Settlement:
        self._counts["left"] += 1
        self._trouble = self._trouble or f"message {message_id}: {reason}"
        log.warning("Message %s stays in the queue: %s", message_id, reason)
        return Settlement(Settle.LEAVE, reason)

    def conclude(self) -> dict[str, int]:
        """
        End the task, once each message is settled.

        :return: how many messages there were: ``started`` (a new run), ``known`` (its run existed), ``refused`` and
            ``left``.
        :raises OnboardingRefusedError: if there are new dead letters, so that somebody looks at them. Airflow does not
            retry, which could not help; what was left, the next run of the DAG takes.
        :raises OnboardingNotStartedError: if messages were left, and none was refused. A retry takes them again.
        """
        counts = dict(self._counts)
        log.info("Of the messages: %s.", ", ".join(f"{count} {kind}" for kind, count in counts.items()))
        if self._refusal:
            raise OnboardingRefusedError(
                tell(
                    f"New dead letters: {counts['refused']}. The first, {self._refusal}",
                    "What to do: read the reasons of the dead letters, put right what is wrong, and send them again.",
                )
            )
        if self._trouble:
            raise OnboardingNotStartedError(
                tell(
                    f"Runs that could not be started now: {counts['left']}. The first, {self._trouble}",
                    "What to do: nothing yet. The queue delivers these messages again.",
                )
            )
        return counts


def require_library(module: str, extra: str) -> None:
    """
    Check that the library of a queue is installed, without the second or two that its import takes.

    Call it at the top of a DAG file, and import the library in the task: Airflow parses DAG files again and again.

    :param module: the module, for example ``airflow.providers.redis``.
    :param extra: the extra of this package that installs it.
    :raises ImportError: if it is not installed.
    """
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        # So is a package around it.
        found = None
    if found is None:
        raise ImportError(
            f"This DAG needs {module}, which is not installed. What to do: on all machines of Airflow, "
            f"pip install 'airflow-provider-partnercenter[{extra}]'; or remove the DAG file."
        )


@contextlib.contextmanager
def queue_errors_told(queue: str, *errors: type[Exception]) -> Iterator[None]:
    """
    Log an error of a queue or of its Airflow connection, and turn it into one that Airflow retries.

    :param queue: the queue and its connection id, for the message.
    :param errors: the errors of the queue's library.
    :raises QueueUnavailableError: in place of such an error.
    """
    # What Airflow raises if it does not find the connection comes first.
    told: tuple[type[Exception], ...] = (AirflowException, AirflowRuntimeError, *errors)
    try:
        yield
    except told as problem:
        reason = printable(str(problem).split("\n")[0]) or type(problem).__name__
        raise QueueUnavailableError(
            tell(
                f"{queue} cannot be used: {reason}",
                "What to do: see whether it runs, and check its connection in Airflow. It keeps all messages that were "
                "not acknowledged.",
            )
        ) from None
