"""Checks of the DAGs with operators of this provider: whether their limits let them wait for many customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.commands.doctor.examination import ok, skipped, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.commands.doctor.examination import Finding

_OURS = "airflow_provider_partnercenter."
# One customer each, for which a run waits until Microsoft has decided.
_WAITING = ("PartnerCenterUpdateQualificationOperator", "PartnerCenterQualificationSensor")
# Airflow's default of max_active_runs, with which a wait of days holds up the seventeenth customer.
_FEW_RUNS = 16
# Mapped instances are processes with a budget each; from here on they slow each other down
# (docs/operations/benchmarks.md).
_MANY_TASKS = 6
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Task:
    """
    A task of this provider.

    :param kind: the class of its operator.
    :param mapped: whether it is mapped.
    :param pool: its pool; ``None`` for Airflow's default.
    :param storage_path: its ``storage_path``, which may be a template.
    """

    kind: str
    mapped: bool = False
    pool: str | None = None
    storage_path: str | None = None


@dataclass(frozen=True, slots=True)
class Dag:
    """
    A DAG with tasks of this provider.

    :param dag_id: its id.
    :param max_active_runs: how many of its runs there are at the same time.
    :param max_active_tasks: how many tasks of a run work at the same time.
    :param tasks: its tasks of this provider.
    """

    dag_id: str
    max_active_runs: int
    max_active_tasks: int
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class DagFacts:
    """
    The DAGs of this Airflow.

    :param dags: those with tasks of this provider.
    :param problem: the kind of error if they cannot be read.
    """

    dags: tuple[Dag, ...] = ()
    problem: str | None = None


def read_dags() -> DagFacts:
    """Read the DAGs as Airflow keeps them in its database."""
    try:
        return DagFacts(tuple(filter(None, map(read_dag, stored_dags()))))
    except Exception as problem:  # noqa: BLE001  # of the database, whichever it is, or of an Airflow without one
        return DagFacts(problem=type(problem).__name__)


def judge_dags(facts: DagFacts) -> Iterator[Finding]:
    """Judge the limits of DAGs."""
    if facts.problem:
        yield skipped(
            f"Airflow's database cannot be read on this machine ({facts.problem}).",
            "Run this command where it can be read, for example where the scheduler runs.",
        )
        return
    findings = [finding for dag in facts.dags for finding in _judge_dag(dag)]
    if not facts.dags:
        yield skipped("No DAG of this Airflow has operators of this provider.")
    elif not findings:
        yield ok(f"Nothing holds up many customers in {', '.join(sorted(dag.dag_id for dag in facts.dags))}.")
    yield from findings


def _judge_dag(dag: Dag) -> Iterator[Finding]:
    waiting = [task for task in dag.tasks if task.kind in _WAITING]
    if any(not task.mapped for task in waiting) and dag.max_active_runs <= _FEW_RUNS:
        yield warning(
            f"DAG {dag.dag_id!r} has max_active_runs={dag.max_active_runs}: no more customers wait for their verdicts "
            "at the same time, and the next ones are not requested until one is decided, which may take days.",
            "The author of the DAG must raise max_active_runs, as 'onboard_customer' does; a run that waits holds no "
            "worker.",
        )
    crowded = any(task.mapped and not task.pool for task in waiting)
    if crowded and dag.max_active_tasks >= _MANY_TASKS:
        yield warning(
            f"DAG {dag.dag_id!r} has max_active_tasks={dag.max_active_tasks}: so many mapped tasks of one run send "
            "requests at the same time, each with the whole budget of the connection.",
            "The author of the DAG must lower max_active_tasks, as 'onboard_mapped_customers' does, give the tasks a "
            "pool, or take PartnerCenterQualifyCustomersOperator.",
        )


def read_dag(document: Mapping[str, Any]) -> Dag | None:
    """
    Read a DAG as Airflow serializes it.

    :return: the DAG; ``None`` if it has no task of this provider.
    """
    dag = document.get("dag")
    if not isinstance(dag, Mapping):
        return None
    tasks = tuple(filter(None, map(_read_task, dag.get("tasks") or ())))
    if not tasks:
        return None
    return Dag(
        str(dag.get("dag_id")),
        int(dag.get("max_active_runs") or _FEW_RUNS),
        int(dag.get("max_active_tasks") or _FEW_RUNS),
        tasks,
    )


def _read_task(document: Mapping[str, Any]) -> Task | None:
    # Airflow wraps most values, and not all of them in every version.
    task = document.get("__var", document)
    if not str(task.get("_task_module", "")).startswith(_OURS):
        return None
    given = {**(task.get("partial_kwargs") or {}), **task}
    pool, path = given.get("pool"), given.get("storage_path")
    return Task(
        str(task.get("task_type")),
        bool(task.get("_is_mapped")),
        pool if isinstance(pool, str) and pool != "default_pool" else None,
        path if isinstance(path, str) else None,
    )


def stored_dags() -> Iterator[Mapping[str, Any]]:
    """Yield the DAGs of Airflow's database, as Airflow serializes them."""
    from airflow.models.dag import DagModel
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        dag_ids = session.scalars(select(DagModel.dag_id).where(DagModel.is_stale.is_(False))).all()
        for some in _parts(list(dag_ids)):
            for row in SerializedDagModel.get_latest_serialized_dags(dag_ids=some, session=session):
                yield row.data or {}
                session.expunge(row)


def _parts(dag_ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(dag_ids), _AT_ONCE):
        yield dag_ids[start : start + _AT_ONCE]
