"""
What follows the approval of one customer: order, licences, notification.

**Put your own tasks here.** `follow_up_verdicts` starts this DAG once for each approved customer and qualification, as
the run `follow-up-<customer>-<qualification>`. A person, or a program, may start it too.

### Make it yours

* The tasks only log what they are for. Replace them by what you do: an HTTP operator, your shop's operator, a mail.
* A retry or a cleared task does its work again, as in every DAG. Give what you order an id that your shop refuses a
  second time; the run's id is one.
* The whole verdict is in `dag_run.conf`: `vetting_created_date`, `request_id` and so on.
* Whoever may post asset events to Airflow can start this DAG with a verdict that Microsoft never gave. If that is more
  people than may order, let the first task read the qualification (`PartnerCenterGetQualificationOperator`).
"""

from __future__ import annotations

import logging
from datetime import timedelta

from airflow.sdk import Param, dag, task

from airflow_provider_partnercenter.links.partnercenter import with_customer_link

# Airflow's log view hides what a task prints in a group that is closed.
log = logging.getLogger(__name__)

CUSTOMER, QUALIFICATION = "{{ params.customer_id }}", "{{ params.qualification }}"


@dag(
    schedule=None,
    catchup=False,
    doc_md=__doc__,
    tags=["partnercenter"],
    # As many customers at a time as your shop can take. The others' runs are queued.
    max_active_runs=16,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    params={
        "customer_id": Param(
            type="string",
            pattern="^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
            title="Customer",
            description="The customer's Microsoft ID (tenant id), a GUID.",
        ),
        "qualification": Param(
            type="string",
            enum=["Education", "GovernmentCommunityCloud", "StateOwnedEntity"],
            title="Qualification",
            description="The qualification that is approved.",
        ),
    },
)
def after_approval() -> None:
    """Do what follows an approval."""

    @task(task_display_name="Place the order")
    def order(customer_id: str, qualification: str) -> None:
        log.info("%s is qualified for %s: place the order here.", customer_id, qualification)

    @task(task_display_name="Assign the licences")
    def licences(customer_id: str) -> None:
        log.info("%s: assign the licences here.", customer_id)

    @task(task_display_name="Tell the customer")
    def notify(customer_id: str, qualification: str) -> None:
        log.info("%s: tell the customer here that %s is approved.", customer_id, qualification)

    (
        with_customer_link(order(customer_id=CUSTOMER, qualification=QUALIFICATION))
        >> with_customer_link(licences(customer_id=CUSTOMER))
        >> with_customer_link(notify(customer_id=CUSTOMER, qualification=QUALIFICATION))
    )


after_approval()
