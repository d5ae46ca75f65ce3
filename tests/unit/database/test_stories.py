"""The tables are Airflow's own, in a database of SQLite that nobody else uses."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.database.page import History, PastVerdict, Stories, TaskKey
from airflow_provider_partnercenter.database.stories import history, stories_of
from airflow_provider_partnercenter.qualification.states.customer import StoryEntry
from tests.support.database import CUSTOMER, NOW, OTHER, told

DAGS = {"onboard"}
READ = {"what": "read", "at": "2026-11-26T08:00:00+00:00", "text": "none", "correlation_id": "c", "request_id": "r"}


def of(world, *where, dag_ids=DAGS, limit=100):
    return stories_of(world.session, dag_ids, *where, now=NOW, limit=limit)


def test_the_story_of_a_run(told_world):
    first = told_world.task(
        told(state="denied", phase="ended", story=[READ, {"what": "ended"}]), "failed", run_id="1", task_id="b"
    )
    second = told_world.task(told(story=[READ]), run_id="1", task_id="a")
    told_world.task(told(story=[READ]), run_id="2")
    found = of(told_world, "onboard", "1")
    assert [story.row.task for story in found.stories] == [TaskKey(*first), TaskKey(*second)]
    entry = StoryEntry("read", "2026-11-26T08:00:00+00:00", "none", "c", "r")
    assert [story.entries for story in found.stories] == [(entry, StoryEntry("ended")), (entry,)]
    assert [(story.row.state, story.row.waits) for story in found.stories] == [("denied", False), ("in_review", True)]
    assert (found.total, found.bulk) == (2, ())


def test_a_task_that_the_triggerer_ended_has_its_end(told_world):
    told_world.task(told(story=[READ]), "success", run_id="1", result="{}", result_at=NOW)
    (story,) = of(told_world, "onboard", "1").stories
    assert [entry.what for entry in story.entries] == ["read", "ended"]
    assert story.entries[-1] == StoryEntry("ended", NOW.isoformat(timespec="seconds"), "approved")


def test_the_story_of_a_task(told_world):
    tasks = [told_world.task(told(str(number)), run_id="1", map_index=number) for number in range(3)]
    told_world.task(told(), run_id="1", task_id="another")
    assert [story.row.task for story in of(told_world, "onboard", "1", "wait").stories] == [
        TaskKey(*task) for task in tasks
    ]
    assert [story.row.customer_id for story in of(told_world, "onboard", "1", "wait", 1).stories] == ["1"]
    first = of(told_world, "onboard", "1", "wait", limit=2)
    assert (len(first.stories), first.total) == (2, 3)


@pytest.mark.parametrize(
    ("where", "dag_ids"),
    [
        (("onboard", "1"), {"another"}),
        (("onboard", "1"), set()),
        (("another", "1"), DAGS),
        (("onboard", "2"), DAGS),
        (("onboard", "1", "other"), DAGS),
    ],
)
def test_nothing_is_there(told_world, where, dag_ids):
    told_world.task(told(), run_id="1")
    told_world.task({"counts": {}, "phase": "waiting"}, run_id="1", task_id="many", key="partnercenter_customers")
    assert of(told_world, *where, dag_ids=dag_ids) == Stories()


def test_a_run_for_many_customers(told_world):
    value = {"counts": {"total": 3, "in_review": 2}, "phase": "waiting"}
    task = told_world.task(value, run_id="1", key="partnercenter_customers")
    told_world.task(value, run_id="2", key="partnercenter_customers")
    found = of(told_world, "onboard", "1")
    assert [(row.task, row.counts, row.waits) for row in found.bulk] == [
        (TaskKey(*task), {"total": 3, "in_review": 2}, True)
    ]


@pytest.mark.parametrize(
    "value",
    [
        "s3://bucket/xcom",
        told(story="none"),
        told(story=[None, 1, "read", {}, {"what": None}]),
        told(story=None),
        [],
    ],
)
def test_a_story_that_cannot_be_read(told_world, value):
    told_world.task(value, run_id="1")
    (story,) = of(told_world, "onboard", "1").stories
    assert story.entries == ()


def verdict(customer=CUSTOMER, outcome="denied", **others):
    return {"customer_id": customer, "qualification": "Education", "outcome": outcome, **others}


URI = "partnercenter://contoso.com/verdicts"


def test_there_is_no_history_without_a_named_outlet(told_world):
    told_world.asset(URI)
    told_world.outlet("s3://bucket/file", "onboard")
    told_world.outlet(URI, "secret")
    assert history(told_world.session, DAGS) == History()


def test_the_verdicts_of_the_past(told_world):
    told_world.outlet(URI, "onboard")
    details = {"vetting_reason": "NotAnEducationCustomer", "hint": "do", "attempts_left": 2, "correlation_id": "c"}
    told_world.verdict(verdict(**details), key=CUSTOMER)
    told_world.verdict(verdict(OTHER, "approved"), key=OTHER)
    # Of a DAG that the user may not read, and of nobody.
    told_world.verdict(verdict("x"), key="x", dag_id="secret")
    told_world.verdict(verdict("y"), key="y", dag_id=None)
    told_world.verdict({"outcome": "pondered"}, key=CUSTOMER)
    found = history(told_world.session, DAGS)
    assert (found.assets, found.more) == ((URI,), False)
    assert [(each.customer_id, each.outcome) for each in found.verdicts] == [(OTHER, "approved"), (CUSTOMER, "denied")]
    task = TaskKey("onboard", "run", "wait", -1)
    last = found.verdicts[-1]
    assert last == PastVerdict(
        last.at, URI, task, CUSTOMER, "Education", "denied", "NotAnEducationCustomer", "do", 2, "c"
    )
    assert last.at.tzinfo is not None
    mine = history(told_world.session, DAGS, customer_id=CUSTOMER.upper())
    assert [each.customer_id for each in mine.verdicts] == [CUSTOMER]


def test_pages_of_the_past(told_world):
    told_world.outlet(URI, "onboard")
    for number in range(3):
        told_world.verdict(verdict(str(number)), key=str(number))
    first, second = (history(told_world.session, DAGS, limit=2, offset=offset) for offset in (0, 2))
    assert ([each.customer_id for each in first.verdicts], first.more) == (["2", "1"], True)
    assert ([each.customer_id for each in second.verdicts], second.more) == (["0"], False)


@pytest.mark.since_airflow("3.2", "events with keys")
def test_a_batch_of_verdicts(told_world):
    told_world.outlet(URI, "onboard")
    extra = {"verdicts": {CUSTOMER: verdict(), OTHER: verdict(OTHER, "approved")}}
    told_world.verdict(extra, key=OTHER)
    (found,) = history(told_world.session, DAGS).verdicts
    assert (found.customer_id, found.outcome) == (OTHER, "approved")
