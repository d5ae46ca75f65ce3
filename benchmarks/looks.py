"""
What a look costs when many tasks wait in one event loop, next to a bare aiohttp loop that looks as often.

That is another figure than that of a call among many: a loop that wakes up for each of them works on cold caches.
Each side is a process of its own, and so is the emulator; the sides take turns, and the medians are compared.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Settings
from airflow_provider_partnercenter.qualification.waiting.intervals import JITTER
from airflow_provider_partnercenter.qualification.waiting.wait import Wait
from airflow_provider_partnercenter.triggers.qualification import PartnerCenterQualificationTrigger
from benchmarks.clients import bare_aiohttp_session, environment_of_sides
from benchmarks.waiting import IN_REVIEW

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

#: Seconds between two looks of a wait, until all waits have begun and looked, and that are measured.
INTERVAL, WARM_UP, MEASURED = 10.0, 15.0, 30.0


@dataclass(frozen=True, slots=True)
class Span:
    """
    What a process has done.

    :param began: in seconds since the epoch, as ``ended``.
    :param cpu: CPU-seconds in between.
    """

    began: float
    ended: float
    cpu: float


def look(number: int, rounds: int) -> dict[str, Any]:
    """
    Let so many wait, in so many rounds.

    :return: for both sides, the median of the CPU-seconds of a look.
    """
    with Emulator(Settings(customers=number)) as emulator:
        for customer in range(1, number + 1):
            emulator.configure(ordinary_id(customer), qualifications=[IN_REVIEW])
        environment = os.environ | environment_of_sides(emulator)
        costs: dict[str, list[float]] = {side: [] for side in SIDES}
        for _ in range(rounds):
            for side in SIDES:
                command = [sys.executable, "-m", "benchmarks.looks", side, str(number)]
                root = Path(__file__).parents[1]
                done = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True, check=True)
                span = Span(**json.loads(done.stdout.splitlines()[-1]))
                costs[side].append(span.cpu / _looks(emulator, span))
    medians = {side: statistics.median(found) for side, found in costs.items()}
    return {"customers": number, "rounds": rounds, "interval": INTERVAL, **medians}


def _looks(emulator: Emulator, span: Span) -> int:
    moments = (datetime.fromisoformat(record["at"]).timestamp() for record in emulator.journal(path="/v1/"))
    return sum(span.began <= moment < span.ended for moment in moments)


async def _ours(number: int) -> Span:
    async def wait(customer: str) -> None:
        now = time.time()
        wait = Wait(customer, "Education", now, deadline=now + 24 * 3600, poke_interval=INTERVAL)
        trigger = PartnerCenterQualificationTrigger(
            partnercenter_conn_id="partnercenter_default", wait=to_plain(wait), not_before=now
        )
        raise RuntimeError(f"The wait has ended: {await anext(trigger.run())}")

    return await _measure(wait, number)


async def _bare_aiohttp(number: int) -> Span:
    async with bare_aiohttp_session() as session:

        async def wait(customer: str) -> None:
            while True:
                # With jitter as ours; the sides differ in nothing but what they do for it.
                await asyncio.sleep(INTERVAL * random.uniform(1 - JITTER, 1 + JITTER))
                async with session.get(f"/v1/customers/{customer}/qualifications") as answer:
                    answer.raise_for_status()
                    if any(entry["vettingStatus"] == "Approved" for entry in await answer.json()):
                        raise RuntimeError(f"Customer {customer} is approved.")

        return await _measure(wait, number)


async def _measure(wait: Callable[[str], Coroutine[Any, Any, None]], number: int) -> Span:
    waits = []
    for customer in range(1, number + 1):
        waits.append(asyncio.create_task(wait(ordinary_id(customer))))
        await asyncio.sleep(INTERVAL / number)
    await asyncio.sleep(WARM_UP)
    began, cpu = time.time(), time.process_time()
    ended, _ = await asyncio.wait(waits, timeout=MEASURED, return_when=asyncio.FIRST_COMPLETED)
    span = Span(began, time.time(), time.process_time() - cpu)
    for each in ended:
        each.result()
    for each in waits:
        each.cancel()
    await asyncio.wait(waits)
    return span


SIDES: dict[str, Callable[[int], Coroutine[Any, Any, Span]]] = {"ours": _ours, "bare_aiohttp": _bare_aiohttp}

if __name__ == "__main__":
    found = asyncio.run(SIDES[sys.argv[1]](int(sys.argv[2])))
    print(json.dumps({"began": found.began, "ended": found.ended, "cpu": found.cpu}))
