"""Onboard a customer for each thing that can go wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param

from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator

with DAG(
    "under_fire",
    schedule=None,
    default_args={"retries": 1, "retry_delay": timedelta(seconds=1)},
    params={"rows": Param(type="array")},
    render_template_as_native_obj=True,
    max_active_tasks=8,
) as dag:

    @dag.task
    def rows(params: dict[str, Any]) -> Any:
        return params["rows"]

    PartnerCenterUpdateQualificationOperator.partial(
        task_id="onboard",
        qualification="Education",
        education_segment="K12",
        propagation_grace=5,
        wait_for_approval=True,
        deferrable=True,
        poke_interval=2,
    ).expand_kwargs(rows())  # type: ignore[call-arg, misc]  # Airflow gives the parameters
