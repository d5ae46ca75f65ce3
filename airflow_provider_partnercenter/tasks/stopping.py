"""Stop a task's work when a person marks it as failed, or Airflow ends its process."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from airflow_provider_partnercenter.client import clock

if TYPE_CHECKING:
    from collections.abc import Callable

S = TypeVar("S", bound="Stoppable")
P = ParamSpec("P")
R = TypeVar("R")


class Stoppable:
    """
    A mixin for the operators and the sensor.

    Airflow sends a signal to the task's process, which calls :meth:`on_kill` and does nothing else. Without it the work
    would continue until Airflow kills the process, a minute later.
    """

    _stop: clock.Stop | None = None

    def on_kill(self) -> None:
        """End waits, and let no further request, pause or sign-in begin."""
        if self._stop is not None:
            self._stop.set()


def stoppable(execute: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Let ``on_kill`` stop what a method of an operator does, for example ``execute``."""

    @functools.wraps(execute)
    def execute_until_stopped(self: S, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        self._stop = clock.Stop()
        with self._stop.applied():
            return execute(self, *args, **kwargs)

    return execute_until_stopped
