"""Many waits in one triggerer: of this provider, of the stock one, and of a trigger that does nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.http.sensors.http import HttpSensor
from airflow.providers.standard.sensors.date_time import DateTimeSensorAsync
from airflow.sdk import DAG, Param, task, timezone
from customers import customers

from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor

INTERVAL = 10
params = {"first": Param(type="integer"), "number": Param(type="integer")}

with DAG("waiting_ours", schedule=None, params=params):

    @task
    def ours(params: dict[str, Any]) -> list[str]:
        return customers(params)

    PartnerCenterQualificationSensor.partial(
        task_id="wait", qualification="Education", deferrable=True, poke_interval=INTERVAL
    ).expand(customer_id=ours())  # type: ignore[call-arg, misc]  # Airflow gives the parameters

with DAG("waiting_stock", schedule=None, params=params):

    @task
    def stock(params: dict[str, Any]) -> list[str]:
        return [f"v1/customers/{customer}/qualifications" for customer in customers(params)]

    # Its trigger goes on as long as the answer is 404.
    HttpSensor.partial(task_id="wait", http_conn_id="stock", deferrable=True, poke_interval=INTERVAL).expand(
        endpoint=stock()  # type: ignore[call-arg, misc]  # Airflow gives the parameters
    )

with DAG("waiting_idle", schedule=None, params=params):

    @task
    def idle(params: dict[str, Any]) -> list[str]:
        return [(timezone.utcnow() + timedelta(days=7)).isoformat()] * params["number"]

    DateTimeSensorAsync.partial(task_id="wait").expand(target_time=idle())  # type: ignore[call-arg, misc]  # Airflow gives the parameters
