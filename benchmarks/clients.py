"""
What one call costs, next to what a user would write instead: a bare aiohttp loop, a bare requests session.

Each side is a process of its own, and so is the emulator; the sides take turns, and the medians are compared.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import requests

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Settings
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from benchmarks.installation import access_token, our_connection

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

#: Calls under way at a time, on both sides.
CONCURRENCY = 16
APPROVED = {
    "qualification": "Education",
    "vettingStatus": "Approved",
    "vettingCreatedDate": "2026-01-02T03:04:05Z",
}


def compare(number: int, rounds: int) -> dict[str, Any]:
    """
    Read so many customers, in so many rounds.

    :return: for each of the four ways to do it, the median of the seconds and CPU-seconds.
    """
    with Emulator(Settings(customers=number)) as emulator:
        for customer in range(1, number + 1):
            emulator.configure(ordinary_id(customer), qualifications=[APPROVED])
        environment = os.environ | environment_of_sides(emulator)
        times: dict[str, list[tuple[float, float]]] = {side: [] for side in SIDES}
        for _ in range(rounds):
            for side in SIDES:
                command = [sys.executable, "-m", "benchmarks.clients", side, str(number)]
                root = Path(__file__).parents[1]
                done = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True, check=True)
                times[side].append(json.loads(done.stdout.splitlines()[-1]))
    medians = {
        side: dict(zip(("seconds", "cpu"), map(statistics.median, zip(*found, strict=True)), strict=True))
        for side, found in times.items()
    }
    return {"customers": number, "rounds": rounds, **medians}


def environment_of_sides(emulator: Emulator) -> dict[str, str]:
    """Return how ours and the bare sides reach the emulator; the bare ones are given a token."""
    return {
        "AIRFLOW_CONN_PARTNERCENTER_DEFAULT": json.dumps(our_connection(emulator, requests_per_minute=0)),
        "BARE_URL": emulator.url,
        "BARE_TOKEN": access_token(emulator),
        "BARE_CA": str(emulator.ca_file),
    }


def bare_aiohttp_session() -> aiohttp.ClientSession:
    """Return a session of aiohttp as its users make one."""
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=os.environ["BARE_CA"]))
    return aiohttp.ClientSession(os.environ["BARE_URL"], connector=connector, headers=_headers())


async def _async_client(number: int) -> tuple[float, float]:
    async with await PartnerCenterHook().get_async_conn(max_connections=CONCURRENCY) as client:
        return await _together(client.get_qualifications, number)


async def _bare_aiohttp(number: int) -> tuple[float, float]:
    async with bare_aiohttp_session() as session:

        async def read(customer: str) -> Any:
            async with session.get(f"/v1/customers/{customer}/qualifications") as answer:
                answer.raise_for_status()
                return await answer.json()

        return await _together(read, number)


async def _together(read: Callable[[str], Awaitable[Any]], number: int) -> tuple[float, float]:
    customers = iter([ordinary_id(customer) for customer in range(1, number + 1)])

    async def one_after_the_other() -> None:
        for customer in customers:
            await read(customer)

    await read(ordinary_id(1))  # signs in
    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(one_after_the_other() for _ in range(CONCURRENCY)))
    return time.perf_counter() - began, time.process_time() - cpu


def _hook(number: int) -> tuple[float, float]:
    return _one_by_one(PartnerCenterHook().get_qualifications, number)


def _bare_session(number: int) -> tuple[float, float]:
    session = requests.Session()
    session.headers.update(_headers())

    def read(customer: str) -> Any:
        answer = session.get(
            f"{os.environ['BARE_URL']}/v1/customers/{customer}/qualifications",
            verify=os.environ["BARE_CA"],
            timeout=60,
        )
        answer.raise_for_status()
        return answer.json()

    return _one_by_one(read, number)


def _one_by_one(read: Callable[[str], Any], number: int) -> tuple[float, float]:
    read(ordinary_id(1))  # signs in
    began, cpu = time.perf_counter(), time.process_time()
    for customer in range(1, number + 1):
        read(ordinary_id(customer))
    return time.perf_counter() - began, time.process_time() - cpu


def _headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {os.environ['BARE_TOKEN']}", "Accept": "application/json"}


SIDES: dict[str, Callable[[int], tuple[float, float]]] = {
    "async_client": lambda number: asyncio.run(_async_client(number)),
    "bare_aiohttp": lambda number: asyncio.run(_bare_aiohttp(number)),
    "hook": _hook,
    "bare_session": _bare_session,
}

if __name__ == "__main__":
    print(json.dumps(SIDES[sys.argv[1]](int(sys.argv[2]))))
