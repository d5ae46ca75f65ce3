"""A service that answers nothing but 429: nobody of this process asks again before it said so."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
from airflow_provider_partnercenter.client.errors import PartnerCenterThrottledError
from airflow_provider_partnercenter.client.protocol.budget import RequestBudget
from airflow_provider_partnercenter.client.protocol.endpoints import get_qualifications
from airflow_provider_partnercenter.client.sync import PartnerCenterClient
from airflow_provider_partnercenter.client.transport.with_aiohttp import AiohttpTransport
from airflow_provider_partnercenter.client.transport.with_requests import RequestsTransport
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.settings import Mix
from testbed.patience import wait_until
from tests.support.clients.both_clients import settings_of

if TYPE_CHECKING:
    import pytest

    from airflow_provider_partnercenter.client.protocol.commands import Response
    from airflow_provider_partnercenter.client.settings import ClientSettings
    from airflow_provider_partnercenter.emulator.server import Emulator

#: Seconds. "make test-throttling" asks for the 30 that Microsoft's service usually does.
RETRY_AFTER = float(os.environ.get("RETRY_AFTER", "2"))
ROUNDS = 2
# Whoever looked just before somebody else was told may still send, and requests are spaced by an eighth of a second.
UNDER_WAY, MOST_UNDER_WAY = 0.3, 2


class Watch:
    """
    Notes when each request was begun, and when each refusal was known to all, in the seconds of a monotonic clock.

    The moments at which requests arrive would not do: on a busy machine a request is under way for seconds.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun: list[float] = []
        self.told: list[float] = []
        begun, told = self.begun, self.told
        send, async_send, throttled = RequestsTransport.send, AiohttpTransport.send, RequestBudget.throttled

        def noted_send(transport: RequestsTransport, *args: Any) -> Response:
            begun.append(time.monotonic())
            return send(transport, *args)

        async def noted_async_send(transport: AiohttpTransport, *args: Any) -> Response:
            begun.append(time.monotonic())
            return await async_send(transport, *args)

        def noted_throttled(budget: RequestBudget, *args: Any) -> float:
            longer = throttled(budget, *args)
            told.append(time.monotonic())
            return longer

        monkeypatch.setattr(RequestsTransport, "send", noted_send)
        monkeypatch.setattr(AiohttpTransport, "send", noted_async_send)
        monkeypatch.setattr(RequestBudget, "throttled", noted_throttled)


def read_synchronously(settings: ClientSettings, customer: str) -> None:
    PartnerCenterClient(settings).get_qualifications(customer)


def read_with_hooks_of_one_call(settings: ClientSettings, customer: str) -> None:
    """As tasks do that make a hook for each call: what the one before was told must hold for the next."""
    for _ in range(3):
        with contextlib.suppress(PartnerCenterThrottledError):
            client = PartnerCenterClient(settings)
            client.exchange.policy = replace(client.exchange.policy, max_retry_after=0.5)
            client.get_qualifications(customer)
        del client
        gc.collect()


def look(settings: ClientSettings, customer: str) -> None:
    """As a wait does, which comes back later by itself."""
    deadline = time.monotonic() + ROUNDS * RETRY_AFTER
    client = PartnerCenterClient(settings)
    while time.monotonic() < deadline:
        with contextlib.suppress(PartnerCenterThrottledError):
            client.send(get_qualifications(customer, waiting=True))
        time.sleep(0.05)


def read_at_once(settings: ClientSettings, customers: list[str]) -> None:
    async def read() -> None:
        async with AsyncPartnerCenterClient(settings) as client:
            await asyncio.gather(*(client.get_qualifications(customer) for customer in customers))

    asyncio.run(read())


def test_nobody_sends_during_the_pause(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(emulator, requests_per_minute=480)
    emulator.faults(Mix(rate=1.0, kinds=("throttled",), retry_after=RETRY_AFTER))
    watch = Watch(monkeypatch)

    def stop() -> None:
        try:
            wait_until(
                lambda: watch.begun and watch.begun[-1] >= watch.begun[0] + ROUNDS * RETRY_AFTER, "somebody asked again"
            )
        finally:
            emulator.faults(Mix())

    stopper = threading.Thread(target=stop)
    stopper.start()
    try:
        with ThreadPoolExecutor() as pool:
            users = [pool.submit(read_synchronously, settings, ordinary_id(number)) for number in (1, 2)]
            users.append(pool.submit(read_with_hooks_of_one_call, settings, ordinary_id(8)))
            users.append(pool.submit(look, settings, ordinary_id(9)))
            users.append(pool.submit(read_at_once, settings, [ordinary_id(number) for number in range(3, 8)]))
            for user in users:
                user.result()
    finally:
        stopper.join()
    refused = [record for record in emulator.journal(path="/v1/") if record["status"] == 429]
    assert len(watch.told) == len(refused) >= ROUNDS
    assert len(watch.begun) == len(emulator.journal(path="/v1/"))
    early = [
        moment - told for told in watch.told for moment in watch.begun if UNDER_WAY < moment - told < RETRY_AFTER - 0.05
    ]
    assert early == [], f"seconds after a 429 that said {RETRY_AFTER:g}"
    for told in watch.told:
        assert sum(0 < moment - told <= UNDER_WAY for moment in watch.begun) <= MOST_UNDER_WAY
