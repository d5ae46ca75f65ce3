"""A task that submits on a worker and waits in the triggerer."""

from __future__ import annotations

from airflow.sdk import DAG

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator

with DAG("measured", schedule=None):
    PartnerCenterUpdateQualificationOperator(
        task_id="qualify",
        customer_id=magic.approved_after(15),
        qualification="Education",
        education_segment="K12",
        preflight="off",
        wait_for_approval=True,
        deferrable=True,
        poke_interval=15,
        retries=2,
    )
