"""Tasks that fail for reasons that a DAG author or the owner of a connection can mend."""

from __future__ import annotations

from airflow.sdk import dag

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.operators.qualification import (
    PartnerCenterGetQualificationOperator,
    PartnerCenterUpdateQualificationOperator,
)

CUSTOMER = magic.customer_id("denied-not-education")


@dag(schedule=None, catchup=False)
def endings() -> None:
    PartnerCenterUpdateQualificationOperator(
        task_id="denied",
        customer_id=CUSTOMER,
        qualification="Education",
        education_segment="K12",
        wait_for_approval=True,
        deferrable=False,
    )
    PartnerCenterUpdateQualificationOperator(
        task_id="wrong_argument", customer_id="contoso", qualification="Education", education_segment="K12"
    )
    for connection in ("missing_field", "wrong_secret", "unreachable_host", "unreachable_login"):
        PartnerCenterGetQualificationOperator(
            task_id=connection, customer_id=CUSTOMER, partnercenter_conn_id=connection
        )


endings()
