"""A customer that is denied, by schedule every day, and by hand with the denial that a person names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Param

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator

retries = {"retries": 2, "retry_delay": timedelta(seconds=1)}
education: dict[str, Any] = {"qualification": "Education", "education_segment": "K12", "preflight": "off"}

with DAG(
    "every_day",
    schedule="@daily",
    # Six days that nobody ran, one after the other.
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    end_date=datetime(2026, 1, 6, tzinfo=UTC),
    catchup=True,
    max_active_runs=1,
    # Until the customer is one that is denied.
    is_paused_upon_creation=True,
    default_args=retries,
):
    PartnerCenterUpdateQualificationOperator(task_id="submit", customer_id=ordinary_id(3), **education)

with DAG(
    "by_hand",
    schedule=None,
    params={"denial": Param(None, type=["null", "string"])},
    default_args=retries,
):
    PartnerCenterUpdateQualificationOperator(
        task_id="submit", customer_id=ordinary_id(4), resubmit_denied_of="{{ params.denial }}", **education
    )
