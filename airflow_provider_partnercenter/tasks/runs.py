"""What became of other runs."""

from __future__ import annotations

from airflow_provider_partnercenter.client.errors import PartnerCenterServiceUnavailableError
from airflow_provider_partnercenter.compat import ask_supervisor

_NOT_FOUND = 404


def run_state(dag_id: str, run_id: str) -> str | None:
    """
    Return the state of a run, for example ``"success"``. Call this in a task.

    :return: the state; ``None`` if there is no such run.
    :raises PartnerCenterServiceUnavailableError: if Airflow's API fails.
    """
    from airflow.sdk.execution_time.comms import ErrorResponse, GetDagRunState

    try:
        answer = ask_supervisor(GetDagRunState(dag_id=dag_id, run_id=run_id))
    except (OSError, EOFError) as problem:
        raise _unknown(dag_id, run_id, type(problem).__name__) from None
    if not isinstance(answer, ErrorResponse):
        return str(getattr(answer.state, "value", answer.state))
    if (answer.detail or {}).get("status_code") == _NOT_FOUND:
        return None
    raise _unknown(dag_id, run_id, answer.error.value)


def _unknown(dag_id: str, run_id: str, problem: str) -> PartnerCenterServiceUnavailableError:
    return PartnerCenterServiceUnavailableError(f"The state of run {run_id} of DAG {dag_id} is unknown: {problem}")
