"""Let runs tell about customers, as tasks do, without a task that runs: by Airflow's own API."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.qualification.states.customer import (
    KEY,
    CustomerState,
    Happening,
    Phase,
    State,
    StoryEntry,
)

if TYPE_CHECKING:
    from testbed.rest_api import AirflowRestApi

DAG_ID = "onboard_customer"
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


def tell(airflow: AirflowRestApi, told: CustomerState, *, dag_id: str = DAG_ID, task_id: str = TASK_ID) -> str:
    """
    Make a run in which a task tells this, and return its id. The DAG must be paused.

    The task does not run: its instance has no state, as before the scheduler has looked at it.
    """
    run_id = airflow.trigger(dag_id, {"customer_id": told.customer_id, "qualification": told.qualification})
    body = {"key": KEY, "value": told.to_dict(), "map_index": -1}
    airflow.rest("POST", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries", json=body)
    return run_id
