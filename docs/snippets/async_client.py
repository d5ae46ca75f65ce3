"""Read the qualifications of all customers at the same time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.models import CustomerQualification
    from airflow_provider_partnercenter.client.settings import ClientSettings


async def read_all(settings: ClientSettings) -> dict[str, list[CustomerQualification]]:
    async with AsyncPartnerCenterClient(settings) as client:
        ids = [customer.id async for customer in client.get_customers()]
        found = await asyncio.gather(*(client.get_qualifications(each) for each in ids))
    return dict(zip(ids, found, strict=True))
