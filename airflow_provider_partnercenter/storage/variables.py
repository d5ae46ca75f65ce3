"""
Access to Airflow Variables.

Tasks and triggers have a *supervisor*, a process that calls Airflow's API for them. Through it they read and write
Variables. All other processes (the connection test in the API server, a callback, a command, a script) only read them.
"""

from __future__ import annotations

from typing import Protocol

from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType

from airflow_provider_partnercenter.compat import ask_supervisor, is_of_triggerer, read_variable, supervisor


class VariableError(Exception):
    """
    A Variable could not be read or written.

    :param permanent: whether a retry is useless, for example because access is denied.
    """

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class TextVariable(Protocol):
    """A string that all processes share: an Airflow Variable. Its methods raise :class:`VariableError`."""

    @property
    def name(self) -> str: ...

    @property
    def writable(self) -> bool:
        """Whether this process can write the Variable."""

    def read(self) -> str | None:
        """Return the value, or ``None`` if the Variable is known not to exist."""

    def write(self, text: str) -> None:
        """Create or replace the Variable."""


class AirflowVariable:
    """
    An Airflow Variable. Its methods block, so a trigger must call them in a thread.

    :param name: the key of the Variable.
    :param description: what the Variable is for, which Airflow shows beside it.
    """

    def __init__(self, name: str, description: str) -> None:
        self.name = name
        self._description = description

    @property
    def writable(self) -> bool:
        """
        Whether this process can write the Variable, which only tasks and triggers can.

        Callbacks and the parsing of DAGs have supervisors too, but those never answer a write, so the call would hang.
        """
        if (channel := supervisor()) is None:
            return False
        return is_of_triggerer(channel) or _in_task()

    def read(self) -> str | None:
        """
        Return the value, or ``None`` if the Variable does not exist.

        :raises VariableError: if Airflow's API fails or denies access.
        """
        try:
            found = read_variable(self.name)
        except PermissionError as problem:
            raise VariableError("Airflow denies access to the Variable", permanent=True) from problem
        except (AirflowRuntimeError, OSError, EOFError) as problem:
            raise _unreachable(problem) from problem
        return self._read_again() if found is None else found

    def write(self, text: str) -> None:
        """
        Create or replace the Variable.

        This calls the supervisor directly: up to Airflow 3.2, ``Variable.set`` logs a failure and returns normally.

        :raises VariableError: if the value was not stored.
        """
        from airflow.sdk.execution_time.comms import ErrorResponse, PutVariable

        try:
            answer = ask_supervisor(PutVariable(key=self.name, value=text, description=self._description))
        except (OSError, EOFError) as problem:
            raise _unreachable(problem) from problem
        if isinstance(answer, ErrorResponse):
            raise VariableError(f"Airflow's API answered {answer.error.value}")

    def _read_again(self) -> str | None:
        """Ask the supervisor directly: ``Variable.get`` also reports a Variable that it cannot read as missing."""
        if supervisor() is None:
            return None
        from airflow.sdk.execution_time.comms import ErrorResponse, GetVariable

        try:
            answer = ask_supervisor(GetVariable(key=self.name))
        except (OSError, EOFError) as problem:
            raise _unreachable(problem) from problem
        if not isinstance(answer, ErrorResponse):
            return str(answer.value)
        if answer.error is ErrorType.VARIABLE_NOT_FOUND:
            return None
        raise VariableError(
            f"Airflow's API answered {answer.error.value}", permanent=answer.error.name == "PERMISSION_DENIED"
        )


def _in_task() -> bool:
    from airflow.sdk import get_current_context

    try:
        return bool(get_current_context())
    except RuntimeError:
        return False


def _unreachable(problem: Exception) -> VariableError:
    # Only the kind of error: the details of a refused write may quote the value, which may contain a token.
    kind = problem.error.error.value if isinstance(problem, AirflowRuntimeError) else type(problem).__name__
    return VariableError(f"the call to Airflow's API failed ({kind})")
