"""How work on many customers runs: how many at a time, and which errors end it for all."""

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
# How many refusals one job waits out, and the longest pause in seconds after each.
MOST_PAUSES, LONGEST_PAUSE = 3, 3600.0
LET_OTHERS_GO = 5.0
CONNECTION_WIDE = (PartnerCenterAuthenticationError, PartnerCenterConfigurationError)


async def wait_out_throttling(work: Callable[[], Awaitable[T]]) -> T:
    """
    Do a job, and wait for the end of a pause that is too long for one call, but not for the whole work.

    A call that was not sent, because of a pause that others caused, does not count as an attempt. A job that was
    refused waits a little longer, so that others go first.
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
                log.warning("%s No requests are sent for %.0f s.", error.lines[0], pause)
            await clock.async_sleep(pause + (LET_OTHERS_GO if refused else 0.0))


async def run_all_or_cancel(jobs: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run several jobs at the same time. If one fails, cancel the others."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
