"""A customer whose verdict is told to whoever follows it up."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from airflow_provider_partnercenter.assets import verdicts_asset
from airflow_provider_partnercenter.emulator.settings import TENANT_ID
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor

# A retry finds the same verdict.
RETRIES = {"retries": 3, "retry_delay": timedelta(seconds=1)}

with DAG("telling", schedule=None, params={"customer_id": ""}, default_args=RETRIES):
    PartnerCenterQualificationSensor(
        task_id="wait",
        customer_id="{{ params.customer_id }}",
        qualification="Education",
        on_denied="return",
        deferrable=True,
        outlets=[verdicts_asset(TENANT_ID)],
    )
