"""The tables are Airflow's own, in a database of SQLite that nobody else uses."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from airflow_provider_partnercenter.database.customers import choices, count_customers, page_of_customers
from airflow_provider_partnercenter.database.page import OPEN_STATES, Choices, Counts, Filters, Sort, TaskKey
from tests.support.database import CUSTOMER, NOW, OTHER, THIRD, ago, told

DAGS = {"onboard"}


EVERYBODY = Filters()


def page(world, dag_ids=DAGS, filters=EVERYBODY, **options):
    return page_of_customers(world.session, dag_ids, filters, now=NOW, **options)


def counts(world, dag_ids=DAGS, overdue_days=5):
    today = NOW.replace(hour=0)
    return count_customers(world.session, dag_ids, overdue_days=overdue_days, today=today, now=NOW)


def test_an_empty_installation(told_world):
    assert page(told_world) == page(told_world, set())
    assert (page(told_world).rows, page(told_world).total, counts(told_world)) == ((), 0, Counts())
    assert choices(told_world.session, DAGS) == Choices()


def test_what_a_row_says(told_world):
    waiting = told(
        company_name="Contoso",
        connection_id="partner",
        cloud="global",
        vetting_status="InReview",
        requested_at=ago(days=2),
        waiting_since=ago(hours=1),
        until=ago(days=-6),
        request_id="r",
        correlation_id="c",
    )
    task = told_world.task(waiting)
    (row,) = page(told_world).rows
    assert row.task == TaskKey(*task)
    assert (row.customer_id, row.qualification, row.company_name) == (CUSTOMER, "Education", "Contoso")
    assert (row.state, row.who, row.waits, row.asks) == ("in_review", "microsoft", True, False)
    assert (row.connection_id, row.cloud, row.vetting_status) == ("partner", "global", "InReview")
    assert (row.request_id, row.correlation_id, row.attempts_left) == ("r", "c", None)
    assert row.requested_at == NOW - timedelta(days=2)
    assert row.waiting_since == NOW - timedelta(hours=1)
    assert row.until == NOW + timedelta(days=6)
    assert row.next_look is not None
    assert NOW < row.next_look <= NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("value", "task_state", "state", "waits"),
    [
        (told(), "deferred", "in_review", True),
        (told(), "up_for_reschedule", "in_review", True),
        (told(), "running", "in_review", True),
        (told(), "queued", "in_review", True),
        (told(), "up_for_retry", "in_review", True),
        (told(), "scheduled", "in_review", True),
        # Cleared, and not scheduled yet, for example because the DAG is paused.
        (told(), None, "stopped", False),
        (told(), "failed", "stopped", False),
        (told(), "skipped", "stopped", False),
        (told(), "success", "stopped", False),
        (told(state="denied", phase="asking"), "awaiting_input", "denied", True),
        (told(state="needs_code", phase="asking"), "deferred", "needs_code", True),
        (told(state="denied", phase="asking"), "failed", "stopped", False),
        (told(state="denied", phase="ended"), "failed", "denied", False),
        (told(state="approved", phase="ended"), "success", "approved", False),
        (told(state="in_review", phase="ended"), "success", "in_review", False),
        # An XCom backend keeps it elsewhere.
        ("s3://bucket/xcom", "deferred", "unreadable", True),
        # Of another version.
        (told(state="pondered"), "deferred", "pondered", True),
    ],
)
def test_how_a_customer_stands(told_world, value, task_state, state, waits):
    told_world.task(value, task_state)
    (row,) = page(told_world).rows
    assert (row.state, row.waits) == (state, waits)


def test_a_task_that_its_trigger_ended(told_world):
    """Airflow stores what a trigger pushes as JSON text, so that our own XCom is still the one before the wait."""
    told_world.task(told(), "success", result=json.dumps({"outcome": "approved"}), told_at=NOW - timedelta(days=2))
    # A worker that could not tell how it ended.
    told_world.task(told(OTHER), "failed", result={"outcome": "denied"})
    approved, stopped = page(told_world).rows
    assert (approved.state, approved.who, approved.waits) == ("approved", "nobody", False)
    assert approved.ended_at == approved.changed_at > NOW - timedelta(days=1)
    assert stopped.state == "stopped"


def test_what_cannot_be_read_and_does_not_wait_is_not_shown(told_world):
    told_world.task("s3://bucket/xcom", "success")
    told_world.task(told(), key="return_value")
    assert page(told_world).rows == ()


def test_a_hundred_runs_of_one_dag_are_all_named(told_world):
    """With Airflow's defaults, the rendered arguments of thirty would be left."""
    for number in range(100):
        told_world.task(told(f"{number:08}-3f6e-4f2b-9f0a-7f3c1c2d4e5f", company_name=f"Company {number}"))
    found = page(told_world, limit=1000)
    assert found.total == 100
    assert {row.company_name for row in found.rows} == {f"Company {number}" for number in range(100)}
    assert counts(told_world).waiting == 100


def test_the_last_word_counts(told_world):
    told_world.task(told(state="denied", phase="ended", company_name="Contoso"), "success", run_id="1")
    told_world.task(told(phase="ended"), "success", run_id="1", task_id="ask")
    told_world.task(told(OTHER, state="approved", phase="ended"), "success")
    last = told_world.task(told(), run_id="1", task_id="wait_again")
    # Another qualification is another matter.
    other = told_world.task({**told(state="denied", phase="ended"), "qualification": "StateOwnedEntity"}, "failed")
    found = page(told_world, filters=Filters(states=OPEN_STATES))
    assert {row.task for row in found.rows} == {TaskKey(*last), TaskKey(*other)}
    # Another task knew the name.
    assert [row.company_name for row in found.rows if row.waits] == ["Contoso"]
    assert (counts(told_world).denied, counts(told_world).waiting) == (1, 1)


def test_whoever_waits_is_shown_whatever_comes_later(told_world):
    told_world.task(told())
    told_world.task(told())
    told_world.task(told(state="approved", phase="ended"), "success")
    assert [row.waits for row in page(told_world, sort=Sort.CHANGED_AT).rows] == [True, True, False]


def test_counts(told_world):
    told_world.task(told(requested_at=ago(days=6)))
    told_world.task(told(OTHER, requested_at=ago(days=1)))
    told_world.task(told(THIRD, waiting_since=ago(days=6)))
    told_world.task(told("a", state="denied", phase="asking"), "awaiting_input")
    told_world.task(told("b", state="denied", phase="ended"), "failed")
    told_world.task(told("c", state="needs_code", phase="asking"), "awaiting_input")
    told_world.task(told("d", state="approved", phase="ended", ended_at=ago(hours=7)), "success")
    told_world.task(told("e", state="approved", phase="ended", ended_at=ago(hours=9)), "success")
    # It was approved before any task looked.
    told_world.task(told("f", state="approved", phase="ended"), "success")
    told_world.task(told("g"), "success", result="{}", result_at=NOW - timedelta(hours=1))
    told_world.task(told("h"), "success", result="{}", result_at=NOW - timedelta(days=1))
    told_world.task(told("i", state="unknown", phase="ended"), "failed")
    told_world.task(told("j"), "failed")
    told_world.task(told("k"), dag_id="secret")
    found = Counts(waiting=3, overdue=2, denied=2, approved_today=2, unknown=1, asking=2)
    assert counts(told_world) == found
    assert counts(told_world, {"onboard", "secret"}).waiting == 4
    assert counts(told_world, set()) == Counts()
    assert page(told_world, filters=Filters(overdue_days=5)).total == 2


def test_nothing_of_other_dags(told_world):
    told_world.task(told(), dag_id="secret")
    mine = told_world.task(told(OTHER))
    # Neither is it known that it is newer.
    told_world.task(told(OTHER, state="approved", phase="ended"), "success", dag_id="secret")
    assert [row.task for row in page(told_world).rows] == [TaskKey(*mine)]
    assert choices(told_world.session, DAGS) == Choices(("onboard",), ("Education",))
    assert choices(told_world.session, {"onboard", "secret"}).dag_ids == ("onboard", "secret")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(), {"a", "b", "c"}),
        (Filters(states=frozenset({"denied"})), {"b"}),
        (Filters(states=OPEN_STATES), {"a", "b"}),
        (Filters(who="microsoft"), {"a"}),
        (Filters(who="person"), {"b"}),
        (Filters(who="nobody"), {"c"}),
        (Filters(qualification="Education"), {"a", "b", "c"}),
        (Filters(qualification="StateOwnedEntity"), set()),
        (Filters(dag_id="onboard"), {"a", "b", "c"}),
        (Filters(dag_id="other"), set()),
        (Filters(overdue_days=3), {"a"}),
        (Filters(overdue_days=5), set()),
        (Filters(search="CONTO"), {"a", "b"}),
        (Filters(search="contoso", who="person"), {"b"}),
        (Filters(search=" B"), {"b"}),
        # No wildcards.
        (Filters(search="%"), {"c"}),
        (Filters(search="_"), set()),
        (Filters(search="'; drop table xcom; --"), set()),
    ],
)
def test_filters(told_world, filters, found):
    told_world.task(told("a", company_name="Contoso", requested_at=ago(days=4)))
    told_world.task(told("b", state="denied", phase="ended", company_name="contoso school"), "failed")
    told_world.task(told("c", state="approved", phase="ended", company_name="100%"), "success")
    assert {row.customer_id for row in page(told_world, filters=filters).rows} == found


def test_sorting_and_paging(told_world):
    told_world.task(told("b", company_name="beta", requested_at=ago(days=3), attempts_left=1))
    told_world.task(told("a", company_name="Alpha", requested_at=ago(days=1), attempts_left=2))
    told_world.task(told("c"), dag_id="another")
    dags = {"onboard", "another"}

    def order(sort, **options):
        return "".join(row.customer_id for row in page(told_world, dags, sort=sort, **options).rows)

    assert order(Sort.COMPANY_NAME) == order(Sort.CUSTOMER_ID) == "abc"
    assert order(Sort.COMPANY_NAME, descending=True) == "bac"
    assert (order(Sort.REQUESTED_AT), order(Sort.REQUESTED_AT, descending=True)) == ("bac", "abc")
    assert (order(Sort.ATTEMPTS_LEFT), order(Sort.DAG_ID), order(Sort.CHANGED_AT)) == ("bac", "cba", "bac")
    assert all(len(order(sort)) == 3 for sort in Sort)
    second = page(told_world, dags, sort=Sort.CUSTOMER_ID, limit=1, offset=1)
    assert ([row.customer_id for row in second.rows], second.total) == (["b"], 3)
    after = page(told_world, dags, sort=Sort.CUSTOMER_ID, limit=1, offset=9)
    assert (after.rows, after.total) == ((), 3)


def test_texts_are_passed_through(told_world):
    name = "<script>alert(1)</script>\u202e=1+1" + "x" * 10_000
    told_world.task(told(company_name=name, state="denied", phase="ended", reason=name), "failed")
    (row,) = page(told_world, filters=Filters(search="<script>")).rows
    assert (row.company_name, row.reason) == (name, name)


@pytest.mark.parametrize("customers", [1, 30])
def test_the_number_of_queries_does_not_grow(told_world, customers):
    from sqlalchemy import event

    for number in range(customers):
        told_world.task(told(str(number)))
    asked = []
    event.listen(told_world.session.get_bind(), "before_cursor_execute", lambda *call: asked.append(call[2]))
    page(told_world)
    counts(told_world)
    # Two for the numbers: tasks for many customers are counted apart.
    assert len(asked) == 3
