"""The database of an Airflow that has onboarded customers for a long time, made by SQL."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from testbed.postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

DAG, ASSET = "onboard_customer", "partnercenter://contoso.com/verdicts"
_QUALIFICATIONS = "(ARRAY['Education', 'GovernmentCommunityCloud'])[1 + n % 2]"
_STORY = [
    {"what": "read", "at": "2026-11-20T08:00:00+00:00", "text": "nothing", "correlation_id": "c" * 36},
    {"what": "requested", "at": "2026-11-20T08:00:01+00:00", "request_id": "r" * 36, "correlation_id": "c" * 36},
    {"what": "waiting", "at": "2026-11-20T08:00:02+00:00"},
]
_ALIKE = {
    "connection_id": "partnercenter_default",
    "cloud": "global",
    "request_id": "r" * 36,
    "correlation_id": "c" * 36,
    "until": "2026-12-01T08:00:00+00:00",
    "max_wait": 3600.0,
    "story": _STORY,
}


@contextlib.contextmanager
def large_database(waiting: int, past: int, others: int) -> Iterator[Engine]:
    """
    Make a database in a PostgreSQL server of its own, and let PostgreSQL analyze it.

    :param waiting: how many customers tasks wait for, each in a run of its own.
    :param past: how many verdicts of earlier runs there are: a task instance, an XCom and an asset event each.
    :param others: how many task instances of other DAGs there are. A third of them has an XCom.
    """
    import airflow.models
    from airflow.models.base import Base
    from sqlalchemy import create_engine, text

    airflow.models.import_all_models()  # type: ignore[no-untyped-call]  # Airflow's function is untyped
    with postgres() as url:
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        with engine.begin() as connection:
            # The rows that others refer to, but no query of ours reads, are left out.
            connection.execute(text("SET session_replication_role = replica"))
            for statement in _statements(waiting, past, others):
                connection.execute(text(statement), {"alike": json.dumps(_ALIKE), "asset": ASSET, "dag": DAG})
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        yield engine
        engine.dispose()


def _statements(waiting: int, past: int, others: int) -> Iterator[str]:
    runs = max(1, others // 10)
    yield _runs(":dag", "'run ' || n", f"generate_series(1, {waiting + past}) n", first=0)
    yield _runs(_OTHER_DAG, "'run ' || n", f"generate_series(1, {runs}) n", first=waiting + past)
    yield _tasks(":dag", "'run ' || n", "'wait'", f"CASE WHEN n <= {waiting} THEN 'deferred' ELSE 'success' END",
                 f"generate_series(1, {waiting + past}) n")  # fmt: skip
    yield _tasks(_OTHER_DAG, "'run ' || n", "'task ' || t", "'success'",
                 f"generate_series(1, {runs}) n, generate_series(1, 10) t")  # fmt: skip
    outcome = "CASE WHEN n % 10 = 0 THEN 'denied' ELSE 'approved' END"
    yield _xcoms(
        ":dag", "'run ' || n", "'wait'", "'partnercenter_customer'",
        f"""CAST(:alike AS jsonb) || jsonb_build_object(
            'customer_id', md5('c' || n)::uuid, 'company_name', 'Company ' || n, 'qualification', {_QUALIFICATIONS},
            'state', CASE WHEN n <= {waiting} THEN 'in_review' ELSE {outcome} END,
            'phase', CASE WHEN n <= {waiting} THEN 'waiting' ELSE 'ended' END,
            'requested_at', {_MOMENT}, 'waiting_since', {_MOMENT})""",
        f"generate_series(1, {waiting + past}) n", "n",
    )  # fmt: skip
    yield _xcoms(":dag", "'run ' || n", "'wait'", "'return_value'", "CAST(:alike AS jsonb)",
                 f"generate_series({waiting + 1}, {waiting + past}) n", "n")  # fmt: skip
    yield _xcoms(_OTHER_DAG, "'run ' || n", "'task ' || t", "'return_value'", "to_jsonb(n)",
                 f"generate_series(1, {runs}) n, generate_series(1, 10, 3) t", f"n + {waiting + past}")  # fmt: skip
    yield """INSERT INTO asset (name, uri, "group", extra, created_at, updated_at)
        VALUES (:asset, :asset, 'asset', '{}', now(), now())"""
    yield """INSERT INTO task_outlet_asset_reference (asset_id, dag_id, task_id, created_at, updated_at)
        SELECT id, :dag, 'wait', now(), now() FROM asset"""
    yield f"""INSERT INTO asset_event (asset_id, extra, source_dag_id, source_run_id, source_task_id, source_map_index,
            timestamp, partition_key)
        SELECT asset.id, json_build_object('customer_id', md5('c' || n)::uuid, 'qualification', {_QUALIFICATIONS},
            'outcome', {outcome}), :dag, 'run ' || n, 'wait', -1, now() - n * interval '1 minute', md5('c' || n)::uuid
        FROM asset, generate_series({waiting + 1}, {waiting + past}) n"""


_OTHER_DAG = "'other ' || n % 100"
_MOMENT = """to_char(timestamp '2026-11-27' - (n % 10000) * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')"""


def _runs(dag: str, run: str, rows: str, *, first: int) -> str:
    columns = {"run_type": "'manual'", "state": "'running'", "run_after": "now()", "clear_number": "0"}
    return _insert("dag_run", {"id": f"n + {first}", "dag_id": dag, "run_id": run, **columns}, rows)


def _tasks(dag: str, run: str, task: str, state: str, rows: str) -> str:
    columns: dict[str, Any] = {"id": "gen_random_uuid()", "dag_id": dag, "run_id": run, "task_id": task, "state": state}
    columns |= {"map_index": "-1", "operator": "'Operator'", "start_date": "now()", "end_date": "now()"}
    columns |= {"pool": "'default_pool'", "pool_slots": "1", "queue": "'default'", "priority_weight": "1"}
    return _insert("task_instance", columns, rows)


def _xcoms(dag: str, run: str, task: str, key: str, value: str, rows: str, run_number: str) -> str:
    columns = {"dag_run_id": run_number, "dag_id": dag, "run_id": run, "task_id": task, "map_index": "-1"}
    at = "now() - n * interval '1 second'"
    return _insert("xcom", {**columns, "key": key, "value": value, "timestamp": at}, rows)


def _insert(table: str, columns: dict[str, str], rows: str) -> str:
    from airflow.models.base import Base

    # What must not be empty differs from version to version. Airflow's own defaults are Python's, not the database's.
    for column in Base.metadata.tables[table].columns:
        default = column.default
        if default is not None and default.is_scalar and column.name not in columns:
            columns[column.name] = json.dumps(default.arg).replace('"', "'")
    names = ", ".join(f'"{name}"' for name in columns)
    return f"INSERT INTO {table} ({names}) SELECT {', '.join(columns.values())} FROM {rows}"
