"""The runs of DAGs in which each asset event has a run of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from testbed.local_airflow import LocalAirflow


def runs_about(airflow: LocalAirflow, dag_id: str, customer: str) -> list[dict[str, Any]]:
    """Return the runs that events about a customer have started."""
    return [run for run in airflow.runs(dag_id) if (run["partition_key"] or "").startswith(f"{customer}#")]
