"""The DAG of a project that uses the provider."""

from __future__ import annotations

from airflow.sdk import Param, dag

from airflow_provider_partnercenter.operators.bulk import PartnerCenterQualifyCustomersOperator
from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator
from airflow_provider_partnercenter.sensors.customers import PartnerCenterNewCustomersSensor
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor


@dag(schedule=None, params={"customer_id": Param(type="string")}, default_args={"retries": 0})
def onboard() -> None:
    submit = PartnerCenterUpdateQualificationOperator(
        task_id="submit",
        customer_id="{{ params.customer_id }}",
        qualification="Education",
        education_segment="K12",
    )
    PartnerCenterQualificationSensor(
        task_id="wait",
        customer_id="{{ params.customer_id }}",
        qualification="Education",
        submission=submit.output,
        deferrable=True,
    )


@dag(schedule=None, params={"customers": Param(type="array")}, default_args={"retries": 0})
def onboard_many() -> None:
    PartnerCenterQualifyCustomersOperator(
        task_id="qualify",
        customers="{{ params.customers }}",
        deferrable=False,
    )


@dag(schedule=None, max_active_runs=1)
def watch() -> None:
    PartnerCenterNewCustomersSensor(task_id="new", first_look="report", deferrable=False)


one, many, news = onboard(), onboard_many(), watch()
