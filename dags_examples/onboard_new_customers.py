"""
Start one onboarding for each new customer in Partner Center, for example one who has accepted your invitation.

Choose this if no program of yours hears of a new customer, and it may take some minutes until one is found. It
needs nothing from outside: no webhook, no queue.

### What it promises

* Every customer who was not there before gets one run of `onboard_customer`, called `onboard-<customer>`, with the
  company's name as its note: also if the sensor, a worker, the triggerer or the scheduler is killed in between. The
  customers who are there at the first run are taken as known.
* A customer counts as known once the run that found it has succeeded, so what could not be started is tried again.
* A customer who leaves and returns is not started again. Start `onboard_customer` by hand then.

### What it costs

Every ten minutes one request for each 500 customers, without a worker. What the sensor knows (50,000 customers are
about 1 MB) is in the Variable `partnercenter_customers.onboard_new_customers.new_customers.<hash>`. Delete it, and the
next run takes the customers of that moment as known.

### Make it yours

**Choose what to request** in `PARAMS`, or by customer in `start`; a wrong segment spends one of a customer's three
verification requests. Then switch the DAG on. The connection `partnercenter_default` may be App-only here, but
`onboard_customer` needs App+User.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import dag, task

from airflow_provider_partnercenter.sensors.customers import PartnerCenterNewCustomersSensor
from airflow_provider_partnercenter.tasks.starting import start_onboardings

# Params of onboard_customer for all new customers. Change them before you switch this DAG on.
PARAMS = {"qualification": "Education", "education_segment": "K12"}


@dag(
    # As soon as a run has ended, the next one begins to wait.
    schedule="@continuous",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    # The sensor's memory belongs to one run at a time; @continuous demands it too.
    max_active_runs=1,
    # Copied without a look at it, it does nothing.
    is_paused_upon_creation=True,
    doc_md=__doc__,
    tags=["partnercenter"],
    default_args={"retries": 4, "retry_delay": timedelta(minutes=1)},
)
def onboard_new_customers() -> None:
    """Wait for new customers, and start their onboardings."""
    new_customers = PartnerCenterNewCustomersSensor(
        task_id="new_customers",
        task_display_name="Wait for new customers",
        poke_interval=timedelta(minutes=10),
        deferrable=True,
        # A week without a new customer is no failure.
        soft_fail=True,
    )

    # Any, because of Airflow's hints: what a task is called with is an XComArg here, and a list when it runs.
    @task(task_display_name="Start their onboardings")
    def start(customers: Any) -> None:
        start_onboardings([(customer, None) for customer in customers], params=PARAMS)

    start(new_customers.output)


onboard_new_customers()
