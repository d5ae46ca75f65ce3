"""
Onboard many customers, and go on with each batch of verdicts after some minutes: a chain of runs.

Choose this over `onboard_many_customers` if nobody should wait for the slowest customer, whose verdict may take days.
There, one run waits for all and ends with one report. Here, a run hands out what it has seen, and another run goes on
with the others: one run for each batch.

### Start it

In the UI: *Trigger*, and paste the customers into the form; on the command line:

    airflow dags trigger onboard_in_batches -c '{"customers": [{"customer_id": "…", "qualification": "Education",
    "education_segment": "K12"}, …]}'

Leave *Rest* empty: only the runs of the chain give it, each to the next one.

### What happens

* `qualify`: in the first run, it reads every customer and requests what is not there yet. Then it waits in the
  triggerer, without a worker, until the first verdict is ten minutes old (`BATCH_AFTER`), a batch is full (about
  eighty approvals), or nobody is left to wait for.
* `approved`: **put your own tasks here**. They get the approved customers of this batch.
* `anybody_left` and `go_on` start the run that goes on with the others. Its id is
  `batch-<number>-of-qualify:<id of the first run>`.

### What it promises

* Each verdict is handed out in one run of the chain, and none is lost: whatever is killed, a retry does the same
  batch again, or a larger one, and the run after it is started once, however often `go_on` is retried.
* No customer is requested twice, and none is polled more often than in one long wait.
* The chain as a whole waits for as long as `qualify` would alone, seven days by default. Who has no verdict by then is
  reported as `in_review` in its last run; clear its `qualify` to keep waiting.
* A cleared `qualify` hands out its batch **again**; in the first run, it also requests who was refused, and begins a
  second chain. Let what follows be something that can be repeated, or start it by a run id, as `follow_up_verdicts`
  does.
* While this DAG is paused, the next run is queued, and nobody is polled. If `go_on` fails for good, the chain stands
  still: clear it.

### Make it yours

* From forty customers on the list is too large for Airflow's database: set the Variable `partnercenter_storage` to a
  folder that workers and triggerers reach, such as `s3://connection@bucket/partnercenter`.
* From Airflow 3.3 on, set `TENANT` to your partner's tenant, written as in `follow_up_verdicts`. Each verdict is then
  an asset event too, with the customer as its partition key: other DAGs go on with it, and `approved` can go.
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import ObjectStoragePath, Param, dag, task

from airflow_provider_partnercenter.assets import verdicts_asset
from airflow_provider_partnercenter.operators.bulk import PartnerCenterQualifyCustomersOperator

# Airflow's log view hides what a task prints in a group that is closed.
log = logging.getLogger(__name__)

# How long a verdict may wait for others. Each batch is a run; it takes at least half a minute.
BATCH_AFTER = timedelta(minutes=10)
# The partner's own tenant, a GUID, so that each verdict is an asset event (Airflow 3.3).
TENANT = ""

REST = "ti.xcom_pull('qualify')['rest']"


@dag(
    schedule=None,
    catchup=False,
    doc_md=__doc__,
    tags=["partnercenter"],
    # Of each chain one run waits, for a week at the most; for a moment, the one before it is still there. By Airflow's
    # default of 16, the 17th list of customers would wait for one of the others. All share the request budget of the
    # triggerer.
    max_active_runs=100,
    # The chain stands still if a task fails for good.
    default_args={"retries": 5, "retry_delay": timedelta(minutes=1)},
    render_template_as_native_obj=True,
    params={
        "customers": Param(
            None,
            type=["null", "array"],
            # Without it the form takes each line for a text of its own.
            items={"type": "object"},
            title="Customers",
            description="A JSON list of objects with customer_id, qualification and, for Education, education_segment.",
        ),
        "rest": Param(
            None,
            type=["null", "object"],
            title="Rest",
            description="What an earlier run of the chain has left. Leave it empty.",
        ),
    },
)
def onboard_in_batches() -> None:
    """Qualify many customers, and hand out the verdicts in batches."""
    qualify = PartnerCenterQualifyCustomersOperator(
        task_id="qualify",
        task_display_name="Request, and wait for a batch of verdicts",
        customers="{{ params.customers }}",
        rest="{{ params.rest }}",
        batch_after=BATCH_AFTER,
        storage_path="{{ var.value.get('partnercenter_storage', '') }}",
        outlets=[verdicts_asset(TENANT)] if TENANT else [],
        deferrable=True,
    )

    # Any, because of Airflow's hints: what a task is called with is an XComArg here, and a dictionary when it runs.
    @task(task_display_name="Go on with the approved")
    def approved(report: Any) -> None:
        if report["path"]:
            report = json.loads(ObjectStoragePath(report["path"]).read_text())
        for customer in report["customers"]:
            if customer["outcome"] == "approved":
                log.info("%s is qualified: what follows can begin.", customer["customer_id"])

    @task.short_circuit(task_display_name="Is anybody left?")
    def anybody_left(report: Any) -> bool:
        return report["rest"] is not None

    go_on = TriggerDagRunOperator(
        task_id="go_on",
        task_display_name="Start the next run",
        trigger_dag_id="onboard_in_batches",
        # Airflow makes one run of this id, so that a retry finds the run that is there.
        trigger_run_id=f"{{{{ {REST}['run_id'] }}}}",
        skip_when_already_exists=True,
        # By default it is the time of day, by which two chains could exclude each other.
        logical_date=None,
        conf={"rest": f"{{{{ {REST} }}}}"},
    )

    approved(qualify.output)
    anybody_left(qualify.output) >> go_on


onboard_in_batches()
