from airflow.sdk import DAG, Param, task

from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor

CUSTOMER = "{{ params.customer_id }}"

with DAG(
    "qualify_school",
    schedule=None,
    params={"customer_id": Param(type="string", format="uuid")},
    max_active_runs=1000,  # a run waits for days, and by default the 17th would not even begin
    default_args={"retries": 2},
) as dag:
    submit = PartnerCenterUpdateQualificationOperator(
        task_id="submit", customer_id=CUSTOMER, qualification="Education", education_segment="K12"
    )
    wait = PartnerCenterQualificationSensor(
        task_id="wait", customer_id=CUSTOMER, qualification="Education", submission=submit.output, deferrable=True
    )

    @task
    def sell(verdict):
        print(f"{verdict['customer_id']} is qualified for {verdict['qualification']}.")

    sell(wait.output)
