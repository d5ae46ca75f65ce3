from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task

from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook


@task
def schools(begins_with: str) -> list[dict[str, Any]]:
    hook = PartnerCenterHook("partnercenter_default")
    return [customer.to_dict() for customer in hook.get_customers(starts_with={"CompanyName": begins_with})]


@dag(schedule=None)
def find_schools() -> None:
    schools("School")


find_schools()
