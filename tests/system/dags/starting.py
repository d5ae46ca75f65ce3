"""A task that starts a run for each of the events that it is given, and the DAG of these runs."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Param, task

from airflow_provider_partnercenter.exceptions import OnboardingRefusedError
from airflow_provider_partnercenter.tasks.starting import start_onboarding

with DAG("starting", schedule=None, params={"events": Param(type="array"), "dag_id": "started"}):

    @task
    def start(params: dict[str, Any] | None = None) -> list[str]:
        assert params
        answers = []
        for event in params["events"]:
            try:
                answers.append("new" if start_onboarding(event, dag_id=params["dag_id"]).new else "old")
            except OnboardingRefusedError as refusal:
                answers.append(str(refusal))
        return answers

    start()

with DAG("started", schedule=None, params={"customer_id": "", "qualification": Param("Education", enum=["Education"])}):

    @task
    def nothing() -> None:
        pass

    nothing()
