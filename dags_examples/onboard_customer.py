"""
Onboard one customer: request a qualification, wait for Microsoft's verdict, and go one way or the other.

Choose this as it is if people, the command line, or programs that can call Airflow's REST API start the onboardings:
nothing stands in between. The DAGs `onboard_from_…` and `onboard_new_customers` start it for everybody else.

### Start it

* in the UI: *Trigger*, and fill in the form; for Education choose a segment too;
* on the command line: `airflow dags trigger onboard_customer -c '{"customer_id": "…", "qualification": "Education",
  "education_segment": "HigherEducation"}'`;
* from another program: `POST /api/v2/dags/onboard_customer/dagRuns` with the same document as `conf`. Give the run an
  id of your own, such as `onboard-<customer>-<event>`, and a second request for the same event is refused with 409.

Give the run the company's name as its note (in the form *Dag Run Note*, in the request `note`): the page of the run
shows it.

### What happens

| task | shown as | what it does |
|---|---|---|
| `submit` | Request the qualification | reads what the customer has, and requests only what is needed; never twice |
| `wait` | Wait for the verdict | waits, for days if need be, without holding a worker |
| `choose` | Choose by the verdict | takes one of the two ways |
| `approved` | Go on after the approval | **put your own tasks here**: order, licences, welcome mail |
| `denied` | Record the denial | why, who must act, what to copy into the form then, how many attempts are left |

### Make it yours

To let other DAGs go on with the verdict, give the task `wait` `outlets=[verdicts_asset("<partner tenant>")]` (of
`airflow_provider_partnercenter.assets`): each verdict is then an asset event, which `follow_up_verdicts` takes.

To let asset events start it without a run id of their own (Airflow 3.2), set
`schedule=PartitionedAssetTimetable(assets=Asset(…))` and give `customer_id`, `qualification` and what it needs a
default, for example `None`, `"Education"` and `"K12"`, and `customer_id` the type `["null", "string"]`: the partition
key is then the customer. An event that comes again later starts another run, which finds the request made.

### What it means

A denial is an outcome, so the run succeeds. A technical failure (no access, an expired secret) fails the run; outages
and throttling are waited out. The connection `partnercenter_default` must be App+User, because requesting needs a user.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, task

from airflow_provider_partnercenter.links.partnercenter import customer_page, with_customer_link
from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor

# Airflow's log view hides what a task prints in a group that is closed.
log = logging.getLogger(__name__)


# The partition key, if an asset event has started the run. Airflow 3.2 has it nowhere but here.
CUSTOMER = "{{ params.customer_id or dag_run.partition_key }}"


@dag(
    schedule=None,
    catchup=False,
    doc_md=__doc__,
    tags=["partnercenter"],
    # A run waits for days and needs next to nothing meanwhile. By Airflow's default of 16, the 17th customer would be
    # requested only once one of the first 16 has its verdict.
    max_active_runs=1000,
    # A retry never submits again: it reads what came of the request and goes on waiting.
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
            description="The customer's name, for people. Optional.",
        ),
        # No preset: the form asks. Education would need a segment, and a wrong segment spends an attempt.
        "qualification": Param(
            type="string",
            enum=["Education", "GovernmentCommunityCloud", "StateOwnedEntity"],
            title="Qualification",
            description="For Education choose the segment below; for GovernmentCommunityCloud give a validation code.",
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
            description="Required for GovernmentCommunityCloud: one of the partner's validation ids, or auto for the "
            "code of the organization below that has the most uses left.",
        ),
        "organization": Param(
            None,
            type=["null", "string"],
            title="Organization",
            description="Required for the validation code auto: the name that the partner's codes were issued for.",
        ),
        "resubmit_denied_of": Param(
            None,
            type=["null", "string"],
            title="Resubmit after the denial of",
            description="Only when a denial was dealt with: copy resubmit_denied_of from what the task Record the "
            "denial returned. This spends one of the customer's three verification requests.",
        ),
    },
)
def onboard_customer() -> None:
    """Qualify one customer."""
    submit = PartnerCenterUpdateQualificationOperator(
        task_id="submit",
        task_display_name="Request the qualification",
        customer_id=CUSTOMER,
        qualification="{{ params.qualification }}",
        education_segment="{{ params.education_segment }}",
        website="{{ params.website }}",
        validation_code="{{ params.validation_code }}",
        organization="{{ params.organization }}",
        resubmit_denied_of="{{ params.resubmit_denied_of }}",
        on_denied="return",
    )
    wait = PartnerCenterQualificationSensor(
        task_id="wait",
        task_display_name="Wait for the verdict",
        customer_id=CUSTOMER,
        qualification="{{ params.qualification }}",
        submission=submit.output,
        on_denied="return",
        deferrable=True,
    )

    # Any, because of Airflow's hints: what a task is called with is an XComArg here, and a dictionary when it runs.
    @task.branch(task_display_name="Choose by the verdict")
    def choose(verdict: Any) -> str:
        return "approved" if verdict["outcome"] == "approved" else "denied"

    @task(task_display_name="Go on after the approval")
    def approved(verdict: Any) -> None:
        log.info("%s is qualified for %s: what follows can begin.", verdict["customer_id"], verdict["qualification"])

    @task(task_display_name="Record the denial")
    def denied(verdict: Any, submission: Any) -> dict[str, Any]:
        record = {
            "customer_id": verdict["customer_id"],
            "qualification": verdict["qualification"],
            "reason": verdict["vetting_reason"],
            # If nothing was submitted, that of the submission also says why resubmit_denied_of did not count.
            "what_to_do": submission.get("hint") or verdict["hint"],
            "resubmit_denied_of": verdict["resubmit_denied_of"],
            "attempts_left_at_most": verdict["attempts_left"],
            "customer_page": customer_page(verdict["customer_id"]),
        }
        for name, value in record.items():
            log.warning("%s: %s", name, value)
        return record

    with_customer_link(choose(wait.output)) >> [
        with_customer_link(approved(wait.output)),
        with_customer_link(denied(wait.output, submit.output)),
    ]


onboard_customer()
