"""
Remove what finished tasks left in the storage, once a week.

A task for many customers and the reconciliation keep files in their `storage_path`, in a folder of their own:
`<storage_path>/<DAG>/<run>/<task>`. They leave them there, because the tasks after them read the report. This DAG
removes the files of tasks that wrote their report more than 90 days ago. It is safe at any time:

* a task that runs or waits keeps its files, however long it has been waiting;
* a task that is cleared does not need them;
* files that are not of this provider stay.

Only a task that reads the report of a run as old as that would miss it. A folder whose task never wrote a report, for
example because a person marked it as failed, is kept, and named in the log.

### Make it yours

Copy it into your DAGs folder, set the Variable `partnercenter_storage` to the folder, choose `KEEP`, and switch it on.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from airflow.sdk import dag, task

from airflow_provider_partnercenter.exceptions import PermanentFailureError, permanent_errors_fail
from airflow_provider_partnercenter.storage.tidying import remove_finished

# Airflow's log view hides what a task prints in a group that is closed.
log = logging.getLogger(__name__)

# Longer than you may want to clear a task that reads a report.
KEEP = timedelta(days=90)


@dag(
    schedule=timedelta(days=7),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    # Two runs would remove the same files.
    max_active_runs=1,
    # Copied without a look at it, it does nothing.
    is_paused_upon_creation=True,
    doc_md=__doc__,
    tags=["partnercenter"],
    default_args={"retries": 2, "retry_delay": timedelta(minutes=15)},
)
def tidy_partnercenter_storage() -> None:
    """Remove the files of finished tasks."""

    @task(task_display_name="Tidy up the storage")
    def tidy(storage_path: str) -> None:
        if not storage_path:
            raise PermanentFailureError("The Variable partnercenter_storage is not set. Set it, or pause this DAG.")
        with permanent_errors_fail():
            removed = remove_finished(storage_path, KEEP)
        for path in removed:
            log.info("Removed the files in %s", path)
        log.info("Removed the files of %d tasks.", len(removed))

    tidy("{{ var.value.get('partnercenter_storage', '') }}")


tidy_partnercenter_storage()
