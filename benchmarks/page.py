"""What the page of Partner Center asks of Airflow's database when there is much in it: how long it takes, and how."""

from __future__ import annotations

import json
import statistics
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from benchmarks.large_database import DAG, large_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
_DAGS = {DAG}


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
    from airflow_provider_partnercenter.database.bulk_tasks import bulk_rows
    from airflow_provider_partnercenter.database.customers import choices, count_customers, page_of_customers
    from airflow_provider_partnercenter.database.page import OPEN_STATES, Filters, Sort
    from airflow_provider_partnercenter.database.sign_ins import sign_ins
    from airflow_provider_partnercenter.database.stories import history, stories_of

    still_open, found = Filters(states=OPEN_STATES), Filters(search="company 77")
    today = NOW.replace(hour=0)
    return {
        "counts": lambda session: count_customers(session, _DAGS, overdue_days=3, today=today, now=NOW),
        "customers": lambda session: page_of_customers(session, _DAGS, still_open, now=NOW),
        "choices": lambda session: choices(session, _DAGS),
        "tasks for many": lambda session: bulk_rows(session, _DAGS),
        "sign-ins": lambda session: sign_ins(session, lambda ids: ids),
        "a search": lambda session: page_of_customers(session, _DAGS, found, now=NOW, sort=Sort.COMPANY_NAME),
        "10,000 rows for a file": lambda session: page_of_customers(session, _DAGS, Filters(), now=NOW, limit=10_000),
        "a run": lambda session: stories_of(session, _DAGS, DAG, "run 7", now=NOW),
        "history": lambda session: history(session, _DAGS),
    }


#: The parts of :func:`parts` that the first page consists of.
FIRST_PAGE = ("counts", "customers", "choices", "tasks for many", "sign-ins")


def measure_page(waiting: int, past: int, others: int, rounds: int) -> dict[str, Any]:
    """
    Ask for each part of the page.

    :param waiting: how many customers tasks wait for.
    :param past: how many verdicts there are.
    :param others: how many task instances of other DAGs there are.
    :param rounds: how often each part is asked for.
    """
    found = {}
    with large_database(waiting, past, others) as engine, Session(engine) as session:
        session.execute(text("SET LOCAL jit = off"))
        for name, ask in parts().items():
            queries = queries_of(session, ask)
            seconds = []
            for _ in range(rounds):
                began = time.perf_counter()
                ask(session)
                seconds.append(time.perf_counter() - began)
            found[name] = {
                "seconds": statistics.median(seconds),
                "queries": len(queries),
                "indexes": sorted({index for query in queries for index in query.indexes}),
                "scanned": sorted({table for query in queries for table in query.scanned}),
            }
    return {"waiting": waiting, "past": past, "others": others, "rounds": rounds, "parts": found}


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
