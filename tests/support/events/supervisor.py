"""An Airflow that starts runs for tasks which are called in the test's own process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import ErrorType
from airflow.sdk.execution_time.comms import ErrorResponse, OKResponse, TriggerDagRun

if TYPE_CHECKING:
    from collections.abc import Callable


class Killed(BaseException):
    """The process of the task ends."""


def api_error(status: int, message: str) -> ErrorResponse:
    """Return what a task is told if Airflow's API answers with this status."""
    detail = {"detail": {"reason": "reason", "message": message}}
    return ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status_code": status, "detail": detail})


class Supervisor:
    """
    Starts each run once, and remembers the runs in order.

    ``answers`` are errors by run id, instead of a start. ``before`` and ``after`` are called with the run id when a run
    is asked for, and when it was started or found.
    """

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, ErrorResponse] = {}
        self.before: Callable[[str], None] = lambda run_id: None
        self.after: Callable[[str], None] = lambda run_id: None

    def send(self, message: Any) -> Any:
        if not isinstance(message, TriggerDagRun):
            return ErrorResponse(error=ErrorType.CONNECTION_NOT_FOUND)
        self.before(message.run_id)
        if message.run_id in self.answers:
            return self.answers[message.run_id]
        known = message.run_id in self.runs
        if not known:
            self.runs[message.run_id] = message.conf or {}
        self.after(message.run_id)
        return ErrorResponse(error=ErrorType.DAGRUN_ALREADY_EXISTS) if known else OKResponse(ok=True)
