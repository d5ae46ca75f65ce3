"""The tables are Airflow's own, in a database of SQLite that nobody else uses."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from airflow_provider_partnercenter.database.bulk_tasks import bulk_row, bulk_rows, customers_of
from airflow_provider_partnercenter.database.customers import count_customers
from airflow_provider_partnercenter.database.page import BulkCustomer, BulkCustomers, TaskKey
from airflow_provider_partnercenter.qualification.bulk.report import Entry
from airflow_provider_partnercenter.storage.entries import EntryFolder
from airflow_provider_partnercenter.storage.shown import glimpses
from tests.support.database import CUSTOMER, NOW, OTHER, ago

DAGS = {"onboard"}


def many(world, task_state="deferred", phase="waiting", **members):
    counts = {"total": 2, "in_review": 2, "approved": 0}
    value = {"phase": phase, "counts": counts, **members}
    return TaskKey(*world.task(value, task_state, key="partnercenter_customers"))


def rows(world, dag_ids=DAGS, **options):
    return bulk_rows(world.session, dag_ids, **options)


def test_what_a_row_says(told_world):
    customer = {"customer_id": CUSTOMER, "qualification": "Education", "outcome": "denied", "attempts_left": 1}
    task = many(
        told_world,
        connection_id="partner",
        waiting_since=ago(hours=1),
        until=ago(days=-6),
        customers=[{**customer, "reason": "why", "hint": "do"}],
    )
    ((row,), total) = rows(told_world)
    assert (row.task, row.state, row.waits, total) == (task, "deferred", True, 1)
    assert row.counts == {"total": 2, "in_review": 2, "approved": 0}
    assert (row.connection_id, row.waiting_since, row.until) == (
        "partner",
        NOW - timedelta(hours=1),
        NOW + timedelta(days=6),
    )
    assert row.customers == (BulkCustomer(CUSTOMER, "Education", "denied", "why", "do", 1),)
    assert customers_of(row) == BulkCustomers(row.customers, 2)


def test_those_that_wait_come_first(told_world):
    waiting = many(told_world)
    ended = many(told_world, "success", "ended")
    stopped = many(told_world, "failed")
    found, total = rows(told_world)
    assert [(row.task, row.waits) for row in found] == [(waiting, True), (stopped, False), (ended, False)]
    assert [row.task for row in rows(told_world, limit=1, offset=2)[0]] == [ended]
    assert total == 3


def test_rights(told_world):
    task = many(told_world)
    assert rows(told_world, {"another"}) == rows(told_world, set()) == ((), 0)
    assert bulk_row(told_world.session, {"another"}, task) is None
    assert bulk_row(told_world.session, DAGS, TaskKey("onboard", "none", "wait")) is None
    found = bulk_row(told_world.session, DAGS, task)
    assert found is not None
    assert found.task == task


def test_customers_in_tasks_for_many_are_counted_apart(told_world):
    many(told_world)
    many(told_world)
    many(told_world, "failed")
    many(told_world, "success", "ended")
    found = count_customers(told_world.session, DAGS, overdue_days=1, today=NOW, now=NOW)
    assert (found.in_bulk, found.waiting) == (4, 0)


@pytest.mark.parametrize("value", ["s3://b/x", [], {"phase": "waiting", "counts": [], "customers": {}, "path": 1}])
def test_what_cannot_be_read(told_world, value):
    told_world.task(value, key="partnercenter_customers")
    ((row,), _) = rows(told_world)
    assert (row.counts, row.customers, row.path) == ({}, (), None)
    assert customers_of(row) == BulkCustomers()


def entry(customer, outcome="in_review", **others):
    return Entry((0,), customer, "Education", outcome, **others)


def test_customers_in_object_storage(told_world, tmp_path):
    folder = EntryFolder(f"file://{tmp_path}/folder", "1")
    folder.prepare()
    folder.write_requests([entry(CUSTOMER), entry(OTHER), entry("c")])
    folder.write_verdicts([entry(OTHER, "denied", vetting_reason="why")])
    many(told_world, path=folder.path, deferral_id="1")
    ((row,), _) = rows(told_world)
    found = customers_of(row, limit=2)
    assert [(each.customer_id, each.outcome, each.reason) for each in found.customers] == [
        (CUSTOMER, "in_review", "no verdict yet"),
        (OTHER, "denied", "why"),
    ]
    assert (found.total, found.problem) == (2, None)


def report(tmp_path, text):
    file = tmp_path / "report.json"
    file.write_text(text)
    return f"file://{file}"


def test_customers_in_a_report(told_world, tmp_path):
    customers = [entry(str(number), "approved").reported() for number in range(5)]
    many(told_world, "success", "ended", path=report(tmp_path, json.dumps({"customers": customers})))
    ((row,), _) = rows(told_world)
    found = customers_of(row, limit=3)
    assert [each.customer_id for each in found.customers] == ["0", "1", "2"]
    assert found.problem is None


@pytest.mark.parametrize("text", ["{", "[]", '{"customers": 3}', '{"customers": [3]}', ""])
def test_a_report_that_is_none(told_world, tmp_path, text):
    many(told_world, "success", "ended", path=report(tmp_path, text))
    ((row,), _) = rows(told_world)
    assert customers_of(row).customers == ()


@pytest.mark.parametrize("deferral_id", ["1", ""])
@pytest.mark.parametrize("path", ["file:///nowhere/else", "nothing://bucket/folder", "s3://bucket/folder"])
def test_a_failure_is_in_the_row(told_world, deferral_id, path):
    many(told_world, path=path, deferral_id=deferral_id)
    ((row,), _) = rows(told_world)
    found = customers_of(row)
    assert (found.customers, found.total) == ((), 2)
    assert found.problem is not None
    assert path in found.problem
    assert "What to do" in found.problem


def test_no_more_than_so_much_is_read(told_world, tmp_path, monkeypatch):
    monkeypatch.setattr(glimpses, "MAX_REPORT_BYTES", 10)
    many(told_world, "success", "ended", path=report(tmp_path, json.dumps({"customers": []})))
    ((row,), _) = rows(told_world)
    problem = customers_of(row).problem
    assert problem is not None
    assert "has 17 bytes, more than is shown here" in problem
