"""
Start what follows an approval, once for each customer and qualification. Needs Airflow 3.2 or newer.

Choose this if verdicts come from several DAGs or from many customers in one task, or if what follows belongs to
somebody else's DAG. If one DAG onboards and nobody else needs the verdict, put your tasks into its own task `approved`.

### Where the verdicts come from

A task emits its verdict if it has `outlets=[verdicts_asset("<partner tenant>")]`: a
`PartnerCenterQualificationSensor`, or a `PartnerCenterUpdateQualificationOperator` with `wait_for_approval=True`. On
Airflow 3.2 that task's run must have the customer as its partition key (`partition_key` in `POST dagRuns`); its log
warns if it does not.

### What it promises

* One run of `after_approval` for each approved customer and qualification, called
  `follow-up-<customer>-<qualification>`: also if the event comes twice, in a burst, or while the scheduler is down. An
  approval that comes again later starts nothing, until a person deletes that run.
* A denial is only logged here, with who must do what.
* What cannot start a run fails the run of this DAG, and says why.
* **While this DAG is paused, Airflow drops its events**, and tells nobody. Leave it switched on, and pause
  `after_approval` instead: its runs are then queued.

### Make it yours

**Set `TENANT`** to your partner's tenant, written as in your `outlets`; the preset is the tenant of the emulator. Copy
`after_approval.py` too, put your tasks there, and switch both DAGs on.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import PartitionedAssetTimetable, dag, task
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_partnercenter.assets import verdicts_asset, verdicts_of
from airflow_provider_partnercenter.links.partnercenter import with_customer_link
from airflow_provider_partnercenter.partition_mappers import UniqueKeyMapper
from airflow_provider_partnercenter.tasks.starting import start_follow_ups

# Airflow's log view hides what a task prints in a group that is closed.
log = logging.getLogger(__name__)

# The partner's own tenant, a GUID. This is the emulator's.
TENANT = "11111111-1111-4111-8111-111111111111"


@dag(
    # By Airflow's own mapper, a verdict can be lost while the run of another one about the same customer is made.
    schedule=PartitionedAssetTimetable(assets=verdicts_asset(TENANT), default_partition_mapper=UniqueKeyMapper()),
    catchup=False,
    doc_md=__doc__,
    tags=["partnercenter"],
    # Each verdict is a run, which only starts another one.
    max_active_runs=64,
    # A retry finds the runs that exist already.
    default_args={"retries": 5, "retry_delay": timedelta(seconds=30)},
)
def follow_up_verdicts() -> None:
    """Start what follows each approval."""

    # Any, because of Airflow's hints: the context's members are only known when the task runs.
    @task(task_display_name="Start what follows")
    def start(triggering_asset_events: Any = None, customer_id: str = "") -> None:
        verdicts = verdicts_of(triggering_asset_events)
        if not verdicts:
            raise AirflowFailException(
                "No verdict came with this run. Runs by hand have none: start after_approval instead. If an event "
                "started it, the task that emitted it has no verdict."
            )
        for verdict in verdicts:
            if verdict["outcome"] == "denied":
                log.warning("%s: %s is denied.", verdict["customer_id"], verdict["qualification"])
                log.warning("What to do: %s.", verdict.get("hint"))
        start_follow_ups(verdicts, dag_id="after_approval")

    # The customer is for the link. Airflow 3.2 has the key nowhere but here.
    with_customer_link(start(customer_id=UniqueKeyMapper.SOURCE_KEY_TEMPLATE))


follow_up_verdicts()
