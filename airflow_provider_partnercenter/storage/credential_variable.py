"""
Access to the Airflow Variable that stores a refresh token.

Tasks and triggers have a *supervisor*, a process that calls Airflow's API for them. Through it they read and write the
Variable. All other processes (the connection test in the API server, a callback, a command, a script) only read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType

from airflow_provider_partnercenter.compat import (
    VARIABLES_ARE_LOGGED,
    ask_supervisor,
    is_of_triggerer,
    read_variable,
    supervisor,
)
from airflow_provider_partnercenter.storage.refresh_tokens import VariableError, VariableRefreshTokenStore

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.settings import ClientSettings

NOT_STORED = (
    "Airflow 3.0 writes what a task stores in a Variable into the scheduler's log, so the Variable of "
    "'credential_variable' is only read. The connection's refresh token expires 90 days after the consent. What to do: "
    "give the connection a new one before then, or upgrade to Airflow 3.1."
    if VARIABLES_ARE_LOGGED
    else ""
)
"""Why no process of this Airflow stores renewed refresh tokens, and what to do. Empty if tasks and triggers do."""

_DESCRIPTION = "Refresh token for Microsoft Partner Center, kept by airflow-provider-partnercenter. Do not edit."


def refresh_token_store(settings: ClientSettings) -> VariableRefreshTokenStore | None:
    """Return the refresh token store of a connection, or ``None`` if the connection does not use one."""
    credentials, name = settings.credentials, settings.credential_variable
    if not credentials.refresh_token or not name:
        return None
    owner = f"{credentials.client_id} of {credentials.tenant_id}".lower()
    return VariableRefreshTokenStore(credentials.refresh_token, CredentialVariable(name), owner=owner)


class CredentialVariable:
    """
    An Airflow Variable. Its methods block, so a trigger must call them in a thread.

    :param name: the key of the Variable.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def writable(self) -> bool:
        """
        Whether this process can write the Variable, which only tasks and triggers can, and none of Airflow 3.0.

        Callbacks and the parsing of DAGs have supervisors too, but those never answer a write, so the call would hang.
        """
        if VARIABLES_ARE_LOGGED or (channel := supervisor()) is None:
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
            answer = ask_supervisor(PutVariable(key=self.name, value=text, description=_DESCRIPTION))
        except (AirflowRuntimeError, OSError, EOFError) as problem:
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
        except (AirflowRuntimeError, OSError, EOFError) as problem:
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
    # Only the kind of error: the details of a refused write may quote the value, which contains the token.
    kind = problem.error.error.value if isinstance(problem, AirflowRuntimeError) else type(problem).__name__
    return VariableError(f"the call to Airflow's API failed ({kind})")
