from __future__ import annotations

import asyncio

from airflow.sdk import dag, task

from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook


async def count() -> int:
    async with await PartnerCenterHook().get_async_conn(max_connections=16) as client:
        ids = [customer.id async for customer in client.get_customers()]
        found = await asyncio.gather(*(client.get_qualifications(each) for each in ids))
    return sum(1 for entries in found if entries)


@task
def count_qualified() -> int:
    return asyncio.run(count())


@dag(schedule=None)
def qualified_customers() -> None:
    count_qualified()


qualified_customers()
