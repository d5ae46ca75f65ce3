"""A task that asks a person, run by Airflow's own task runner, and the person who answers."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param

from airflow_provider_partnercenter.client import clock
from tests.airflow_versions import ParamValidationError, next_kwargs
from tests.support.task_modes import new_process
from tests.support.tasks.runner import Supervisor, instance, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import BaseOperator

ANNA = {"id": "7", "name": "anna"}
#: The states of a task that waits for a person: since Airflow 3.3, and before.
WAITS = {"awaiting_input", "deferred"}


class AskingTask:
    """
    One task of one run, over its tries.

    :param supervisor: who answers it for Airflow's API.
    :param make: makes its operator.
    :ivar state: what it ended its last process with.
    :ivar error: the error of its last process, as a string.
    """

    def __init__(self, supervisor: Supervisor, make: Callable[..., BaseOperator], **arguments: Any) -> None:
        self._supervisor = supervisor
        self._make = partial(make, **arguments)
        self.try_number, self.max_tries = 0, 3
        self.state, self.error = "", ""

    def begin(self) -> str:
        """Let its next try begin, as Airflow does after a failure, or if its worker was killed."""
        self.try_number += 1
        return self._run()

    def clear(self) -> str:
        """Clear it, as a person does."""
        self.max_tries = self.try_number + 3
        return self.begin()

    def let_be_about(self, **arguments: Any) -> None:
        """Let it have other arguments from its next try on."""
        self._make = partial(self._make, **arguments)

    def answer(self, option: str, form: dict[str, Any] | None = None, **changes: Any) -> str:
        """
        Answer it.

        :param form: what is corrected in the form that it shows.
        :param changes: other members of what Airflow tells the task.
        """
        shown = {name: field["value"] for name, field in self._supervisor.question.params.items()}
        event = {
            "chosen_options": [option],
            "params_input": {**shown, **(form or {})},
            "responded_by_user": ANNA,
            "responded_at": datetime.fromtimestamp(clock.now(), UTC),
            "timedout": False,
        }
        event |= changes
        if self.state == "deferred" and (error := self._refused(event["params_input"])):
            event = {"error": error, "error_type": "validation"}
        return self.resume(event)

    def resume(self, event: Any) -> str:
        """Let Airflow resume it."""
        return self._run(next_method="execute_complete", next_kwargs=next_kwargs({"event": event}))

    def _refused(self, form: Any) -> str | None:
        """Check a form as the trigger of Airflow's operator does before 3.3, by the last question."""
        fields = self._supervisor.last_question.params
        for name in fields.keys() & set(form):
            field = fields[name]
            try:
                Param(field["value"], **field["schema"]).resolve(form[name])
            except ParamValidationError as error:
                return str(error)
        return None

    @property
    def result(self) -> Any:
        """What it returned or pushed."""
        return self._supervisor.pushed.get("return_value")

    def _run(self, **from_server: Any) -> str:
        new_process()
        self._supervisor.pushed.clear()
        ti = instance(self._make, try_number=self.try_number, max_tries=self.max_tries, **from_server)
        self.state, _, error = run(ti)
        self.error = str(error or "")
        return self.state
