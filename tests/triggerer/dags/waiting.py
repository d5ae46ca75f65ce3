"""Many sensors that wait in the triggerer, which ends them after an approval."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Param, task

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor

with DAG("waiting", schedule=None, params={"number": Param(type="integer")}):

    @task
    def customers(params: dict[str, Any]) -> list[str]:
        return [ordinary_id(number) for number in range(1, params["number"] + 1)]

    PartnerCenterQualificationSensor.partial(
        task_id="wait",
        qualification="Education",
        deferrable=True,
        end_from_trigger=True,
        poke_interval=60,
        retries=0,
    ).expand(customer_id=customers())  # type: ignore[call-arg, misc]  # Airflow gives the parameters
