"""No query of the page reads all that Airflow has ever run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks.large_database import DAG, Contents, large_database
from benchmarks.page import DAGS, NOW, parts, queries_of
from tests.support.needed import needed

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.smoke

HAS = Contents(waiting=1_000, past=5_000, others=100_000)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with needed(large_database(HAS)) as engine, Session(engine) as session:
        yield session


def test_each_query_uses_an_index_and_reads_no_table_as_a_whole(session: Session) -> None:
    for name, ask in parts().items():
        queries = queries_of(session, ask)
        assert queries, name
        for query in queries:
            assert query.indexes, (name, query.statement)
            assert not query.scanned, (name, query.statement)


def test_everybody_is_found(session: Session) -> None:
    from airflow_provider_partnercenter.database.bulk_tasks import bulk_rows
    from airflow_provider_partnercenter.database.customers import count_customers, page_of_customers
    from airflow_provider_partnercenter.database.page import Filters
    from airflow_provider_partnercenter.database.sign_ins import sign_ins
    from airflow_provider_partnercenter.database.stories import history, stories_of

    counts = count_customers(session, DAGS, overdue_days=3, today=NOW, now=NOW)
    assert (counts.waiting, counts.denied, counts.in_bulk) == (HAS.waiting, HAS.past // 10, 40 * HAS.many_waiting)
    page = page_of_customers(session, DAGS, Filters(), now=NOW, limit=10_000)
    assert len(page.rows) == page.total == HAS.waiting + HAS.past
    assert sum(row.waits for row in page.rows) == HAS.waiting
    assert len(history(session, DAGS, limit=HAS.past).verdicts) == HAS.past
    [story] = stories_of(session, DAGS, DAG, "run 7", now=NOW).stories
    assert [entry.what for entry in story.entries] == ["read", "requested", "waiting"]
    rows, total = bulk_rows(session, DAGS)
    assert (sum(row.waits for row in rows), total) == (HAS.many_waiting, HAS.many_waiting + HAS.many_ended)
    assert len(sign_ins(session, lambda ids: ids)) == HAS.sign_ins


LOCALES = ["und", "da", "cs", "et", "haw", "lt", "th", "tr"]


@pytest.mark.parametrize("locale", [f"{locale}{rule}" for locale in LOCALES for rule in ("", "-u-ka-shifted")])
def test_sign_ins_are_found_whatever_the_order_of_letters(session: Session, locale: str) -> None:
    """They are searched for by a range of keys. Which keys are in it depends on the language of the database."""
    from airflow_provider_partnercenter.database.sign_ins import sign_ins

    with session.begin_nested() as nested:
        session.execute(text(f"CREATE COLLATION sorted (provider = icu, locale = '{locale}')"))
        session.execute(text('ALTER TABLE variable ALTER key TYPE varchar(250) COLLATE "sorted"'))
        assert len(sign_ins(session, lambda ids: ids)) == HAS.sign_ins
        nested.rollback()
