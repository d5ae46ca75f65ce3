"""
Onboard a handful of customers with one mapped task instance each, so that each has its own row, log and retries.

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
        "customer_ids": Param(
            type="array",
            title="Customers",
            description="The Microsoft IDs (tenant ids) of schools, all of the same segment.",
        ),
        "education_segment": Param("K12", type="string", enum=["K12", "HigherEducation"], title="Education segment"),
    },
)
def onboard_mapped_customers() -> None:
    """Qualify customers, one task instance each."""

    @task
    def customer_ids(params: dict[str, list[str]] | None = None) -> list[str]:
        return params["customer_ids"] if params else []

    PartnerCenterUpdateQualificationOperator.partial(
        task_id="qualify",
        qualification="Education",
        education_segment="{{ params.education_segment }}",
        wait_for_approval=True,
        deferrable=True,
        end_from_trigger=True,
        map_index_template="{{ task.customer_id }}",
    ).expand(customer_id=customer_ids())


onboard_mapped_customers()
