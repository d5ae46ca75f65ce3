"""What a task does that takes onboarding events from a message queue, whatever the queue is."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowRuntimeError

from airflow_provider_partnercenter.client.wire import printable
from airflow_provider_partnercenter.compat import AirflowException, supervisor_turn
from airflow_provider_partnercenter.exceptions import OnboardingNotStartedError, OnboardingRefusedError, tell
from airflow_provider_partnercenter.tasks.starting import start_onboarding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow.sdk import Connection

log = logging.getLogger(__name__)


class Settle(StrEnum):
    """How a message is settled."""

    #: Its run exists: acknowledge it.
    DONE = "done"
    #: It can never start a run: move it to the dead letters, where a person looks at it.
    DEAD_LETTER = "dead_letter"
    #: Its run could not be started now: leave it unacknowledged, so that the queue delivers it again.
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Settlement:
    """
    What to do with a message.

    :param how: how the message is settled.
    :param reason: why its run was not started, on one line; empty if the run exists.
    """

    how: Settle
    reason: str = ""


class QueuedOnboardings:
    """
    Start the runs that messages ask for, and remember what came of them.

    Settle a message only after :meth:`onboard` or :meth:`refuse` has said how: a worker that dies before that leaves it
    in the queue. When it is delivered again, its run exists.

    :param dag_id: the DAG to start; ``onboard_customer`` by default.
    :param params: params of that DAG that the messages do not give; none by default.
    :param most_deliveries: how often a message may be delivered; 10 by default. The last of these deliveries is the
        last chance: a message that still cannot start its run is a dead letter then.
    """

    def __init__(
        self, *, dag_id: str = "onboard_customer", params: Mapping[str, Any] | None = None, most_deliveries: int = 10
    ) -> None:
        self._dag_id, self._params, self._most_deliveries = dag_id, params, most_deliveries
        self._counts = {"started": 0, "known": 0, "refused": 0, "left": 0}
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
            reason = f"It was delivered {deliveries} times, and the worker that took it last ended without an answer"
            return self.refuse(message_id, reason)
        try:
            start = start_onboarding(body, dag_id=self._dag_id, params=self._params)
        except OnboardingRefusedError as refusal:
            return self.refuse(message_id, str(refusal))
        except OnboardingNotStartedError as trouble:
            if deliveries == self._most_deliveries:
                return self.refuse(message_id, f"{trouble}. It was delivered {deliveries} times")
            return self._leave(message_id, str(trouble))
        self._counts["started" if start.new else "known"] += 1
        done = "was started" if start.new else "exists already"
        log.info("Customer %s: run %s %s (message %s)", start.customer_id, start.run_id, done, message_id)
        return Settlement(Settle.DONE)

    def refuse(self, message_id: str, reason: str) -> Settlement:
        """Return that a message is a dead letter, for a reason that the caller knows."""
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
        End the task, when all messages are settled.

        :return: how many messages there were: ``started`` (a new run), ``known`` (its run existed), ``refused`` and
            ``left``.
        :raises OnboardingRefusedError: if there are new dead letters, so that somebody looks at them. No retry: the
            queue delivers again what was left.
        :raises OnboardingNotStartedError: if there are none, but messages were left.
        """
        log.info("Of the messages: %s", ", ".join(f"{count} {what}" for what, count in self._counts.items()))
        if refused := self._counts["refused"]:
            raise OnboardingRefusedError(
                tell(
                    f"{refused} new dead letters, {self._counts['left']} messages left. The first, {self._refusal}",
                    "What to do: see why in the dead letters, put it right, and send them again.",
                )
            )
        if left := self._counts["left"]:
            raise OnboardingNotStartedError(
                tell(
                    f"The runs of {left} messages could not be started now. The first, {self._trouble}",
                    "What to do: nothing, if this passes: the queue delivers them again.",
                )
            )
        return dict(self._counts)


def queue_connection(conn_id: str) -> Connection:
    """
    Return the Airflow connection of a queue.

    :param conn_id: the connection id.
    :raises OnboardingNotStartedError: if Airflow does not find it.
    """
    from airflow.sdk import Connection

    try:
        with supervisor_turn():
            connection: Connection = Connection.get(conn_id)
    except (AirflowException, AirflowRuntimeError) as problem:
        raise OnboardingNotStartedError(
            tell(
                f"Airflow gives no connection {conn_id!r}, which is that of the queue: {_first_line(problem)}",
                f"What to do: define it (airflow connections add {conn_id} …), or name another one in the DAG.",
            )
        ) from None
    return connection


@contextlib.contextmanager
def queue_errors_told(queue: str, *errors: type[Exception]) -> Iterator[None]:
    """
    Log an error of a queue, and raise it as one that Airflow retries.

    :param queue: the queue's name and connection, for the message.
    :param errors: the errors of the queue's library.
    :raises OnboardingNotStartedError: instead of such an error.
    """
    try:
        yield
    except errors as problem:
        raise OnboardingNotStartedError(
            tell(
                f"{queue} does not work: {type(problem).__name__}: {_first_line(problem)}",
                "What to do: see whether it runs, and check its connection. It keeps what was not acknowledged.",
            )
        ) from None


def _first_line(problem: BaseException) -> str:
    return printable(str(problem).split("\n")[0])
