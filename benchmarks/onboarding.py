"""Customers onboarded on a real Airflow: this provider's one task, next to one stock HTTP task for each call."""

from __future__ import annotations

import tempfile
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import requests

from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import After, Limit, Settings
from benchmarks.installation import Installation, installation, largest, our_connection, stock_connection
from benchmarks.limits import SERVICE_LIMIT, most_within
from benchmarks.report import VETTING
from testbed.local_airflow import FINAL_RUN_STATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def onboard(sizes: Sequence[int], stock_sizes: Sequence[int]) -> dict[str, Any]:
    """
    Onboard so many customers, each number in a run of its own, without a budget and without a limit.

    :return: for ``ours`` and ``stock`` what each run took.
    """
    first = 1
    settings = Settings(vetting=After(VETTING), customers=sum([*sizes, *stock_sizes]) + 10, token_lifetime=4 * 3600)
    with Emulator(settings) as emulator, tempfile.TemporaryDirectory() as storage:
        connections = {
            "partnercenter_default": our_connection(emulator, requests_per_minute=0),
            "stock": stock_connection(emulator),
        }
        results: dict[str, list[dict[str, Any]]] = {"ours": [], "stock": []}
        with installation(emulator, connections) as airflow:
            # What is imported for the first time, or compiled, is nobody's cost.
            for dag in ("ours", "stock"):
                _run(airflow, emulator, dag, {"first": first, "number": 2, "storage": f"file://{storage}"})
                first += 2
            airflow.settle()
            for dag, numbers in (("ours", sizes), ("stock", stock_sizes)):
                for number in numbers:
                    conf = {"first": first, "number": number, "storage": f"file://{storage}"}
                    results[dag].append(_run(airflow, emulator, dag, conf))
                    first += number
                    print(f"{dag}: {results[dag][-1]}", flush=True)
    return results


def onboard_within_limit(number: int) -> dict[str, Any]:
    """
    Onboard so many customers with the default budget, at Microsoft's limit.

    :return: what the run took, and how the phase of submissions used the budget.
    """
    settings = Settings(vetting=After(VETTING), customers=number, limit=Limit.parse(f"sliding:{SERVICE_LIMIT}/60"))
    with Emulator(settings) as emulator, tempfile.TemporaryDirectory() as storage:
        connections = {"partnercenter_default": our_connection(emulator), "stock": stock_connection(emulator)}
        with installation(emulator, connections) as airflow:
            airflow.settle()
            result = _run(airflow, emulator, "ours", {"first": 1, "number": number, "storage": f"file://{storage}"})
        records = emulator.journal(path="/v1/")
    moments = [datetime.fromisoformat(record["at"]).timestamp() for record in records]
    posts = [moment for moment, record in zip(moments, records, strict=True) if record["method"] == "POST"]
    phase = [moment for moment in moments if moment <= posts[-1]]
    return result | {
        "refused": sum(record["status"] == 429 for record in records),
        "submitting_seconds": phase[-1] - phase[0],
        "submitting_rate": (len(phase) - 1) / (phase[-1] - phase[0]) * 60,
        "most_in_60_s": most_within(moments, 60),
    }


def _run(installed: Installation, emulator: Emulator, dag: str, conf: Mapping[str, Any]) -> dict[str, Any]:
    airflow, runs = installed.airflow, []

    def onboarding() -> None:
        runs.append(airflow.trigger(dag, conf))
        while airflow.run_state(dag, runs[0]) not in FINAL_RUN_STATES:
            time.sleep(1)

    requests.delete(f"{emulator.url}/emulator/journal", verify=str(emulator.ca_file), timeout=30).raise_for_status()
    idle = installed.triggerer_memory()
    # The task may be short, and to look at it is cheap.
    with largest(installed.task_memory, 0.1) as task, largest(installed.triggerer_memory, 1) as triggerer:
        cost = installed.cost_of(onboarding)
    if airflow.run_state(dag, runs[0]) != "success":
        raise RuntimeError(f"{dag} has failed: {airflow.task_states(dag, runs[0])}")
    journal = emulator.journal()
    calls = [record for record in journal if record["path"].startswith("/v1/")]
    submitted = sum(record["method"] == "POST" for record in calls)
    if submitted != conf["number"]:
        raise RuntimeError(f"{dag} has submitted {submitted} requests for {conf['number']} customers")
    return {
        "customers": conf["number"],
        "seconds": cost.seconds,
        "cpu": cost.cpu,
        "requests": len(calls),
        "tokens": sum(record["grant_type"] is not None for record in journal),
        "task_bytes": task[0],
        "triggerer_bytes": triggerer[0] - idle,
    }
