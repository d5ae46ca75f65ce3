"""No query of the page reads all that Airflow has ever run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.orm import Session

from benchmarks.large_database import DAG, large_database
from benchmarks.page import NOW, parts, queries_of
from tests.support.needed import needed

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.smoke

WAITING, PAST, OTHERS = 1_000, 5_000, 100_000


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with needed(large_database(WAITING, PAST, OTHERS)) as engine, Session(engine) as session:
        yield session


def test_no_plan_reads_all_task_instances(session: Session) -> None:
    for name, ask in parts().items():
        for query in queries_of(session, ask):
            assert "task_instance" not in query.scanned, (name, query.statement)


def test_everybody_is_found(session: Session) -> None:
    from airflow_provider_partnercenter.database.customers import count_customers, page_of_customers
    from airflow_provider_partnercenter.database.page import Filters
    from airflow_provider_partnercenter.database.stories import history, stories_of

    counts = count_customers(session, {DAG}, overdue_days=3, today=NOW, now=NOW)
    assert (counts.waiting, counts.denied) == (WAITING, PAST // 10)
    page = page_of_customers(session, {DAG}, Filters(), now=NOW, limit=10_000)
    assert len(page.rows) == page.total == WAITING + PAST
    assert sum(row.waits for row in page.rows) == WAITING
    assert len(history(session, {DAG}, limit=PAST).verdicts) == PAST
    [story] = stories_of(session, {DAG}, DAG, "run 7", now=NOW).stories
    assert [entry.what for entry in story.entries] == ["read", "requested", "waiting"]
