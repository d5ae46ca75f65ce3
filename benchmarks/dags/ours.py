"""Onboard many customers with this provider: one task."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Param, task
from customers import customers

from airflow_provider_partnercenter.operators.bulk import PartnerCenterQualifyCustomersOperator

with DAG(
    "ours",
    schedule=None,
    params={
        "first": Param(type="integer"),
        "number": Param(type="integer"),
        "storage": Param(type="string"),
        "connection": Param("partnercenter_default"),
    },
):

    @task
    def rows(params: dict[str, Any]) -> list[dict[str, str]]:
        education = {"qualification": "Education", "education_segment": "K12"}
        return [{"customer_id": customer, **education} for customer in customers(params)]

    PartnerCenterQualifyCustomersOperator(
        task_id="qualify",
        customers=rows(),  # type: ignore[call-arg, misc]  # Airflow gives the parameters
        partnercenter_conn_id="{{ params.connection }}",
        storage_path="{{ params.storage }}",
        deferrable=True,
        poke_interval=5,
        propagation_grace=0,
    )
