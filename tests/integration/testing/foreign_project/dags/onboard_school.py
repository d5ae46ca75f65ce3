from datetime import timedelta

from airflow.sdk import Param, dag

from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor


@dag(
    schedule=None,
    max_active_runs=1000,  # as many customers can wait at once
    params={"customer_id": Param(type="string", title="Customer")},
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
)
def onboard_school():
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


onboard_school()
