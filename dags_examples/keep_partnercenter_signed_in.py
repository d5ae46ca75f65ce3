"""
Keep App+User connections signed in, and say so in time if a person must sign in again.

A refresh token expires 90 days after it was issued, and Microsoft refuses users who signed in without MFA. Twice a day
this DAG signs in over each connection. If the stored token is older than a day, this stores a new one in the Variable
named by the connection's `credential_variable`. So no stored token gets older than a day and a half, or about two days
if a run is missed.

### When it fails

The message says what happened and who must do what. If it is about MFA or the refresh token, the partner's integration
user signs in again: `airflow partnercenter sign-in --replace` (from Airflow 3.2 on). This stores the new refresh token
in the connection. It takes effect at once, for running waits as well.

### Make it yours

Copy it into your DAGs folder, list your connections below, and switch it on. A run fails only for a reason that a
person must look at, or when Microsoft or Airflow was out of reach for an hour. Let somebody be notified when this DAG
fails.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import dag, task

from airflow_provider_partnercenter.exceptions import permanent_errors_fail
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook

# Airflow's log view hides what a task prints in a group that is closed.
log = logging.getLogger(__name__)

CONNECTIONS = ["partnercenter_default"]


@dag(
    # A token is renewed from its 24th hour on, so it is 36 hours old at the most.
    schedule=timedelta(hours=12),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    # Another run would only repeat the sign-in.
    max_active_runs=1,
    # Copied without a look at it, it does nothing.
    is_paused_upon_creation=True,
    doc_md=__doc__,
    tags=["partnercenter"],
    default_args={"retries": 4, "retry_delay": timedelta(minutes=15)},
)
def keep_partnercenter_signed_in() -> None:
    """Sign in over every connection."""

    # The result is one dictionary; as several outputs, Airflow 3.0 could not store those that are None.
    @task(
        task_display_name="Sign in over each connection",
        map_index_template="{{ task.op_kwargs['partnercenter_conn_id'] }}",
        multiple_outputs=False,
    )
    def sign_in(partnercenter_conn_id: str) -> dict[str, Any]:
        # What a person must do, no retry does.
        with permanent_errors_fail():
            report = PartnerCenterHook(partnercenter_conn_id).check_sign_in().to_dict()
        for name, value in report.items():
            log.info("%s: %s", name, value)
        return report

    sign_in.expand(partnercenter_conn_id=CONNECTIONS)


keep_partnercenter_signed_in()
