"""Tasks that wait in each way, each for another customer, until the test ends the run."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG

from airflow_provider_partnercenter.compat import TASKS_ASK_PEOPLE
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.operators.bulk import PartnerCenterQualifyCustomersOperator
from airflow_provider_partnercenter.operators.denial import PartnerCenterDenialOperator
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor


class OurOwnSensor(PartnerCenterQualificationSensor):
    """A subclass, as users have them."""


with DAG("waited_for", schedule=None):
    education: dict[str, Any] = {"qualification": "Education", "poke_interval": 600}
    OurOwnSensor(task_id="deferred", customer_id=magic.customer_id("education-in-review"), deferrable=True, **education)
    PartnerCenterQualificationSensor(
        task_id="rescheduled",
        customer_id=ordinary_id(7001),
        if_absent="wait",
        mode="reschedule",
        **education,
    )
    PartnerCenterQualifyCustomersOperator(
        task_id="many",
        customers=[
            {
                "customer_id": magic.customer_id("never-decided"),
                "qualification": "Education",
                "education_segment": "K12",
            },
            {
                "customer_id": magic.customer_id("unknown-status"),
                "qualification": "Education",
                "education_segment": "K12",
            },
            {
                "customer_id": magic.customer_id("education-held"),
                "qualification": "Education",
                "education_segment": "K12",
            },
        ],
        poke_interval=600,
        deferrable=True,
    )
    if TASKS_ASK_PEOPLE:
        PartnerCenterDenialOperator(
            task_id="ask",
            customer_id=magic.customer_id("education-denied"),
            qualification="Education",
            education_segment="K12",
        )
