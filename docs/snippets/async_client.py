"""Read the qualifications of many customers at the same time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_partnercenter.client.models import CustomerQualification
    from airflow_provider_partnercenter.client.settings import ClientSettings


async def read_all(settings: ClientSettings, customer_ids: Sequence[str]) -> list[list[CustomerQualification]]:
    async with AsyncPartnerCenterClient(settings) as client:
        return await asyncio.gather(*(client.get_qualifications(each) for each in customer_ids))
