from typing import Any

from airflow.sdk import DAG, Param, task

from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor

with DAG(
    "qualify_school",
    schedule=None,
    max_active_runs=1000,  # as many customers can wait at once
    params={"customer_id": Param(type="string", format="uuid")},
    default_args={"retries": 2},
) as dag:
    submit = PartnerCenterUpdateQualificationOperator(
        task_id="submit",
        customer_id="{{ params.customer_id }}",
        qualification="Education",
        education_segment="K12",
    )
    wait = PartnerCenterQualificationSensor(
        task_id="wait",
        customer_id="{{ params.customer_id }}",
        qualification="Education",
        submission=submit.output,  # what it waits for
        deferrable=True,
    )

    @task
    def sell(verdict: Any) -> None:
        print(f"{verdict['customer_id']} is qualified for {verdict['qualification']}.")

    sell(wait.output)
