"""What the commands about customers say of the tasks that wait. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_partnercenter.database.waits import Awaited, WaitingTask

# Tasks that are named in one message.
_SHOWN = 5


def about_no_database(kind: str) -> tuple[str, ...]:
    """Say that Airflow's database cannot be read on this machine."""
    return (
        f"Airflow's database cannot be read here ({kind}), so it is unknown which tasks wait.",
        "What to do: to see them, run the command where the scheduler or the API server runs.",
    )


def refusal_of_waiting_tasks(awaited: Awaited, tasks: Sequence[WaitingTask]) -> tuple[str, str]:
    """Return why nothing is sent while tasks wait, and what to do."""
    named = "; ".join(f"{task.name} ({task.state})" for task in tasks[:_SHOWN])
    more = f"; and {len(tasks) - _SHOWN} more" if len(tasks) > _SHOWN else ""
    what = (
        f"Customer {awaited.customer_id}: nothing was sent, because this Airflow is already at "
        f"{awaited.qualification}: {named}{more}"
    )
    if all(task.asks for task in tasks):
        return what, "answer the question of the task in Airflow (Browse, Required Actions)"
    return what, "let the task go on; or end it in Airflow (mark it as failed), and repeat the command"


def refusal_without_database(awaited: Awaited) -> tuple[str, str]:
    """Return why nothing is sent while nobody can tell whether a task waits, and what to do."""
    what = (
        f"Customer {awaited.customer_id}: nothing was sent, because it is unknown whether a task waits for "
        f"{awaited.qualification}"
    )
    return what, (
        "run the command where the scheduler or the API server runs; or, if you know that no task waits, at a terminal "
        "without --yes"
    )


def about_unknown_customers(tasks: Sequence[WaitingTask]) -> tuple[str, ...]:
    """Say of which tasks it is not known for whom they wait."""
    if not tasks:
        return ()
    more = f"; and {len(tasks) - _SHOWN} more" if len(tasks) > _SHOWN else ""
    named = "; ".join(task.name for task in tasks[:_SHOWN])
    return (f"It is not known for which customers these tasks wait: {named}{more}.",)
