"""
Onboard a handful of customers with one mapped task instance each, so that each has its own row, log and retries.

One task for all of them (`onboard_many_customers`) costs a fraction of this, so take this one where you want to see,
clear or retry every customer by itself. Each instance is a process of its own, which knows nothing of the others'
request budgets: the pool decides how many of them talk to Microsoft at once. Make it first:

    airflow pools set partnercenter 4 'Tasks that talk to Microsoft Partner Center'

An instance that waits holds no slot of the pool and no worker, and an approval ends it in the triggerer, without
another start of a worker (`end_from_trigger`).
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
        pool="partnercenter",
        map_index_template="{{ task.customer_id }}",
    ).expand(customer_id=customer_ids())


onboard_mapped_customers()
