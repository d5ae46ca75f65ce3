"""
Find customers whose qualification is not what it should be, once a day, and say so.

A qualification is not for ever: Microsoft withdraws it (*No longer an Education Customer*), and offers bought under it
stop renewing. This DAG reads what every customer holds, within the request budget, and tells who

* **lost** a qualification, or was **denied**;
* is **stuck** in review for more than seven days;
* is **missing** one: wanted, but never requested;
* holds one that nobody listed (**unlisted**), or is listed but no customer of the partner (**unknown_customer**).

### Make it yours

List in `WANTED` what your customers should hold, or let a task of your own read it from where you keep it. Without a
list, only what is lost, denied or stuck is told. The last task fails if there is anything to tell, so that it reaches
somebody: put your own notification in its place. Some hundred findings are too many for Airflow's database: set the
Variable `partnercenter_storage` to a folder that workers reach, such as `s3://connection@bucket/partnercenter`, and
all of them are told.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import ObjectStoragePath, dag, task
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_partnercenter.operators.reconcile import PartnerCenterReconcileQualificationsOperator

# For example: [{"customer_id": "…", "qualification": "Education"}]
WANTED: list[dict[str, str]] | None = None


@dag(
    schedule=timedelta(days=1),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    # Copied without a look at it, it does nothing.
    is_paused_upon_creation=True,
    doc_md=__doc__,
    tags=["partnercenter"],
    default_args={"retries": 2, "retry_delay": timedelta(minutes=15)},
)
def reconcile_qualifications() -> None:
    """Compare what all customers hold with what is wanted."""
    reconcile = PartnerCenterReconcileQualificationsOperator(
        task_id="reconcile",
        wanted=WANTED,
        stuck_after=7,
        storage_path="{{ var.value.get('partnercenter_storage', '') }}",
    )

    # Any, because of Airflow's hints: what a task is called with is an XComArg here, and a dictionary when it runs.
    @task(retries=0)
    def tell(report: Any) -> None:
        findings, omitted = report["findings"], report["omitted"]
        if report["path"]:
            findings, omitted = json.loads(ObjectStoragePath(report["path"]).read_text())["findings"], 0
        for finding in findings:
            print(
                f"{finding['customer_id']} ({finding['company_name']}): {finding['qualification']} is "
                f"{finding['state']}; {finding['reason'] or 'no reason given'}. What to do: {finding['hint']}."
            )
        if found := len(findings) + omitted:
            raise AirflowFailException(f"{found} qualifications are not as they should be, see this task's log.")

    tell(reconcile.output)


reconcile_qualifications()
