"""The tasks of the example DAG up to the verdict, with shorter times."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, task

from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor

if TYPE_CHECKING:
    from airflow.sdk import Context


class SensorThatShowsItsResumption(PartnerCenterQualificationSensor):
    """Asks for the customer when a worker goes on with it: by that request the test knows, and holds, this moment."""

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> dict[str, Any]:
        PartnerCenterHook(self.partnercenter_conn_id).get_conn().get_customer(self.customer_id)
        return super().execute_complete(context, event)


with DAG(
    "onboarding",
    schedule=None,
    # Together as long as the two retries after a minute each that users are told of: on a busy machine, an API server
    # that was killed takes its time to come back.
    default_args={"retries": 24, "retry_delay": timedelta(seconds=5)},
    params={"customer_id": ""},
):
    customer: dict[str, Any] = {
        "customer_id": "{{ params.customer_id }}",
        "qualification": "Education",
        "propagation_grace": 30,
    }

    submit = PartnerCenterUpdateQualificationOperator(
        task_id="submit", education_segment="HigherEducation", on_denied="return", **customer
    )
    wait = SensorThatShowsItsResumption(
        task_id="wait", submission=submit.output, on_denied="return", deferrable=True, poke_interval=2, **customer
    )

    @task
    def verdict(result: Any) -> object:
        return {name: result[name] for name in ("qualification", "vetting_status", "vetting_reason", "outcome")}

    verdict(wait.output)
