"""
Onboard many customers in one task: request what is needed, wait for all verdicts, report.

### Start it

In the UI: *Trigger*, and paste the customers into the form; on the command line:

    airflow dags trigger onboard_many_customers -c '{"customers": [{"customer_id": "…", "qualification": "Education",
    "education_segment": "K12"}, …]}'

or let a task of your own make the list (from a file, a database, an API) and give its output as `customers`.

### What happens

`qualify` reads every customer, requests what is not there yet, and then waits in the triggerer for all of them, without
a worker, within the request budget of the connection. One bad row, one denial or one refusal does not stop the others.
It succeeds with a report: how many were approved, denied, refused, and for each customer the reason and who must do
what. A retry, or a cleared task, goes on where it was; nobody is requested twice.

### Make it yours

From forty customers on the list is too large for Airflow's database: set the Variable `partnercenter_storage` to a
folder that workers and triggerers reach, such as `s3://connection@bucket/partnercenter`. What follows an approval is a
loop over the approved customers here: put your own work in its place. (A mapped task takes 1,024 of them at the most.)
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import ObjectStoragePath, Param, dag, task

from airflow_provider_partnercenter.operators.bulk import PartnerCenterQualifyCustomersOperator

# Airflow's log view hides what a task prints in a group that is closed.
log = logging.getLogger(__name__)


@dag(
    schedule=None,
    catchup=False,
    doc_md=__doc__,
    tags=["partnercenter"],
    # A run waits for the verdict on its last customer, which takes days. By Airflow's default of 16, the 17th run would
    # wait for one of the others. All of them share the request budget of the triggerer.
    max_active_runs=100,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    render_template_as_native_obj=True,
    params={
        "customers": Param(
            type="array",
            # Without it the form takes each line for a text of its own.
            items={"type": "object"},
            title="Customers",
            description="A JSON list of objects with customer_id, qualification and, for Education, education_segment.",
        ),
    },
)
def onboard_many_customers() -> None:
    """Qualify many customers."""
    qualify = PartnerCenterQualifyCustomersOperator(
        task_id="qualify",
        task_display_name="Request, and wait for all verdicts",
        customers="{{ params.customers }}",
        storage_path="{{ var.value.get('partnercenter_storage', '') }}",
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

    approved(qualify.output)


onboard_many_customers()
