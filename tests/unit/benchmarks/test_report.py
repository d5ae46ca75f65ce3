"""What the benchmarks say of what they have measured; nothing is measured here."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from benchmarks.large_database import Contents
from benchmarks.limits import most_within
from benchmarks.report import figures, page

ON = {"date": "2026-01-02", "machine": "2 cores", "system": "Linux", "apache-airflow": "3.3.2"}


def run(customers, seconds, cpu, **others):
    return {
        "customers": customers, "seconds": seconds, "cpu": cpu,
        "requests": 4 * customers, "tokens": 1, "task_bytes": 50e6, "triggerer_bytes": 1e6, **others,
    }  # fmt: skip


def onboarding(**changes):
    ours = [run(100, 20, 2), run(1000, 25, 10)]
    return {"ours": ours, "stock": [run(1000, 1015, 1000)], "on": ON, **changes}


def each(**changes):
    arms = {"idle": (10, 1, 0), "ours": (15, 10, 600), "stock": (40, 60, 600)}
    return {"customers": 10, "seconds": 60, "on": ON, **{name: arm(*found) for name, found in arms.items()}, **changes}


def arm(kilobytes, cpu, looks):
    parts = {"scheduler": cpu / 2, "triggerer": cpu / 2, "dag-processor": 1, "api-server": 1, "database": 1}
    return {"bytes_each": 1000 * kilobytes, "cpu": cpu, "looks": looks, "parts": parts, "connections": 9}


def cost(seconds, cpu):
    return {"seconds": seconds, "cpu": cpu, "server_cpu": 0.5}


CLIENTS = {
    "customers": 10, "rounds": 1, "concurrency": 16, "on": ON,
    "event_loop": [
        {"connections": 8, "ours": cost(1.1, 1.2), "bare": cost(1.0, 1.0)},
        {"connections": 16, "ours": cost(1.25, 1.25), "bare": cost(1.0, 1.0)},
    ],
    "one_by_one": {"ours": cost(2.0, 1.2), "bare": cost(1.9, 1.0)},
}  # fmt: skip
MANY = {
    "customers": 10,
    "seconds": 60,
    "bytes_each": 2000,
    "longest_block": 0.06,
    "most_in_60_s": 97,
    "full_collection": 0.1,
    "on": ON,
}
LOOKS = {"ours": 0.0003, "bare_aiohttp": 0.0004}
LIMIT = {
    "customers": 10, "seconds": 60, "requests": 30, "refused": 0, "tokens": 2, "cpu": 3, "on": ON,
    "submitting_seconds": 5, "submitting_rate": 470, "most_in_60_s": 501,
}  # fmt: skip


@pytest.mark.parametrize(
    ("moments", "most"),
    [
        ([], 0),
        ([5.0], 1),
        ([0.0, 59.9], 2),
        ([0.0, 60.0], 1),
        ([0.0, 30.0, 60.0, 61.0, 62.0, 119.0], 4),
    ],
)
def test_most_within_a_minute(moments, most):
    assert most_within(moments, 60) == most


@pytest.mark.parametrize(
    ("name", "found", "met"),
    [
        ("clients", CLIENTS, [True, True, False, True, False, None]),
        ("many", MANY, [True, False, True]),
        ("many", MANY | {"most_in_60_s": 98}, [True, False, False]),
        ("limit", LIMIT, [True, True, False, True, True, None]),
        ("each", each(), [True, True, None]),
        ("each", each(ours=arm(17, 12, 600)), [False, True, None]),
        # What idle triggers take is not taken off.
        ("each", each(idle=arm(10, 12, 0), ours=arm(15, 13, 600)), [True, False, None]),
        ("onboarding", onboarding(), [True] * 6),
        ("onboarding", onboarding(stock=[run(1000, 115, 100)]), [False, False, True, True, True, True]),
        # CPU that grows faster than the customers.
        ("onboarding", onboarding(ours=[run(100, 20, 1), run(1000, 25, 11)]), [True, True, False, True, True, True]),
        # Nothing to compare with.
        ("onboarding", onboarding(stock=[run(50, 50, 50)]), [True] * 4),
    ],
)
def test_a_figure_says_whether_its_promise_is_kept(name, found, met):
    assert [figure.met for figure in figures({name: found})] == met


def test_the_page_tells_ratios_and_names_what_is_not_met():
    text = page({"onboarding": onboarding(), "many": MANY})
    assert "against one stock task for each call: CPU | 1/100 | at most 1/50 | yes |" in text
    assert "against one stock task for each call: time beyond the vetting | 1/100 | at most 1/30 | yes |" in text
    assert "longest block of the event loop | 60 ms | at most 50 ms | **no** |" in text
    assert "| ours | 1,000 | 25 s | 10.0 s | 10.0 ms | 4,000 | 50 MB | 1.0 MB |" in text
    assert "Measured on 2026-01-02: 2 cores, Linux; apache-airflow 3.3.2." in text
    assert "## One call" not in text, "what was not measured is not there"


def test_the_page_tells_what_limits_sensors():
    text = page({"each": each(), "looks": {"customers": 9, "rounds": 1, "interval": 10, "on": ON, **LOOKS}})
    assert "CPU, against stock sensors | 1/6.0 | at most 1/5 | yes |" in text
    assert "CPU of the triggerer alone, against stock sensors | 1/6.0 | published |" in text
    assert "| ours | 15.0 KB | 600 | 10.0 s | 5.0 s | 5.0 s | 2.0 s | 1.0 s |" in text
    assert "A fifth of the stock sensors' CPU is 12.0 s. Airflow takes 1.0 s" in text
    assert "against a bare aiohttp loop: CPU | 0.75 | published |" in text


def test_the_page_tells_who_sets_the_pace_of_calls():
    text = page({"clients": CLIENTS})
    assert (
        "the async client, against a bare aiohttp loop, each with 16 connections: throughput | 0.80 | at least" in text
    )
    assert "the server of these calls: busy | 50% at most | published |" in text
    assert "8, as many as our client opens by default, and 16, one for each call" in text
    assert "| async client | 16 | 1.2 s | 125000 µs | 100% | 40% |" in text
    assert "| hook | 1 | 2.0 s | 120000 µs | 60% | 25% |" in text


def test_the_page_tells_how_long_each_way_takes():
    ways = {
        way: {"seconds": [12.4, 3.0, 7.0], "median": 7.0} for way in ("rest", "asset_events", "queue", "new_customers")
    }
    text = page({"events": {"interval": 30, "ways": ways, "on": ON}})
    assert "| from a message in a Redis stream to the request | 7 s | published |" in text
    assert "| a `POST dagRuns` | 7 s | 3, 7, 12 s |" in text


def part(seconds, queries=1, scanned=(), queries_of_few=None, without_index=0):
    found = {"seconds": seconds, "queries": queries, "indexes": ["idx_xcom_key"], "scanned": list(scanned)}
    return {**found, "queries_of_few": queries_of_few or queries, "without_index": without_index}


def of_page(**changes):
    names = ("counts", "customers", "choices", "tasks for many", "sign-ins")
    parts = {name: part(0.25, 2) for name in names} | {"a run": part(0.01)} | changes
    return {**asdict(Contents(waiting=10, past=50, others=1_000)), "rounds": 3, "parts": parts, "on": ON}


def test_the_page_tells_what_the_page_of_airflow_asks():
    text = page({"page": of_page()})
    what = "the page, with 10 waiting and 50 verdicts among 1,000 other task instances"
    assert f"{what}: time of the first page in the database | 1.2 s | published |" in text
    assert f"{what}: queries of the first page | 10 | published |" in text
    assert f"{what}: parts with more queries than with a hundredth of it | none | none | yes |" in text
    assert f"{what}: parts with a query that uses no index | none | none | yes |" in text
    assert f"{what}: plans that read all task instances | none | none | yes |" in text
    assert "| a run | 10 ms | 1 | `idx_xcom_key` | nothing |" in text
    bad = part(0.01, 3, scanned=["task_instance"], queries_of_few=2, without_index=1)
    text = page({"page": of_page(history=bad)})
    assert f"{what}: parts with more queries than with a hundredth of it | history | none | **no** |" in text
    assert f"{what}: parts with a query that uses no index | history | none | **no** |" in text
    assert f"{what}: plans that read all task instances | history | none | **no** |" in text


def test_the_page_tells_what_imports_cost():
    cases = {
        "a DAG file": {"milliseconds": 60.0, "median": 65.0, "airflow": 900.0, "limit": 50},
        "the start of airflow": {"milliseconds": 1.0, "median": 1.5, "airflow": 500.0, "limit": 5},
    }
    text = page({"imports": {"cases": cases, "runs": 3, "on": ON}})
    assert "adds to a DAG file, which takes Airflow 900 ms | 60.0 ms | at most 50 ms | **no** |" in text
    assert "| the start of airflow | 1.0 ms | 1.5 ms | 500 ms |" in text
