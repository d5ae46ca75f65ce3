"""One request over a connection whose refresh token is kept in a Variable."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator

with DAG("stored_token", schedule=None, default_args={"retries": 2, "retry_delay": timedelta(seconds=1)}):
    PartnerCenterUpdateQualificationOperator(
        task_id="onboard",
        customer_id=magic.approved_after(18),
        qualification="Education",
        education_segment="K12",
        partnercenter_conn_id="partnercenter_stored",
        wait_for_approval=True,
        deferrable=True,
        poke_interval=20,
    )
