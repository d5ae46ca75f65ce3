"""How many queries the page asks. The tables are Airflow's own, in a database of SQLite that nobody else uses."""

from __future__ import annotations

from sqlalchemy import event

from benchmarks.large_database import DAG, DAG_OF_MANY
from benchmarks.page import CUSTOMER, parts
from tests.support.database import told


def fill(world, first, last):
    """Add customers to the run that the page asks about and to others, and so on for each part of the page."""
    from airflow.models.variable import Variable

    for number in range(first, last):
        customer = told(str(number), company_name=f"Company 77{number}", story=[{"what": "read"}])
        world.task(customer, dag_id=DAG, run_id="run 7", map_index=number)
        world.task({**customer, "phase": "ended"}, "success", dag_id=DAG)
        many = {"phase": "waiting", "counts": {"total": 1, "in_review": 1}, "customers": [customer]}
        for run_id in ("run 1", "run 7"):
            place = {"dag_id": DAG_OF_MANY if run_id == "run 1" else DAG, "task_id": "qualify", "map_index": number}
            world.task(many, run_id=run_id, key="partnercenter_customers", **place)
        world.outlet(f"partnercenter://{number}.com/verdicts", DAG)
        verdict = {"customer_id": CUSTOMER, "qualification": "Education", "outcome": "denied"}
        world.verdict(verdict, uri=f"partnercenter://{number}.com/verdicts", dag_id=DAG, key=CUSTOMER)
        world.session.add(Variable(f"partnercenter_sign_in.{number}", '{"mode": "App-only", "signed_in_at": ""}'))
    world.session.flush()
    world.session.expunge_all()


def numbers_of_queries(session):
    asked: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *call: asked.append(call[2]))
    numbers = {}
    for name, ask in parts().items():
        asked.clear()
        ask(session)
        numbers[name] = len(asked)
    return numbers


def test_the_number_of_queries_of_each_part_does_not_grow(told_world):
    fill(told_world, 0, 2)
    with_few = numbers_of_queries(told_world.session)
    fill(told_world, 2, 60)
    assert numbers_of_queries(told_world.session) == with_few
    # There was something to ask for in each part: the second query of these depends on what the first has found.
    assert (with_few["sign-ins"], with_few["history"], with_few["a run"]) == (2, 2, 3)
