"""Other DAGs of a project that uses the provider."""

from __future__ import annotations

from airflow.sdk import Param, dag

from airflow_provider_partnercenter.operators.bulk import PartnerCenterQualifyCustomersOperator
from airflow_provider_partnercenter.sensors.customers import PartnerCenterNewCustomersSensor


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


many, news = onboard_many(), watch()
