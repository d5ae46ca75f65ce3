"""The database of an Airflow that has onboarded customers for a long time, made by SQL."""

from __future__ import annotations

import contextlib
import json
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.storage.shown.sign_ins import PREFIX, SignInRecord
from testbed.postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Engine

DAG, DAG_OF_MANY, ASSET = "onboard_customer", "onboard_many_customers", "partnercenter://contoso.com/verdicts"
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
_MANY = {
    "connection_id": "partnercenter_default",
    "counts": {"total": 100, "in_review": 40, "approved": 60},
    "customers": [
        {
            "customer_id": f"{number:08}-3f6e-4f2b-9f0a-7f3c1c2d4e5f",
            "qualification": "Education",
            "outcome": "in_review" if number < 40 else "approved",
        }
        for number in range(100)
    ],
    "waiting_since": "2026-11-20T08:00:02+00:00",
    "until": "2026-12-01T08:00:00+00:00",
}
_SIGN_IN = SignInRecord("App+User", "2026-11-27T08:00:00+00:00", True, "2026-11-01T08:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Contents:
    """
    What is in a database.

    :param waiting: how many customers tasks wait for, each in a run of its own.
    :param past: how many verdicts of earlier runs there are: a task instance, an XCom and an asset event each.
    :param others: how many task instances of other DAGs there are. A third of them has an XCom and an asset event.
    :param many_waiting: how many tasks for many customers wait.
    :param many_ended: how many tasks for many customers have ended.
    :param sign_ins: how many connections have signed in.
    :param variables: how many other Variables there are.
    :param assets: how many assets other DAGs name.
    """

    waiting: int = 10_000
    past: int = 50_000
    others: int = 1_000_000
    many_waiting: int = 20
    many_ended: int = 2_000
    sign_ins: int = 200
    variables: int = 20_000
    assets: int = 2_000

    def shrunk(self, times: int) -> Contents:
        """Return contents of which there are so many times fewer, and something of each."""
        return Contents(*(max(1, number // times) for number in astuple(self)))


@contextlib.contextmanager
def large_database(contents: Contents) -> Iterator[Engine]:
    """
    Make a database in a PostgreSQL server of its own, and let PostgreSQL analyze it.

    It sorts by the rules of a language, as most databases do: then fewer conditions are served by an index.
    For that it takes PostgreSQL 15 or newer.
    """
    import airflow.models
    from airflow.models.base import Base
    from sqlalchemy import create_engine, make_url, text

    airflow.models.import_all_models()  # type: ignore[no-untyped-call]  # Airflow's function is untyped
    with postgres() as url:
        _execute(url, "CREATE DATABASE airflow TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'")
        ours = make_url(url).set(database="airflow")
        engine = create_engine(ours)
        Base.metadata.create_all(engine)
        values = {"asset": ASSET, "dag": DAG, "dag_of_many": DAG_OF_MANY, **_told()}
        with engine.begin() as connection:
            # The rows that others refer to, but no query of ours reads, are left out.
            connection.execute(text("SET session_replication_role = replica"))
            for statement in _statements(contents):
                connection.execute(text(statement), values)
        _execute(ours, "VACUUM ANALYZE")
        yield engine
        engine.dispose()


def _execute(url: str | URL, statement: str) -> None:
    """Execute what PostgreSQL refuses in a transaction."""
    from sqlalchemy import create_engine, text

    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _told() -> dict[str, Any]:
    """Return what tasks have told, as the columns have it."""
    from airflow.models.variable import Variable

    signed_in = Variable("", _SIGN_IN.to_text())  # type: ignore[no-untyped-call]  # Airflow's function is untyped
    return {
        "alike": json.dumps(_ALIKE),
        "many": json.dumps(_MANY),
        "signed_in": signed_in._val,
        "encrypted": signed_in.is_encrypted,
    }


def _statements(has: Contents) -> Iterator[str]:
    ours, runs = has.waiting + has.past, max(1, has.others // 10)
    many = f"generate_series(1, {has.many_waiting + has.many_ended}) n"
    yield _runs(":dag", "'run ' || n", f"generate_series(1, {ours}) n", first=0)
    yield _runs(_OTHER_DAG, "'run ' || n", f"generate_series(1, {runs}) n", first=ours)
    yield _runs(":dag_of_many", "'run ' || n", many, first=ours + runs)
    yield _tasks(":dag", "'run ' || n", "'wait'", f"CASE WHEN n <= {has.waiting} THEN 'deferred' ELSE 'success' END",
                 f"generate_series(1, {ours}) n")  # fmt: skip
    yield _tasks(":dag_of_many", "'run ' || n", "'qualify'",
                 f"CASE WHEN n <= {has.many_waiting} THEN 'deferred' ELSE 'success' END", many)  # fmt: skip
    yield _tasks(_OTHER_DAG, "'run ' || n", "'task ' || t", "'success'",
                 f"generate_series(1, {runs}) n, generate_series(1, 10) t")  # fmt: skip
    outcome = "CASE WHEN n % 10 = 0 THEN 'denied' ELSE 'approved' END"
    yield _xcoms(
        ":dag", "'run ' || n", "'wait'", "'partnercenter_customer'",
        f"""CAST(:alike AS jsonb) || jsonb_build_object(
            'customer_id', md5('c' || n)::uuid, 'company_name', 'Company ' || n, 'qualification', {_QUALIFICATIONS},
            'state', CASE WHEN n <= {has.waiting} THEN 'in_review' ELSE {outcome} END,
            'phase', CASE WHEN n <= {has.waiting} THEN 'waiting' ELSE 'ended' END,
            'requested_at', {_MOMENT}, 'waiting_since', {_MOMENT})""",
        f"generate_series(1, {ours}) n", "n",
    )  # fmt: skip
    yield _xcoms(":dag", "'run ' || n", "'wait'", "'return_value'", "CAST(:alike AS jsonb)",
                 f"generate_series({has.waiting + 1}, {ours}) n", "n")  # fmt: skip
    yield _xcoms(
        ":dag_of_many", "'run ' || n", "'qualify'", "'partnercenter_customers'",
        f"""CAST(:many AS jsonb) || jsonb_build_object(
            'phase', CASE WHEN n <= {has.many_waiting} THEN 'waiting' ELSE 'ended' END)""",
        many, f"n + {ours + runs}",
    )  # fmt: skip
    yield _xcoms(_OTHER_DAG, "'run ' || n", "'task ' || t", "'return_value'", "to_jsonb(n)",
                 f"generate_series(1, {runs}) n, generate_series(1, 10, 3) t", f"n + {ours}")  # fmt: skip
    yield _assets(":asset", "generate_series(1, 1) n")
    yield _assets("'s3://bucket/' || n", f"generate_series(1, {has.assets}) n")
    yield """INSERT INTO task_outlet_asset_reference (asset_id, dag_id, task_id, created_at, updated_at)
        SELECT id, CASE WHEN uri = :asset THEN :dag ELSE 'other ' || id % 100 END, 'wait', now(), now() FROM asset"""
    yield _events("uri = :asset", f"generate_series({has.waiting + 1}, {ours}) n",
                  f"""json_build_object('customer_id', md5('c' || n)::uuid, 'qualification', {_QUALIFICATIONS},
                      'outcome', {outcome})""", ":dag", "'wait'", "md5('c' || n)::uuid")  # fmt: skip
    yield _events(f"uri = 's3://bucket/' || 1 + n % {has.assets}",
                  f"generate_series(1, {runs}) n, generate_series(1, 10, 3) t",
                  "CAST('{}' AS json)", _OTHER_DAG, "'task ' || t", "NULL")  # fmt: skip
    yield _variables("'variable ' || n", "'value'", "false", f"generate_series(1, {has.variables}) n")
    yield _variables(f"'{PREFIX}connection_' || n", ":signed_in", ":encrypted", f"generate_series(1, {has.sign_ins}) n")


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


def _assets(uri: str, rows: str) -> str:
    columns = {"name": uri, "uri": uri, "group": "'asset'", "extra": "'{}'"}
    return _insert("asset", {**columns, "created_at": "now()", "updated_at": "now()"}, rows)


def _events(asset: str, rows: str, extra: str, dag: str, task: str, key: str) -> str:
    columns = {"asset_id": "asset.id", "extra": extra, "source_dag_id": dag, "source_run_id": "'run ' || n"}
    columns |= {"source_task_id": task, "source_map_index": "-1", "partition_key": key}
    columns["timestamp"] = "now() - n * interval '1 minute'"
    return _insert("asset_event", columns, f"{rows}, asset WHERE {asset}")


def _variables(key: str, value: str, encrypted: str, rows: str) -> str:
    return _insert("variable", {"key": key, "val": value, "is_encrypted": encrypted}, rows)


def _insert(table: str, columns: dict[str, str], rows: str) -> str:
    from airflow.models.base import Base

    # What must not be empty differs from version to version. Airflow's own defaults are Python's, not the database's.
    for column in Base.metadata.tables[table].columns:
        default = column.default
        if default is not None and default.is_scalar and column.name not in columns:
            columns[column.name] = json.dumps(default.arg).replace('"', "'")
    names = ", ".join(f'"{name}"' for name in columns)
    return f"INSERT INTO {table} ({names}) SELECT {', '.join(columns.values())} FROM {rows}"
