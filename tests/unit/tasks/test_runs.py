"""What Airflow's API tells a task about other runs."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import DagRunStateResult, ErrorResponse

from airflow_provider_partnercenter.client.errors import PartnerCenterServiceUnavailableError
from airflow_provider_partnercenter.tasks.runs import run_state


def error(status):
    return ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status_code": status})


@pytest.fixture
def answer(monkeypatch):
    """Let the supervisor answer with a value, or raise it."""

    def set_answer(value):
        def send(message):
            if isinstance(value, Exception):
                raise value
            return value

        monkeypatch.setattr(
            task_runner, "SUPERVISOR_COMMS", type("Supervisor", (), {"send": staticmethod(send)}), raising=False
        )

    return set_answer


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (DagRunStateResult.model_validate({"state": "success"}), "success"),
        (DagRunStateResult.model_validate({"state": "running"}), "running"),
        (error(404), None),
        (AirflowRuntimeError(error(404)), None),
    ],
)
def test_the_state_of_a_run(answer, value, state):
    answer(value)
    assert run_state("onboarding", "run 1") == state


@pytest.mark.parametrize("value", [error(500), AirflowRuntimeError(error(403)), EOFError(), ConnectionError()])
def test_a_state_that_is_unknown(answer, value):
    answer(value)
    with pytest.raises(
        PartnerCenterServiceUnavailableError, match="The state of run run 1 of DAG onboarding is unknown"
    ):
        run_state("onboarding", "run 1")
