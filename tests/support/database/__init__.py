"""What tasks have told, in the tables of a real Airflow that nobody else uses."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.compat import EVENTS_HAVE_PARTITIONS
from tests.airflow_versions import MINOR

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
CUSTOMER, OTHER, THIRD = (f"{number}b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f" for number in range(3))


def ago(**units: float) -> str:
    """Return a moment before the present as tasks write it."""
    return (NOW - timedelta(**units)).isoformat(timespec="seconds")


def told(
    customer_id: str = CUSTOMER, state: str = "in_review", phase: str = "waiting", **others: Any
) -> dict[str, Any]:
    """Return what a task tells about a customer."""
    return {"customer_id": customer_id, "qualification": "Education", "state": state, "phase": phase, **others}


class World:
    """A database, and what is put into it; each thing is a minute later than the one before."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._number = 0
        self._runs: dict[tuple[str, str], int] = {}

    def task(
        self,
        value: object = None,
        task_state: str | None = "deferred",
        *,
        key: str = "partnercenter_customer",
        dag_id: str = "onboard",
        run_id: str | None = None,
        task_id: str = "wait",
        map_index: int = -1,
        told_at: datetime | None = None,
        result: object = None,
        result_at: datetime | None = None,
    ) -> tuple[str, str, str, int]:
        """Add a task instance, by default in a run of its own, and the XComs that it has pushed. Return its key."""
        from airflow.models.taskinstance import TaskInstance
        from airflow.models.xcom import XComModel
        from sqlalchemy import insert

        self._number += 1
        at = told_at or NOW - timedelta(days=1) + timedelta(minutes=self._number)
        run_id = run_id or f"run {self._number}"
        keys = {"dag_id": dag_id, "run_id": run_id, "task_id": task_id, "map_index": map_index}
        state = {"state": task_state, "operator": "OurOwnSensor", "pool": "default_pool"}
        self.session.execute(insert(TaskInstance).values(id=_new_id(), **keys, **state))
        told = [(key, value, at), ("return_value", result, result_at or at + timedelta(days=2))]
        for name, pushed, moment in told:
            if pushed is not None:
                row = {"dag_run_id": self._run(dag_id, run_id), "key": name, "value": pushed, "timestamp": moment}
                self.session.execute(insert(XComModel).values(**keys, **row))
        return dag_id, run_id, task_id, map_index

    def verdict(
        self,
        extra: dict[str, Any],
        *,
        uri: str = "partnercenter://contoso.com/verdicts",
        dag_id: str | None = "onboard",
        key: str | None = None,
    ) -> None:
        """Add an event of an asset."""
        from airflow.models.asset import AssetEvent
        from sqlalchemy import insert

        self._number += 1
        source = {"source_dag_id": dag_id, "source_run_id": "run", "source_task_id": "wait", "source_map_index": -1}
        self.session.execute(
            insert(AssetEvent).values(
                asset_id=self.asset(uri),
                extra=extra,
                **({"partition_key": key} if EVENTS_HAVE_PARTITIONS else {}),
                timestamp=NOW - timedelta(days=1) + timedelta(minutes=self._number),
                **(source if dag_id else {}),
            )
        )

    def outlet(self, uri: str, dag_id: str) -> None:
        """Let a task of a DAG name an asset among its outlets."""
        from airflow.models.asset import TaskOutletAssetReference
        from sqlalchemy import insert

        reference = {"asset_id": self.asset(uri), "dag_id": dag_id, "task_id": "wait"}
        self.session.execute(insert(TaskOutletAssetReference).values(**reference, created_at=NOW, updated_at=NOW))

    def asset(self, uri: str) -> int:
        """Add an asset, unless it is there. Return its id."""
        from airflow.models.asset import AssetModel
        from sqlalchemy import select

        found = self.session.scalar(select(AssetModel.id).where(AssetModel.uri == uri))
        if found is None:
            asset = AssetModel(name=uri, uri=uri, group="asset", extra={})
            self.session.add(asset)
            self.session.flush()
            found = asset.id
        return found

    def _run(self, dag_id: str, run_id: str) -> int:
        from airflow.models.dagrun import DagRun
        from sqlalchemy import insert

        if (dag_id, run_id) not in self._runs:
            number = self._runs[dag_id, run_id] = len(self._runs) + 1
            kinds = {"run_type": "manual", "state": "running", "run_after": NOW, "clear_number": 0}
            self.session.execute(insert(DagRun).values(id=number, dag_id=dag_id, run_id=run_id, **kinds))
        return self._runs[dag_id, run_id]


def _new_id() -> Any:
    # Until 3.2, Airflow's column is one of text in SQLite.
    return uuid.uuid4() if MINOR >= (3, 2) else str(uuid.uuid4())
