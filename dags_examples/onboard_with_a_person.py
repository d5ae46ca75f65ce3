"""
Onboard one customer, and ask a person what to do if Microsoft denies it. From Airflow 3.1 on.

### Start it

As `onboard_customer`, with the same form. For GovernmentCommunityCloud the validation code may be left out here.

### What happens

| task | shown as | what it does |
|---|---|---|
| `code` | Ask for the validation code | only for GovernmentCommunityCloud without a code |
| `submit` | Request the qualification | reads what the customer has, and requests only what is needed |
| `wait` | Wait for the verdict | waits, for days if need be, without holding a worker |
| `ask` | Ask about the denial | shows a *Required Action*: reason, advice, attempts left, a form |
| `wait_again` | Wait for the second verdict | as before |
| `ask_again` | Ask about the second denial | the same about the next denial |
| `wait_last` | Wait for the last verdict | as before; a denial fails the run |
| `approved` | Go on after the approval | **put your own tasks here**: order, licences, welcome mail |

Answer under *Browse → Required Actions*, or on the page of the task. *Resubmit* spends one of the customer's three
verification requests; a field that is left empty keeps what was requested before. *Give up* fails the run, and no retry
asks again. After an approval, the tasks between it and `approved` are skipped.

Microsoft allows three requests, so there are two rounds of asking and waiting, one after the other: a DAG has no loop.

### Make it yours

* Who may answer: `assigned_users=[{"id": "…", "name": "…"}]`, ids as your auth manager has them.
* Who is told: `notifiers=[…]`, any of Airflow's notifiers. They are called whenever somebody is asked.
* Until when: `response_timeout=timedelta(days=3)`. A time-out is never *Resubmit*: the task is retried and asks again,
  or gives up with `on_timeout="give_up"`.

### What it means

A run that is given up has failed; its task says who gave up, and has the XCom `given_up`. On Airflow 3.1 and 3.2 a
triggerer must run, and a task whose worker was killed after an answer asks again. All of it is in
`docs/guides/denials.md`.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, task

from airflow_provider_partnercenter.links.partnercenter import with_customer_link
from airflow_provider_partnercenter.operators.denial import PartnerCenterDenialOperator
from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator
from airflow_provider_partnercenter.operators.validation_code import PartnerCenterValidationCodeOperator
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor

# Airflow's log view hides what a task prints in a group that is closed.
log = logging.getLogger(__name__)

# Any, because hints of the arguments differ from task to task.
CUSTOMER: dict[str, Any] = {
    "customer_id": "{{ params.customer_id }}",
    "qualification": "{{ params.qualification }}",
}
NAMED: dict[str, Any] = {**CUSTOMER, "company_name": "{{ params.company_name }}"}


@dag(
    schedule=None,
    catchup=False,
    doc_md=__doc__,
    tags=["partnercenter"],
    # A run waits for days, for Microsoft or for a person, and needs next to nothing meanwhile.
    max_active_runs=1000,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    params={
        "customer_id": Param(
            type="string",
            pattern="^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
            title="Customer",
            description="The customer's Microsoft ID (tenant id), a GUID.",
        ),
        "company_name": Param(
            None,
            type=["null", "string"],
            title="Company",
            description="The customer's name, for the people who are asked. Optional.",
        ),
        # No preset: the form asks. Education would need a segment, and a wrong segment spends an attempt.
        "qualification": Param(
            type="string",
            enum=["Education", "GovernmentCommunityCloud", "StateOwnedEntity"],
            title="Qualification",
            description="For Education choose the segment below.",
        ),
        "education_segment": Param(
            None,
            type=["null", "string"],
            enum=[None, "K12", "HigherEducation"],
            title="Education segment",
            description="Required for Education.",
        ),
        "website": Param(
            None,
            type=["null", "string"],
            title="Website",
            description="The school's host name, for example contoso.edu. Optional, for Education.",
        ),
        "validation_code": Param(
            None,
            type=["null", "string"],
            title="Validation code",
            description="For GovernmentCommunityCloud: one of the partner's validation ids, or auto for the code of "
            "the organization below that has the most uses left. If it is empty, a person is asked for it.",
        ),
        "organization": Param(
            None,
            type=["null", "string"],
            title="Organization",
            description="Required for the validation code auto: the name that the partner's codes were issued for.",
        ),
    },
)
def onboard_with_a_person() -> None:
    """Qualify one customer, and ask a person about a denial."""
    code = PartnerCenterValidationCodeOperator(
        task_id="code",
        task_display_name="Ask for the validation code",
        validation_code="{{ params.validation_code }}",
        organization="{{ params.organization }}",
        **NAMED,
    )
    requested: dict[str, Any] = {
        "education_segment": "{{ params.education_segment }}",
        "website": "{{ params.website }}",
        "validation_code": code.output,
        "organization": "{{ params.organization }}",
    }
    submit = PartnerCenterUpdateQualificationOperator(
        task_id="submit",
        task_display_name="Request the qualification",
        on_denied="return",
        **CUSTOMER,
        **requested,
    )
    wait = PartnerCenterQualificationSensor(
        task_id="wait",
        task_display_name="Wait for the verdict",
        submission=submit.output,
        on_denied="return",
        deferrable=True,
        **CUSTOMER,
    )
    ask = PartnerCenterDenialOperator(
        task_id="ask",
        task_display_name="Ask about the denial",
        verdict=wait.output,
        **NAMED,
        **requested,
    )
    wait_again = PartnerCenterQualificationSensor(
        task_id="wait_again",
        task_display_name="Wait for the second verdict",
        submission=ask.output,
        on_denied="return",
        deferrable=True,
        **CUSTOMER,
    )
    ask_again = PartnerCenterDenialOperator(
        task_id="ask_again",
        task_display_name="Ask about the second denial",
        verdict=wait_again.output,
        **NAMED,
        **requested,
    )
    wait_last = PartnerCenterQualificationSensor(
        task_id="wait_last",
        task_display_name="Wait for the last verdict",
        submission=ask_again.output,
        deferrable=True,
        **CUSTOMER,
    )

    # Once one of the waits has ended with an approval, the tasks after it are skipped, and none of them has failed.
    @task(task_display_name="Go on after the approval", trigger_rule="none_failed_min_one_success")
    def approved(customer_id: str, qualification: str) -> None:
        log.info("%s is qualified for %s: what follows can begin.", customer_id, qualification)

    after = with_customer_link(approved(CUSTOMER["customer_id"], CUSTOMER["qualification"]))
    [wait, wait_again, wait_last] >> after


onboard_with_a_person()
