"""
Onboard many customers in one task, and ask a person about each of those that Microsoft denies. From Airflow 3.1 on.

### Start it

As `onboard_many_customers`: paste the customers into the form, or

    airflow dags trigger onboard_many_with_a_person -c '{"customers": [{"customer_id": "…", "company_name": "Contoso",
    "qualification": "Education", "education_segment": "K12"}, …]}'

`company_name` is for the people who are asked; nothing of it is sent to Microsoft.

### What happens

| task | shown as | what it does |
|---|---|---|
| `rows` | Read the customers | takes out the names, which `qualify` does not know |
| `qualify` | Request, and wait for all verdicts | one task for all; succeeds with a report |
| `approved` | Go on with the approved | **put your own tasks here** |
| `denied` | Choose the denied | makes a list of the denied customers of the report |
| `person.ask` | Ask about the denial | one *Required Action* for each denied customer, side by side |
| `person.wait` | Wait for the next verdict | for one customer each, without holding a worker |
| `person.go_on` | Go on after the approval | **and here**, for a customer that was approved at last |

Each denied customer is on its own: *Give up* fails its task and so the run in the end, but holds up nobody else. There
is one round here; a denial after *Resubmit* fails the customer's wait. For a second one, put `ask` and `wait` once more
into `person`, as `onboard_with_a_person` has them. Clear `person.ask` alone, not what comes before it: a question stays
with its place in the list, and a list that has changed since makes such a task fail.

### Make it yours

Who may answer, who is told and until when: `assigned_users`, `notifiers` and `response_timeout` of `ask`. From forty
customers on, set the Variable `partnercenter_storage`, as for `onboard_many_customers`. A mapped task takes 1,024
denied customers at the most.

On Airflow 3.1 and 3.2 a triggerer must run. All of it is in `docs/guides/denials.md`.
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import ObjectStoragePath, Param, dag, task, task_group

from airflow_provider_partnercenter.links.partnercenter import with_customer_link
from airflow_provider_partnercenter.operators.bulk import PartnerCenterQualifyCustomersOperator
from airflow_provider_partnercenter.operators.denial import PartnerCenterDenialOperator
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor

# Airflow's log view hides what a task prints in a group that is closed.
log = logging.getLogger(__name__)

# What of a row the form of a denial may correct, and the name by which people know the customer.
ASKED = ("education_segment", "website", "validation_code", "organization", "company_name")


def customers_of(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the customers of a report, which is in a file if there are many."""
    if report["path"]:
        report = json.loads(ObjectStoragePath(report["path"]).read_text())
    customers: list[dict[str, Any]] = report["customers"]
    return customers


@dag(
    schedule=None,
    catchup=False,
    doc_md=__doc__,
    tags=["partnercenter"],
    # A run waits for days, for Microsoft or for people.
    max_active_runs=100,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    params={
        "customers": Param(
            type="array",
            # Without it the form takes each line for a text of its own.
            items={"type": "object"},
            title="Customers",
            description="A JSON list of objects with customer_id, qualification and, for Education, education_segment.",
        ),
    },
)
def onboard_many_with_a_person() -> None:
    """Qualify many customers, and ask a person about each denial."""

    @task(task_display_name="Read the customers")
    def rows(params: Any = None) -> list[dict[str, Any]]:
        return [{name: value for name, value in row.items() if name != "company_name"} for row in params["customers"]]

    qualify = PartnerCenterQualifyCustomersOperator(
        task_id="qualify",
        task_display_name="Request, and wait for all verdicts",
        customers=rows(),
        storage_path="{{ var.value.get('partnercenter_storage', '') }}",
        deferrable=True,
    )

    # Any, because of Airflow's hints: what a task is called with is an XComArg here, and a dictionary when it runs.
    @task(task_display_name="Go on with the approved")
    def approved(report: Any) -> None:
        for customer in customers_of(report):
            if customer["outcome"] == "approved":
                log.info("%s is qualified: what follows can begin.", customer["customer_id"])

    @task(task_display_name="Choose the denied")
    def denied(report: Any, params: Any = None) -> list[dict[str, Any]]:
        chosen = []
        for customer in customers_of(report):
            if customer["outcome"] == "denied":
                # Several rows for one customer say the same.
                row = params["customers"][customer["rows"][0]]
                about = {name: customer[name] for name in ("customer_id", "qualification")}
                chosen.append(about | {name: row.get(name) for name in ASKED} | {"verdict": customer})
        return chosen

    # A group, so that no customer waits for the answers about the others.
    @task_group
    def person(
        customer_id: Any,
        qualification: Any,
        verdict: Any,
        education_segment: Any,
        website: Any,
        validation_code: Any,
        organization: Any,
        company_name: Any,
    ) -> None:
        ask = PartnerCenterDenialOperator(
            task_id="ask",
            task_display_name="Ask about the denial",
            map_index_template="{{ task.company_name or task.customer_id }}",
            customer_id=customer_id,
            qualification=qualification,
            verdict=verdict,
            education_segment=education_segment,
            website=website,
            validation_code=validation_code,
            organization=organization,
            company_name=company_name,
        )
        wait = PartnerCenterQualificationSensor(
            task_id="wait",
            task_display_name="Wait for the next verdict",
            # The record has the name if a preflight has read it.
            map_index_template="{{ (task.submission or {}).get('company_name') or task.customer_id }}",
            customer_id=customer_id,
            qualification=qualification,
            submission=ask.output,
            deferrable=True,
        )

        @task(
            task_display_name="Go on after the approval",
            map_index_template="{{ task.op_kwargs['company_name'] or task.op_kwargs['customer_id'] }}",
        )
        def go_on(verdict: Any, customer_id: str, company_name: str | None) -> None:
            log.info("%s is qualified: what follows can begin.", verdict["customer_id"])

        with_customer_link(go_on(wait.output, customer_id=customer_id, company_name=company_name))

    approved(qualify.output)
    person.expand_kwargs(denied(qualify.output))


onboard_many_with_a_person()
