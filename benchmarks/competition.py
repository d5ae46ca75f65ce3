"""
Several processes that do all they can, on one limit of the service, and nothing but its 429 to tell them of each other.

Run it in the repository's root, in an environment with the package and its emulator::

    python benchmarks/competition.py --simulate    # how the constants of the budget were chosen; in virtual time
    python benchmarks/competition.py               # real processes, the emulator's limit of 500 a minute, ten minutes
    python benchmarks/competition.py --scale 10    # the same with time scaled: 500 in 6 seconds, one minute

It fails if a call failed, if 2 % of the requests or more were refused, or if less than 90 % of the limit was used.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import heapq
import itertools
import json
import logging
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.protocol import budget, endpoints
from airflow_provider_partnercenter.client.protocol.budget import RequestBudget
from airflow_provider_partnercenter.client.protocol.commands import GetToken, Response, Send, Sleep, advance
from airflow_provider_partnercenter.client.protocol.exchange import Exchange
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Limit, LimitKind, Settings
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient

LIMIT = 500
CONFIGURED = 480
KINDS = ("fixed", "sliding", "bucket")
# What was tried: by how much a 429 lowers the rate, and how much of the limit it rises in a window.
DECREASES, RISES = (0.5, 0.7, 0.85), (1 / 24, 1 / 8, 1 / 4)


@dataclass(frozen=True, slots=True)
class Result:
    """
    What came of a competition.

    :param used: the share of the limit that was used.
    :param refused: the share of the requests that were answered 429.
    :param failed: how many calls failed.
    :param fairness: what the slowest process got, of what the fastest got.
    """

    used: float
    refused: float
    failed: int
    fairness: float

    @property
    def good(self) -> bool:
        return self.failed == 0 and self.refused < 0.02 and self.used >= 0.9

    def __str__(self) -> str:
        return (
            f"used {self.used:7.1%}   refused {self.refused:6.2%}   failed {self.failed}   fairness {self.fairness:.2f}"
        )


def _most(limit: Limit, minutes: float) -> float:
    """Return how many requests a service admits in so many minutes; a bucket is full at the beginning."""
    return limit.requests * (minutes + (limit.kind is LimitKind.BUCKET))


def simulate(limit: Limit, *, processes: int = 3, callers: int = 4, minutes: int = 12, seed: int = 0) -> Result:
    """
    Let processes compete in virtual time; everything on their side is the code that really runs.

    :param callers: how many calls each process makes at once, one after the other.
    """
    dice, numbers, now, limiter = random.Random(seed), itertools.count(), 0.0, limit.limiter()
    queue: list[tuple[float, int, int, Any, Any]] = []
    succeeded, requests, refused, failed = [0] * processes, 0, 0, 0

    def calls(process: int, exchange: Exchange) -> Any:
        nonlocal failed
        while True:
            try:
                yield from exchange.send(endpoints.get_qualifications(ordinary_id(1)))
                succeeded[process] += 1
            except PartnerCenterError:
                failed += 1

    for process in range(processes):
        exchange = Exchange(
            "https://api.example", budget=RequestBudget(CONFIGURED), monotonic=lambda: now, chance=dice.random
        )
        for _ in range(callers):
            heapq.heappush(queue, (dice.random(), next(numbers), process, calls(process, exchange), None))
    while queue[0][0] < 60 * minutes:
        now, _, process, procedure, outcome = heapq.heappop(queue)
        command = advance(procedure, outcome)
        wait, outcome = 0.0, None
        if isinstance(command, GetToken):
            outcome = "token"
        elif isinstance(command, Sleep):
            wait = command.seconds
        elif isinstance(command, Send):
            # Answers take long enough for several requests to be under way together.
            wait, requests = dice.uniform(0.05, 0.3), requests + 1
            retry_after = limiter.admit(now)
            refused += retry_after is not None
            headers = {} if retry_after is None else {"Retry-After": str(limit.retry_after(retry_after))}
            outcome = Response(429 if headers else 200, headers, b"[]")
        heapq.heappush(queue, (now + wait, next(numbers), process, procedure, outcome))
    return Result(
        sum(succeeded) / _most(limit, minutes), refused / requests, failed, min(succeeded) / max(1, max(succeeded))
    )


def choose_constants() -> None:
    """Print what other constants than those of :mod:`.client.budget` would come to; the worst of several runs."""
    chosen = budget.DECREASE, budget.RISE
    for processes in (2, 3, 6):
        for decrease, rise in itertools.product(DECREASES, RISES):
            budget.DECREASE, budget.RISE = decrease, rise
            mark = "*" if (decrease, rise) == chosen else " "
            worst = [min(_simulations(kind, processes), key=lambda result: result.used) for kind in KINDS]
            refused = max(result.refused for kind in KINDS for result in _simulations(kind, processes))
            used = "   ".join(f"{kind} {result.used:6.1%}" for kind, result in zip(KINDS, worst, strict=True))
            print(f"{mark} {processes} processes, x {decrease}, + {rise:.3f}:   used: {used}   refused: {refused:.2%}")
    budget.DECREASE, budget.RISE = chosen


@functools.cache
def _simulated(kind: str, processes: int, seed: int, _decrease: float, _rise: float) -> Result:
    return simulate(Limit.parse(f"{kind}:{LIMIT}/60"), processes=processes, seed=seed)


def _simulations(kind: str, processes: int) -> list[Result]:
    return [_simulated(kind, processes, seed, budget.DECREASE, budget.RISE) for seed in range(2)]


async def compete(seconds: float, scale: float, callers: int) -> dict[str, int]:
    """Make as many calls as the budget lets through; what one of the processes does."""
    counts = {"succeeded": 0, "failed": 0}
    until = time.monotonic() + seconds

    async def calls(client: AsyncPartnerCenterClient, number: int) -> None:
        while time.monotonic() < until:
            try:
                await client.get_qualifications(ordinary_id(number))
                counts["succeeded"] += 1
            except PartnerCenterError as error:
                counts["failed"] += 1
                print(error, file=sys.stderr)

    async with await PartnerCenterHook().get_async_conn() as client:
        policy = client.exchange.policy
        client.exchange = replace(
            client.exchange,
            budget=RequestBudget(CONFIGURED, window=60 / scale),
            policy=replace(policy, backoff=policy.backoff / scale, max_backoff=policy.max_backoff / scale),
        )
        await asyncio.gather(*(calls(client, number) for number in range(1, callers + 1)))
    return counts


def measure(kind: str, *, scale: float, minutes: float, processes: int = 3, callers: int = 4) -> Result:
    """
    Let real processes compete for the limit of an emulator.

    :param scale: how many times faster time passes: the limit holds for 60 seconds divided by it.
    :param minutes: how long, before that division.
    """
    limit = Limit.parse(f"{kind}:{LIMIT}/{60 / scale}" + (",decimals" if scale != 1 else ""))
    seconds = 60 * minutes / scale
    with Emulator(Settings(limit=limit)) as emulator:
        environment = {**os.environ, "AIRFLOW_CONN_PARTNERCENTER_DEFAULT": emulator.connection_json()}
        command = [sys.executable, __file__, "--compete", str(seconds), "--scale", str(scale)]
        running = [
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(processes)
        ]
        counts = [json.loads(process.communicate()[0].splitlines()[-1]) for process in running]
        statuses = [record["status"] for record in emulator.journal(path="/v1/")]
    succeeded = [count["succeeded"] for count in counts]
    return Result(
        sum(succeeded) / _most(limit, minutes),
        statuses.count(429) / len(statuses),
        sum(count["failed"] for count in counts),
        min(succeeded) / max(1, max(succeeded)),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulate", action="store_true", help="virtual time, several constants")
    parser.add_argument("--scale", type=float, default=1.0, help="how many times faster time passes (default: 1)")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long, before scaling (default: 10)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS, help="how the service counts")
    parser.add_argument("--compete", type=float, metavar="SECONDS", help=argparse.SUPPRESS)
    options = parser.parse_args()
    # Every 429 is a warning in the log, as it should be elsewhere.
    logging.getLogger("airflow_provider_partnercenter").setLevel(logging.ERROR)
    if options.compete:
        print(json.dumps(asyncio.run(compete(options.compete, options.scale, callers=4))))
        return 0
    if options.simulate:
        choose_constants()
        return 0
    good = True
    for kind in options.kinds:
        result = measure(kind, scale=options.scale, minutes=options.minutes)
        good &= result.good
        print(f"{kind:>8}: {result}   {'' if result.good else 'NOT GOOD ENOUGH'}".rstrip(), flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
