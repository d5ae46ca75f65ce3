"""
Start the onboarding of a customer as soon as Partner Center says that the customer is yours. Needs Airflow 3.2.

Airflow's API server receives Partner Center's webhooks; docs/guides/start-onboarding/webhooks.md says how to switch
that on, and what to open for it. Each event that names a customer comes here as an asset event.

Choose this if an onboarding is to begin within seconds, and Partner Center can reach your API server over the internet.
If it cannot, `onboard_new_customers` finds the same customers by looking.

### What it promises

* One run of `onboard_customer` for each customer and event, called `onboard-<customer>-<event id>`: also if Microsoft
  sends the event ten times, and if a process of Airflow is killed in between.
* While this DAG is paused, the API server takes no events. Microsoft sends an event ten times and then drops it, so
  pause `onboard_customer` instead: its runs are then queued.
* What Microsoft dropped, `onboard_new_customers` finds. Both may run side by side: the second onboarding of a customer
  finds what the first one requested, and requests nothing.

### Make it yours

An event says who has become your customer, and nothing of what to request. `what_to_request` decides it: change it, for
example to what your CRM knows. A wrong segment spends one of a customer's three verification requests.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, PartitionedAssetTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.links.partnercenter import with_customer_link
from airflow_provider_partnercenter.partition_mappers import UniqueKeyMapper
from airflow_provider_partnercenter.tasks.starting import start_onboardings

# The name is that of the option [partnercenter] webhook_asset.
WEBHOOKS = Asset("partnercenter_webhooks")


def what_to_request(customer_id: str, domain: str) -> dict[str, Any] | None:
    """Return the params of `onboard_customer` for a new customer, or None if there is nothing to request. Change it."""
    if domain.endswith(".edu"):
        return {"qualification": "Education", "education_segment": "HigherEducation"}
    return None


@dag(
    # By Airflow's own mapper, an event can be lost while the run of another one about the same customer is made.
    schedule=PartitionedAssetTimetable(assets=WEBHOOKS, default_partition_mapper=UniqueKeyMapper()),
    catchup=False,
    doc_md=__doc__,
    tags=["partnercenter"],
    # Each event is a run, which only starts another one.
    max_active_runs=64,
    # A customer who has just accepted may not be readable yet. A retry finds the runs that exist already.
    default_args={"retries": 5, "retry_delay": timedelta(seconds=30)},
)
def onboard_from_webhooks() -> None:
    """Start an onboarding for each customer that Partner Center tells of."""

    # Any, because of Airflow's hints: the context's members are only known when the task runs.
    @task(task_display_name="Start the onboarding")
    def start(customer_id: str, triggering_asset_events: Any = None) -> None:
        ids = [event.extra.get("event_id") for found in triggering_asset_events.values() for event in found]
        if not ids:
            raise ValueError("This run was started by hand, without an event. Start onboard_customer instead.")
        customer = PartnerCenterHook().get_customer(customer_id)
        params = what_to_request(customer_id, customer.domain or "")
        if params is None:
            raise AirflowSkipException(f"Customer {customer_id}: there is nothing to request.")
        events = [({"event_id": event_id, "company_name": customer.company_name}, customer_id) for event_id in ids]
        start_onboardings(events, params=params)

    # Airflow 3.2 has the key nowhere but here.
    with_customer_link(start(customer_id=UniqueKeyMapper.SOURCE_KEY_TEMPLATE))


onboard_from_webhooks()
