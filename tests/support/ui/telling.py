"""Let runs tell about customers, as tasks do, without a task that runs."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, text

from airflow_provider_partnercenter.qualification.states.customer import (
    KEY,
    KEY_OF_MANY,
    CustomerState,
    Happening,
    Phase,
    State,
    StoryEntry,
)

if TYPE_CHECKING:
    from airflow_provider_partnercenter.qualification.states.many import ManyState
    from testbed.local_airflow import LocalAirflow

#: The DAG of ``tests/browser/dags``. It is paused, so that nothing else happens in its runs.
DAG_ID = "told"
TASK_ID = "wait"
SCRIPT = "<script>alert('evil')</script>"
RIGHT_TO_LEFT = "\u202eloohcS nrevaT"
FORMULA = '=HYPERLINK("https://evil.example","Contoso")'
LONG = "Contoso " * 1250  # 10 KB


def ago(**span: float) -> str:
    """Return a moment before now, as tasks write it."""
    return (datetime.now(UTC) - timedelta(**span)).isoformat(timespec="seconds")


def waiting(name: str | None = "Contoso School", days: float = 1, **changes: Any) -> CustomerState:
    """Return what a task tells that waits for Microsoft, for so many days already."""
    begun = ago(days=days)
    told = CustomerState(
        str(uuid.uuid4()),
        "Education",
        State.IN_REVIEW,
        Phase.WAITING,
        company_name=name,
        connection_id="partnercenter_default",
        cloud="global",
        vetting_status="InReview",
        hint="Microsoft reviews the customer.",
        requested_at=begun,
        waiting_since=begun,
        until=(datetime.now(UTC) + timedelta(days=7)).isoformat(timespec="seconds"),
        max_wait=3600,
        request_id=str(uuid.uuid4()),
        correlation_id=str(uuid.uuid4()),
        story=(
            StoryEntry(Happening.READ, begun, "None"),
            StoryEntry(Happening.REQUESTED, begun, "InReview", correlation_id=str(uuid.uuid4())),
            StoryEntry(Happening.WAITING, begun),
        ),
    )
    return replace(told, **changes)


def denied(
    name: str | None = "Fabrikam School", reason: str = "Not an Academic Domain", **changes: Any
) -> CustomerState:
    """Return what a task tells that has seen a denial."""
    members: dict[str, Any] = {
        "state": State.DENIED,
        "phase": Phase.ENDED,
        "vetting_status": "Denied",
        "reason": reason,
        "hint": "The customer must verify a domain of its school.",
        "attempts_left": 2,
        "ended_at": ago(hours=8),
    }
    return waiting(name, **(members | changes))


def approved(name: str | None = "Tailspin School", **changes: Any) -> CustomerState:
    """Return what a task tells that has seen an approval."""
    members: dict[str, Any] = {"state": State.APPROVED, "phase": Phase.ENDED, "vetting_status": "Approved"}
    return waiting(name, **(members | {"hint": None, "ended_at": ago(seconds=1)} | changes))


def unknown(name: str | None = "Northwind School", **changes: Any) -> CustomerState:
    """Return what a task tells that does not know what came of its request."""
    members: dict[str, Any] = {"state": State.UNKNOWN, "phase": Phase.ENDED, "vetting_status": None}
    return waiting(name, **(members | {"hint": "Check the customer in Partner Center."} | changes))


def tell(airflow: LocalAirflow, told: CustomerState | ManyState) -> str:
    """
    Make a run in which a task tells this, and return its id.

    No task runs: in the database, its instance gets the state that goes with what it tells.
    """
    run_id = airflow.trigger(DAG_ID, run_id=f"told-{uuid.uuid4()}")
    key = KEY if isinstance(told, CustomerState) else KEY_OF_MANY
    body = {"key": key, "value": told.to_dict(), "map_index": -1}
    airflow.rest("POST", f"/dags/{DAG_ID}/dagRuns/{run_id}/taskInstances/{TASK_ID}/xcomEntries", json=body)
    state = "success" if told.phase == Phase.ENDED else "deferred"
    engine = create_engine(airflow.environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    with engine.begin() as connection:
        query = text("UPDATE task_instance SET state = :state WHERE run_id = :run_id AND task_id = :task_id")
        connection.execute(query, {"state": state, "run_id": run_id, "task_id": TASK_ID})
    engine.dispose()
    return run_id
