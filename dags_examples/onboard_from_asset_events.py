"""
Start one onboarding for each customer and event that arrives as an asset event. Needs Airflow 3.2 or newer.

Choose this if another DAG finds the customers, if several DAGs should hear of them, or if the sender already posts
asset events. A program of your own that only wants to start an onboarding has less to do with `POST dagRuns`.

### Send an event

* from a task of another DAG, from Airflow 3.3 on: `outlets=[Asset("onboarding_events")]` and
  `outlet_events[asset].add_partitions([<customer id>, …])`. Such events say only the customer: set `PARAMS` below, or
  give one `outlet_events[asset].extra` for all of them;
* from another program: `POST /api/v2/assets/events` with `{"asset_id": <id>, "partition_key": "<customer id>",
  "extra": {"event_id": "order-4711", "company_name": "Contoso", "qualification": "Education", "education_segment":
  "K12"}}`. The asset's id is in the answer of `GET /api/v2/assets?name_pattern=onboarding_events`.

The partition key is the customer's tenant id. `event_id` and the params of `onboard_customer` come with `extra`.
`company_name` is also the note of the run, for people.

### What it promises

* One run of `onboard_customer` for each customer and `event_id`, called `onboard-<customer>-<event id>`: also if an
  event comes twice, in a burst, or while the scheduler is down. Without an `event_id` the customer alone decides: it is
  onboarded once, until a person starts another run.
* What cannot start a run (no GUID, params that the DAG refuses) fails the run of this DAG, and says why. It stops no
  other customer.
* **While this DAG is paused, Airflow drops its events** and tells the sender nothing. Leave it switched on, and pause
  `onboard_customer` instead: its runs are then queued.

### Make it yours

`PARAMS` are for what your events do not say. `onboard_customer` can also take the events itself, without this DAG: see
*Make it yours* there. Then an event that comes again after its run was made starts another run, which finds the
request made.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, PartitionedAssetTimetable, dag, task

from airflow_provider_partnercenter.links.partnercenter import with_customer_link
from airflow_provider_partnercenter.partition_mappers import UniqueKeyMapper
from airflow_provider_partnercenter.tasks.starting import start_onboardings

EVENTS = Asset("onboarding_events")
# Params of onboard_customer for events that do not give them, for example {"qualification": "Education"}.
PARAMS: dict[str, Any] = {}


@dag(
    # By Airflow's own mapper, an event can be lost while the run of another one about the same customer is made.
    schedule=PartitionedAssetTimetable(assets=EVENTS, default_partition_mapper=UniqueKeyMapper()),
    catchup=False,
    doc_md=__doc__,
    tags=["partnercenter"],
    # Each event is a run, which only starts another one. There is nothing to hold back; the number of workers limits
    # them anyway.
    max_active_runs=64,
    # A retry finds the runs that exist already.
    default_args={"retries": 5, "retry_delay": timedelta(seconds=30)},
)
def onboard_from_asset_events() -> None:
    """Start an onboarding for each event."""

    # Any, because of Airflow's hints: the context's members are only known when the task runs.
    @task(task_display_name="Start the onboarding")
    def start(customer_id: str, triggering_asset_events: Any = None) -> None:
        events = [event for found in triggering_asset_events.values() for event in found]
        if not events:
            raise ValueError("This run was started by hand, without an event. Start onboard_customer instead.")
        # Airflow marks what came over its REST API.
        bodies = [{name: value for name, value in event.extra.items() if name != "from_rest_api"} for event in events]
        start_onboardings([(body, customer_id) for body in bodies], params=PARAMS)

    # Airflow 3.2 has the key nowhere but here.
    with_customer_link(start(customer_id=UniqueKeyMapper.SOURCE_KEY_TEMPLATE))


onboard_from_asset_events()
