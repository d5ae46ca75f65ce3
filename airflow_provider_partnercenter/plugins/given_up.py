"""
The note of a run in which a person gave up a denied customer.

A task cannot write the note of its run. The scheduler can: it calls this when it sets a run to failed, and stores both
in one transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from airflow.models.dagrun import DagRun

#: The key of the XCom with which a task says it.
KEY = "given_up"
_OPERATORS = frozenset({"PartnerCenterDenialOperator", "PartnerCenterValidationCodeOperator"})
# Airflow's limit of a note, in characters.
_LONGEST = 1000


@hookimpl
def on_dag_run_failed(dag_run: DagRun, msg: str) -> None:
    """Add to the note of a failed run who was given up. Airflow calls this for the runs of all DAGs."""
    dag: Any = dag_run.dag
    tasks = [] if dag is None else [name for name, task in dag.task_dict.items() if task.task_type in _OPERATORS]
    if tasks and (note := note_with(dag_run.note, _given_up_in(dag_run, tasks))):
        dag_run.note = note


def note_with(note: str | None, given_up: Iterable[Mapping[str, Any]]) -> str | None:
    """
    Return the note of a run in which customers were given up.

    :param note: the note that it has.
    :param given_up: the XComs of those tasks: dictionaries with ``customer_id``, ``qualification`` and ``by``, a
        dictionary with the ``id`` and the ``name`` of the person, which are empty if nobody answered.
    :return: the new note, at most 1,000 characters long; ``None`` if nothing is to be added.
    """
    lines = [
        f"Given up: {each.get('qualification')} of customer {each.get('customer_id')}, "
        + (f"by {name}." if (name := _person_in(each)) else "because nobody answered.")
        for each in given_up
    ]
    new = [line for line in lines if line not in (note or "")]
    return "\n".join([*([note] if note else []), *new])[:_LONGEST] if new else None


def _person_in(given_up: Mapping[str, Any]) -> str | None:
    person = given_up.get("by") or {}
    return person.get("name") or person.get("id")


def _given_up_in(dag_run: DagRun, tasks: Collection[str]) -> list[Mapping[str, Any]]:
    from airflow.models.xcom import XComModel
    from sqlalchemy import select
    from sqlalchemy.orm import object_session

    session = object_session(dag_run)
    if session is None:
        return []
    query = select(XComModel.value).where(
        XComModel.dag_run_id == dag_run.id, XComModel.task_id.in_(tasks), XComModel.key == KEY
    )
    # The transaction is the scheduler's, which forbids commits in it, and takes a savepoint for one. Nothing is
    # deserialized here: that would make objects of whatever a task has pushed.
    return [value for value in session.scalars(query) if isinstance(value, dict)]
