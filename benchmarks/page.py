"""What the page of Partner Center asks of Airflow's database when there is much in it: how long it takes, and how."""

from __future__ import annotations

import json
import statistics
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from benchmarks.large_database import DAG, DAG_OF_MANY, large_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from benchmarks.large_database import Contents

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
DAGS = {DAG, DAG_OF_MANY}
CUSTOMER = "0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f"


@dataclass(frozen=True, slots=True)
class Query:
    """
    A query that was asked, as PostgreSQL plans it.

    :param statement: the query.
    :param scanned: the tables that it reads as a whole.
    :param indexes: the indexes by which it reads.
    """

    statement: str
    scanned: frozenset[str]
    indexes: frozenset[str]


def parts() -> dict[str, Callable[[Session], object]]:
    """Return what the page asks, part by part."""
    # Not before Airflow's models may be imported.
    from airflow_provider_partnercenter.database.bulk_tasks import bulk_row, bulk_rows
    from airflow_provider_partnercenter.database.customers import choices, count_customers, page_of_customers
    from airflow_provider_partnercenter.database.page import OPEN_STATES, Filters, Sort, TaskKey
    from airflow_provider_partnercenter.database.sign_ins import sign_ins
    from airflow_provider_partnercenter.database.stories import history, stories_of

    still_open, found = Filters(states=OPEN_STATES), Filters(search="company 77")
    today = NOW.replace(hour=0)
    return {
        "counts": lambda session: count_customers(session, DAGS, overdue_days=3, today=today, now=NOW),
        "customers": lambda session: page_of_customers(session, DAGS, still_open, now=NOW),
        "choices": lambda session: choices(session, DAGS),
        "tasks for many": lambda session: bulk_rows(session, DAGS),
        "sign-ins": lambda session: sign_ins(session, lambda ids: ids),
        "a search": lambda session: page_of_customers(session, DAGS, found, now=NOW, sort=Sort.COMPANY_NAME),
        "10,000 rows for a file": lambda session: page_of_customers(session, DAGS, Filters(), now=NOW, limit=10_000),
        "a run": lambda session: stories_of(session, DAGS, DAG, "run 7", now=NOW),
        "a task for many": lambda session: bulk_row(session, DAGS, TaskKey(DAG_OF_MANY, "run 1", "qualify")),
        "history": lambda session: history(session, DAGS),
        "history of a customer": lambda session: history(session, DAGS, customer_id=CUSTOMER),
    }


#: The parts of :func:`parts` that the first page consists of.
FIRST_PAGE = ("counts", "customers", "choices", "tasks for many", "sign-ins")


def measure_page(contents: Contents, rounds: int) -> dict[str, Any]:
    """
    Ask for each part of the page.

    :param contents: what is in the database. How many queries there are is counted with a hundredth of it too.
    :param rounds: how often each part is asked for.
    """
    few = contents.shrunk(100)
    with large_database(few) as engine, Session(engine) as session:
        queries_of_few = {name: len(queries_of(session, ask)) for name, ask in parts().items()}
    found = {}
    with large_database(contents) as engine, Session(engine) as session:
        session.execute(text("SET LOCAL jit = off"))
        for name, ask in parts().items():
            queries = queries_of(session, ask)
            seconds = []
            for _ in range(rounds):
                session.expunge_all()
                began = time.perf_counter()
                ask(session)
                seconds.append(time.perf_counter() - began)
            found[name] = {
                "seconds": statistics.median(seconds),
                "queries": len(queries),
                "queries_of_few": queries_of_few[name],
                "without_index": sum(not query.indexes for query in queries),
                "indexes": sorted({index for query in queries for index in query.indexes}),
                "scanned": sorted({table for query in queries for table in query.scanned}),
            }
    return {**asdict(contents), "rounds": rounds, "parts": found}


def queries_of(session: Session, ask: Callable[[Session], object]) -> list[Query]:
    """Return the queries of a part of the page, with their plans."""
    engine: Engine = session.get_bind()  # type: ignore[assignment]  # no connection, here
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_others: object) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        ask(session)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return [_planned(session, statement, parameters) for statement, parameters in asked]


def _planned(session: Session, statement: str, parameters: Any) -> Query:
    with closing(session.connection().connection.cursor()) as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        [[answer]] = cursor.fetchall()
    [plan] = json.loads(answer) if isinstance(answer, str) else answer
    nodes = list(_nodes(plan["Plan"]))
    return Query(
        statement,
        frozenset(node["Relation Name"] for node in nodes if "Seq Scan" in node["Node Type"]),
        frozenset(node["Index Name"] for node in nodes if "Index Name" in node),
    )


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)
