"""One run for each customer and event, started from a task of a real Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.emulator.magic import ordinary_id

if TYPE_CHECKING:
    from testbed.local_airflow import LocalAirflow


def test_each_event_starts_one_run_and_what_airflow_refuses_is_told(airflow: LocalAirflow) -> None:
    one, other = ordinary_id(1), ordinary_id(2)
    events: list[dict[str, Any]] = [
        {"customer_id": one, "event_id": "order 7/1"},
        {"customer_id": one, "event_id": "order 7/1"},
        {"customer_id": one, "event_id": 8},
        {"customer_id": other},
        {"customer_id": other, "event_id": "wrong", "qualification": "Nonprofit"},
        {"event_id": "nobody"},
    ]
    airflow.wait_for_dag("starting")
    airflow.wait_for_dag("started")

    def answers(**conf: Any) -> list[str]:
        run = airflow.trigger("starting", {"events": events, **conf})
        assert airflow.wait_for_run("starting", run) == "success"
        told: list[str] = airflow.xcom("starting", run, "start")
        return told

    first, again = answers(), answers()
    assert (first[:4], again[:4]) == (["new", "old", "new", "new"], ["old"] * 4)
    for told in (first, again):
        assert f"run onboard-{other}-wrong of DAG started: Invalid input for param qualification" in told[4]
        assert "names no customer" in told[5]
    assert all("'no_such_dag' not found" in told for told in answers(dag_id="no_such_dag")[:5])

    runs = airflow.rest("GET", "/dags/started/dagRuns")["dag_runs"]
    assert {run["dag_run_id"] for run in runs} >= {f"onboard-{one}-8", f"onboard-{other}"}
    assert len(runs) == 3
    assert {run["conf"]["customer_id"] for run in runs} == {one, other}
