"""
Find customers whose qualification is not what it should be, once a day, and say so.

Microsoft may withdraw a qualification (*No longer an Education Customer*). Offers that were bought under it then stop
renewing. This DAG reads what every customer holds, within the request budget, and tells who

* **lost** a qualification, or was **denied**;
* is **stuck** in review for more than seven days;
* is **missing** one: wanted, but never requested;
* holds one that nobody listed (**unlisted**), or is listed but no customer of the partner (**unknown_customer**).

### Make it yours

List in `WANTED` what your customers should hold, or let a task of your own read it from where you keep it. Without a
list, only what is lost, denied or stuck is told. The last task fails if there is anything new to tell, so that it
reaches somebody: put your own notification in its place. Some hundred findings are too many for Airflow's database: set
the Variable `partnercenter_storage` to a folder that workers reach, such as `s3://connection@bucket/partnercenter`, and
all of them are told.

### Acknowledge what is known

A finding that does not change would fail this DAG every day. The log of the last task has each new finding as a line of
JSON. Put the lines of those that need no more attention into the Variable `partnercenter_acknowledged`, separated by
commas and in brackets: `[{…}, {…}]`. You may add keys of your own, such as `"note": "closed school"`. An acknowledged
finding is still in the report, but fails nothing. When its state, its date or the reason changes, it is new again. The
log of the task `reconcile` names the lines that match no finding any more.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import ObjectStoragePath, dag, task

from airflow_provider_partnercenter.exceptions import CustomersNotQualifiedError
from airflow_provider_partnercenter.operators.reconcile import PartnerCenterReconcileQualificationsOperator
from airflow_provider_partnercenter.qualification.bulk.findings import sentence

# Airflow's log view hides what a task prints in a group that is closed.
log = logging.getLogger(__name__)

# For example: [{"customer_id": "…", "qualification": "Education"}]
WANTED: list[dict[str, str]] | None = None
# How many findings the message of the failure has; notifications show nothing else.
TOLD = 5


@dag(
    schedule=timedelta(days=1),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    # A run reads all customers: another one would share its request budget and report the same.
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
        task_display_name="Reconcile all customers",
        wanted=WANTED,
        acknowledged="{{ var.value.get('partnercenter_acknowledged', '') }}",
        stuck_after=7,
        storage_path="{{ var.value.get('partnercenter_storage', '') }}",
    )

    # Any, because of Airflow's hints: what a task is called with is an XComArg here, and a dictionary when it runs.
    @task(task_display_name="Tell what is new", retries=0)
    def tell(report: Any) -> None:
        findings, omitted = report["findings"], report["omitted"]
        if report["path"]:
            findings, omitted = json.loads(ObjectStoragePath(report["path"]).read_text())["findings"], 0
        new = [finding for finding in findings if not finding["acknowledged"]]
        for finding in new:
            log.warning("To acknowledge it, copy: %s", json.dumps(finding))
        # What was omitted is in no list, but it is counted.
        if found := len(findings) + omitted - report["counts"]["acknowledged"]:
            first = " ".join(sentence(finding) for finding in new[:TOLD])
            rest = f" {found - TOLD} more are in the report of the task reconcile." if found > TOLD else ""
            raise CustomersNotQualifiedError(f"{found} qualifications are not as they should be. {first}{rest}")

    tell(reconcile.output)


reconcile_qualifications()
