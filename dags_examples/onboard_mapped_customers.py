"""
Onboard a handful of customers with one mapped task instance each, so that each has its own row, log and retries.

### Start it

In the UI: *Trigger*, and paste the customers into the form; on the command line:

    airflow dags trigger onboard_mapped_customers -c '{"customers": [{"customer_id": "…", "company_name": "Contoso"},
    …]}'

The list of the task instances shows the company's name, or the customer's id if there is none.

### When to choose it

One task for all of them (`onboard_many_customers`) costs a fraction of this, so take this one where you want to see,
clear or retry every customer by itself. Each instance is a process of its own, which knows nothing of the others'
request budgets: `max_active_tasks` says how many of a run's instances talk to Microsoft at once. An instance that waits
is not counted, and holds no worker; an approval ends it in the triggerer, without another start of a worker
(`end_from_trigger`).

### Make it yours

Start one run at a time, or give `qualify` a pool that all your runs and DAGs for Partner Center share. Make the pool
first: Airflow never starts a task whose pool does not exist, and says so in the scheduler's log only.

    airflow pools set partnercenter 4 'Tasks that talk to Microsoft Partner Center'
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, task

from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator


@dag(
    schedule=None,
    catchup=False,
    doc_md=__doc__,
    tags=["partnercenter"],
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    # Each run may talk to Microsoft with four processes at once, and each of these has a request budget of its own, so
    # there is a limit here. A 17th run waits until another one has all its verdicts. For more, take
    # onboard_many_customers.
    max_active_runs=16,
    # Unlike a pool of its own, it works without being set up. max_active_tis_per_dag would count who waits, too.
    max_active_tasks=4,
    params={
        "customers": Param(
            type="array",
            minItems=1,
            uniqueItems=True,
            # The type also makes the form take JSON.
            items={
                "type": "object",
                "properties": {
                    "customer_id": {
                        "type": "string",
                        "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
                    },
                    # Airflow's database takes no longer name of a task instance.
                    "company_name": {"type": ["null", "string"], "maxLength": 250},
                },
                "required": ["customer_id"],
                "additionalProperties": False,
            },
            title="Customers",
            description="Schools, all of the same segment: a JSON list of objects with customer_id (the Microsoft ID, "
            "a GUID) and, for people, company_name.",
        ),
        "education_segment": Param("K12", type="string", enum=["K12", "HigherEducation"], title="Education segment"),
    },
)
def onboard_mapped_customers() -> None:
    """Qualify customers, one task instance each."""

    @task(task_display_name="List the customers")
    def customers(params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return the arguments of each task instance. Its params are for templates: the operator needs no name."""
        assert params
        return [
            {
                "customer_id": customer["customer_id"],
                "params": {"shown": customer.get("company_name") or customer["customer_id"]},
            }
            for customer in params["customers"]
        ]

    PartnerCenterUpdateQualificationOperator.partial(
        task_id="qualify",
        task_display_name="Request, and wait for the verdict",
        qualification="Education",
        education_segment="{{ params.education_segment }}",
        wait_for_approval=True,
        deferrable=True,
        end_from_trigger=True,
        map_index_template="{{ params.shown }}",
    ).expand_kwargs(customers())


onboard_mapped_customers()
