"""How work on many customers is done: so much at a time, and what ends it for all."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterConfigurationError,
    PartnerCenterThrottledError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable


log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_CONCURRENCY = 16
# How often, and for how many seconds at the most, somebody waits for the end of a pause that is too long for one call.
MOST_PAUSES, LONGEST_PAUSE = 3, 3600.0
LET_OTHERS_GO = 5.0
CONNECTION_WIDE = (PartnerCenterAuthenticationError, PartnerCenterConfigurationError)


async def wait_out_throttling(work: Callable[[], Awaitable[T]]) -> T:
    """
    Do something, and wait for the end of a pause that is too long for one call, but not for all of this.

    What was not even sent, because of a pause that others caused, is no attempt; who was refused lets others go first.
    """
    refusals = 0
    while True:
        try:
            return await work()
        except PartnerCenterThrottledError as error:
            refused = error.status is not None
            refusals += refused
            if refusals > MOST_PAUSES:
                raise
            pause = min(LONGEST_PAUSE, error.retry_after or 1.0)
            if refused:
                log.warning("%s All wait for %.0f s.", error, pause)
            await clock.async_sleep(pause + (LET_OTHERS_GO if refused else 0.0))


async def run_all_or_cancel(jobs: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do several jobs at a time; if one fails, the others stop."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
