"""A wait that the triggerer may end, for `airflow dags test`, which runs the trigger itself."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import DAG, task

from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator

# Without a retry: the first try must succeed.
with DAG("inline", schedule=None, params={"customer_id": ""}):
    qualify = PartnerCenterUpdateQualificationOperator(
        task_id="qualify",
        customer_id="{{ params.customer_id }}",
        qualification="Education",
        education_segment="K12",
        wait_for_approval=True,
        deferrable=True,
        end_from_trigger=True,
        poke_interval=1,
    )

    @task
    def follows(result: Any) -> None:
        logging.getLogger(__name__).warning("%s: %s", result["customer_id"], result["outcome"])

    follows(qualify.output)
