from __future__ import annotations

import asyncio

from airflow.sdk import dag, task

from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook


async def count(begins_with: str) -> int:
    async with await PartnerCenterHook().get_async_conn(max_connections=16) as client:
        customers = client.get_customers(starts_with={"CompanyName": begins_with})
        ids = [customer.id async for customer in customers]
        found = await asyncio.gather(*(client.get_qualifications(each) for each in ids))
    return sum(1 for entries in found if entries)


@task
def count_qualified(begins_with: str) -> int:
    return asyncio.run(count(begins_with))


@dag(schedule=None)
def qualified_schools() -> None:
    count_qualified("School")


qualified_schools()
