"""Waits in a triggerer: one trigger for many customers, and many triggers for one customer each."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Settings
from airflow_provider_partnercenter.qualification.bulk.report import Entry, Result
from airflow_provider_partnercenter.qualification.bulk.watching import Watch
from airflow_provider_partnercenter.storage.entries import EntryFolder
from airflow_provider_partnercenter.triggers.bulk import PartnerCenterBulkQualificationTrigger
from benchmarks.installation import Installation, installation, memory_of, our_connection, stock_connection
from benchmarks.limits import most_within

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Seconds between two beats of the event loop's heart; one that comes late was held up by something.
BEAT = 0.002
#: Seconds in which a process reaches its usual size.
WARM_UP = 5.0
IN_REVIEW = {"qualification": "Education", "vettingStatus": "InReview"}
#: Seconds that the deferral of many sensors may take, until what that has left behind is over, and that are measured:
#: what an Airflow takes for a thousand deferred tasks varies by a second or two of a minute.
START_TIMEOUT, SETTLED, MEASURED = 1200.0, 60.0, 240.0
ARMS = ("idle", "ours", "stock")


def wait_for_many(number: int, seconds: float) -> dict[str, Any]:
    """
    Let one trigger wait for so many customers, with the default budget, in a process of its own.

    :return: what it takes for each customer, for how long the event loop was blocked, and what was used of the budget.
    """
    with Emulator(Settings(customers=number)) as emulator:
        for customer in range(1, number + 1):
            emulator.configure(ordinary_id(customer), qualifications=[IN_REVIEW])
        environment = os.environ | {"AIRFLOW_CONN_PARTNERCENTER_DEFAULT": emulator.connection_json()}
        command = [sys.executable, "-m", "benchmarks.waiting", str(number), str(seconds)]
        done = subprocess.run(
            command, cwd=Path(__file__).parents[1], env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        records = emulator.journal(path="/v1/")
    moments = [datetime.fromisoformat(record["at"]).timestamp() for record in records]
    return {
        **json.loads(done.stdout.splitlines()[-1]),
        "customers": number,
        "seconds": seconds,
        "requests": len(moments),
        "most_in_60_s": most_within(moments, 60),
    }


def _in_review(rows: Sequence[int]) -> list[Entry]:
    now = datetime.now(UTC).isoformat()
    return [
        Entry(
            rows=(row,),
            customer_id=ordinary_id(row),
            qualification="Education",
            outcome=str(Result.IN_REVIEW),
            vetting_status="InReview",
            vetting_created_date=now,
            submitted=True,
            submitted_at=now,
            request_id=ordinary_id(row),
            correlation_id=ordinary_id(row),
        )
        for row in rows
    ]


async def _wait(number: int, seconds: float, storage: str) -> dict[str, float]:
    late: list[float] = []

    async def beat() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(BEAT)
            late.append(time.perf_counter() - before - BEAT)

    async def wait(rows: Sequence[int], deferral_id: str, seconds: float) -> int:
        now, folder = time.time(), EntryFolder(f"file://{storage}", deferral_id)
        trigger = PartnerCenterBulkQualificationTrigger(
            partnercenter_conn_id="partnercenter_default",
            watch=to_plain(Watch(started_at=now, deadline=now + 7 * 24 * 3600)),
            not_before=now,
            max_concurrency=16,
            path=folder.path,
            deferral_id=deferral_id,
            total=len(rows),
        )
        waiting = asyncio.ensure_future(anext(trigger.run()))
        await asyncio.wait([waiting], timeout=seconds)
        if waiting.done():
            raise RuntimeError(f"The wait has ended: {waiting.result()}")
        used = memory_of(psutil.Process())
        waiting.cancel()
        await asyncio.wait([waiting])
        return used

    # A worker does that.
    EntryFolder(f"file://{storage}", "one").write_requests(_in_review([1]))
    EntryFolder(f"file://{storage}", "many").write_requests(_in_review(range(1, number + 1)))
    # What a triggerer has in memory anyway: Airflow, the client, its connection.
    before = await wait([1], "one", WARM_UP)
    began = time.perf_counter()
    gc.collect()
    full_collection = time.perf_counter() - began
    heart = asyncio.create_task(beat())
    after = await wait(range(1, number + 1), "many", seconds)
    heart.cancel()
    return {"bytes_each": (after - before) / number, "longest_block": max(late), "full_collection": full_collection}


def wait_for_each(number: int) -> dict[str, Any]:
    """
    Let one triggerer wait with so many sensors, one after the other: of this provider, stock ones, and idle ones.

    :return: for each of them, the bytes that one trigger takes, the CPU-seconds and looks of some minutes, and how many
        connections are open in the end.
    """
    results: dict[str, Any] = {"customers": number, "seconds": MEASURED}
    with Emulator(Settings(customers=number, token_lifetime=4 * 3600)) as emulator:
        for customer in range(1, number + 1):
            emulator.configure(ordinary_id(customer), qualifications=[IN_REVIEW])
        connections = {
            "partnercenter_default": our_connection(emulator, requests_per_minute=0),
            "stock": stock_connection(emulator),
        }
        with installation(emulator, connections, {"TRIGGERER__CAPACITY": number}) as installed:
            for arm in ARMS:
                results[arm] = _measure_waits(installed, emulator, arm, number)
                print(f"{arm}: {results[arm]}", flush=True)
    return results


def _measure_waits(installed: Installation, emulator: Emulator, arm: str, number: int) -> dict[str, float]:
    airflow, dag = installed.airflow, f"waiting_{arm}"
    # A process does not give back what others have needed, so each arm has one of its own.
    airflow.kill("triggerer")
    airflow.start("triggerer")
    airflow.wait_until_healthy()
    # The first wait brings in what all of them share.
    # The stock sensor waits on 404 only, so its customers are some that do not exist.
    first = number + 1000 if arm == "stock" else 1
    runs = [airflow.trigger(dag, {"first": first, "number": 1})]
    _wait_until_deferred(installed, dag, runs[0], 1)
    installed.settle()
    before = installed.triggerer_memory()
    runs.append(airflow.trigger(dag, {"first": first + 1, "number": number - 1}))
    _wait_until_deferred(installed, dag, runs[1], number - 1)
    time.sleep(SETTLED)
    asked = len(emulator.journal(path="/v1/"))
    cost = installed.cost_of(lambda: time.sleep(MEASURED))
    result: dict[str, Any] = {
        "bytes_each": (installed.triggerer_memory() - before) / (number - 1),
        "cpu": cost.cpu,
        "parts": cost.parts,
        "looks": len(emulator.journal(path="/v1/")) - asked,
        "connections": installed.triggerer_connections(emulator.port),
    }
    for run in runs:
        airflow.rest("PATCH", f"/dags/{dag}/dagRuns/{run}", json={"state": "failed"})
    return result


def _wait_until_deferred(installed: Installation, dag: str, run: str, number: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    path = f"/dags/{dag}/dagRuns/{run}/taskInstances"
    while installed.airflow.rest("GET", path, state="deferred", limit=1)["total_entries"] < number:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{dag}: {installed.airflow.task_states(dag, run)}")
        time.sleep(2)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        print(json.dumps(asyncio.run(_wait(int(sys.argv[1]), float(sys.argv[2]), directory))))
