"""
What one call costs, next to what a user would write instead: a bare aiohttp loop, a bare requests session.

Each side is a process of its own, and so is the server, which does next to nothing; the emulator only signs ours in.
The sides take turns, and the medians are compared.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import psutil
import requests

from airflow_provider_partnercenter.client.aio import MAX_CONNECTIONS
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from benchmarks.installation import access_token, cpu_time, our_connection
from benchmarks.minimal_server import MinimalServer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

#: Calls under way at a time in an event loop.
CONCURRENCY = 16
#: How many connections they have: as many as ours opens by default, and one for each.
CONNECTIONS = (MAX_CONNECTIONS, CONCURRENCY)


@dataclass(frozen=True, slots=True)
class Cost:
    """
    What so many calls took.

    :param seconds: on the clock.
    :param cpu: CPU-seconds of the process that made the calls.
    :param server_cpu: CPU-seconds of the process that answered them.
    """

    seconds: float
    cpu: float
    server_cpu: float


def compare(number: int, rounds: int) -> dict[str, Any]:
    """
    Read so many customers, in so many rounds.

    :return: the median costs of ours and of the bare side: those of an event loop for each number of connections, and
        those of one call after the other.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        Emulator(directory=Path(folder)) as emulator,
        # With the emulator's certificate, so that one CA file is enough.
        MinimalServer(Path(folder) / "server.pem") as server,
    ):
        environment = os.environ | environment_of_sides(emulator, server.url) | {"SERVER_PID": str(server.pid)}
        costs: dict[str, list[Cost]] = {side: [] for side in SIDES}
        for _ in range(rounds):
            for side in SIDES:
                costs[side].append(_run(side, number, environment))
    medians = {side: asdict(_median(found)) for side, found in costs.items()}
    return {
        "customers": number,
        "rounds": rounds,
        "concurrency": CONCURRENCY,
        "event_loop": [
            {
                "connections": connections,
                "ours": medians[f"async_client_{connections}"],
                "bare": medians[f"bare_aiohttp_{connections}"],
            }
            for connections in CONNECTIONS
        ],
        "one_by_one": {"ours": medians["hook"], "bare": medians["bare_session"]},
    }


def environment_of_sides(emulator: Emulator, url: str | None = None) -> dict[str, str]:
    """
    Return how ours and the bare sides reach who answers them; the bare ones are given a token.

    :param url: of a server that takes the emulator's place, but for signing in.
    """
    url = url or emulator.url
    return {
        "AIRFLOW_CONN_PARTNERCENTER_DEFAULT": json.dumps(
            our_connection(emulator, requests_per_minute=0) | {"host": url}
        ),
        "BARE_URL": url,
        "BARE_TOKEN": access_token(emulator),
        "BARE_CA": str(emulator.ca_file),
    }


def bare_aiohttp_session(limit: int = 100) -> aiohttp.ClientSession:
    """
    Return a session of aiohttp as its users make one.

    :param limit: how many connections it opens; aiohttp's own limit by default.
    """
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=os.environ["BARE_CA"]), limit=limit)
    return aiohttp.ClientSession(os.environ["BARE_URL"], connector=connector, headers=_headers())


def _run(side: str, number: int, environment: Mapping[str, str]) -> Cost:
    command = [sys.executable, "-m", "benchmarks.clients", side, str(number)]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _median(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(cost, each.name) for cost in costs) for each in fields(Cost)))


class _Meter:
    """Measures from when it is made."""

    def __init__(self) -> None:
        self._server = psutil.Process(int(os.environ["SERVER_PID"]))
        self._server_cpu = cpu_time(self._server)
        self._began, self._cpu = time.perf_counter(), time.process_time()

    def cost(self) -> Cost:
        seconds, cpu = time.perf_counter() - self._began, time.process_time() - self._cpu
        return Cost(seconds, cpu, cpu_time(self._server) - self._server_cpu)


async def _async_client(connections: int, number: int) -> Cost:
    async with await PartnerCenterHook().get_async_conn(max_connections=connections) as client:
        return await _together(client.get_qualifications, number)


async def _bare_aiohttp(connections: int, number: int) -> Cost:
    async with bare_aiohttp_session(limit=connections) as session:

        async def read(customer: str) -> Any:
            async with session.get(f"/v1/customers/{customer}/qualifications") as answer:
                answer.raise_for_status()
                return await answer.json()

        return await _together(read, number)


async def _together(read: Callable[[str], Awaitable[Any]], number: int) -> Cost:
    customers = iter([ordinary_id(customer) for customer in range(1, number + 1)])

    async def one_after_the_other() -> None:
        for customer in customers:
            await read(customer)

    # Signs in, and opens all connections.
    await asyncio.gather(*(read(ordinary_id(1)) for _ in range(CONCURRENCY)))
    meter = _Meter()
    await asyncio.gather(*(one_after_the_other() for _ in range(CONCURRENCY)))
    return meter.cost()


def _hook(number: int) -> Cost:
    return _one_by_one(PartnerCenterHook().get_qualifications, number)


def _bare_session(number: int) -> Cost:
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


def _one_by_one(read: Callable[[str], Any], number: int) -> Cost:
    read(ordinary_id(1))  # signs in
    meter = _Meter()
    for customer in range(1, number + 1):
        read(ordinary_id(customer))
    return meter.cost()


def _headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {os.environ['BARE_TOKEN']}", "Accept": "application/json"}


def _in_event_loop(read: Callable[[int, int], Any], connections: int) -> Callable[[int], Cost]:
    return lambda number: asyncio.run(read(connections, number))


SIDES: dict[str, Callable[[int], Cost]] = {
    **{
        f"{name}_{connections}": _in_event_loop(read, connections)
        for connections in CONNECTIONS
        for name, read in (("async_client", _async_client), ("bare_aiohttp", _bare_aiohttp))
    },
    "hook": _hook,
    "bare_session": _bare_session,
}

if __name__ == "__main__":
    print(json.dumps(asdict(SIDES[sys.argv[1]](int(sys.argv[2])))))
