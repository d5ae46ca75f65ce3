"""
Onboard one customer, and send a mail if Microsoft has not decided within five days. From Airflow 3.2 on.

A sensor waits silently until its `timeout`, and fails then. Choose this DAG if somebody should hear of a request that
takes long while the run goes on waiting. It uses Airflow's own deadline alert and mail, nothing of this provider. Where
one task waits for many customers, a deadline tells nothing of the single customer: use `daily_digest`, or the report of
the task.

### What it promises

* A run that is not over five days after it was queued gets one mail: which customer, which qualification, and a link to
  the run. The run goes on, and Airflow's dashboard and *Browse → Deadlines* show the missed deadline.
* A run that succeeded before gets none. A denial is a verdict: here the run succeeds with it.
* A run that failed before gets the mail as well, because Airflow takes a deadline back for a success only; the mail
  says that it has failed.
* The mail is sent once, by the triggerer, without a retry. If the mail server is away then, only the triggerer's log
  tells of it; the missed deadline is shown all the same.
* A run has one deadline. If tasks of the run are cleared before it, the days count anew from then; a deadline that was
  missed or taken back does not come again.

### Make it yours

Set `TO` and `NO_VERDICT_WITHIN`, make the connection `smtp_default` (with `from_email` in its extra; the triggerer must
reach the server), and set `[api] base_url`, from which the link is made. To have the same in `onboard_customer`, copy
`NO_VERDICT` and what it needs there, and add `deadline=NO_VERDICT` to its `@dag(…)`. Any notifier that has an
`async_notify` can take the place of the mail. It sees `dag_run`, as Airflow's REST API shows it, and `deadline`, but no
task and no XCom.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk import AsyncCallback, DeadlineAlert, DeadlineReference, Param, conf, dag  # type: ignore[attr-defined]

from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor

TO = "partner-desk@example.com"
# Microsoft usually decides within three business days; a weekend may lie between them.
NO_VERDICT_WITHIN = timedelta(days=5)
AIRFLOW = conf.get("api", "base_url", fallback="http://localhost:8080").rstrip("/")

NO_VERDICT = DeadlineAlert(
    reference=DeadlineReference.DAGRUN_QUEUED_AT,
    interval=NO_VERDICT_WITHIN,
    callback=AsyncCallback(
        SmtpNotifier,
        kwargs={
            "to": TO,
            "subject": "No verdict yet on customer {{ dag_run.conf['customer_id'] }}",
            # Airflow fills in what is between the braces when it sends the mail.
            "html_content": f"""
<p>Microsoft has not decided within {NO_VERDICT_WITHIN.days} days.</p>
<p>Customer: {{{{ (dag_run.conf.get('company_name') or '') | e }}}} {{{{ dag_run.conf['customer_id'] }}}}<br>
Qualification: {{{{ dag_run.conf.get('qualification') | e }}}}<br>
Run: <a href="{AIRFLOW}/dags/{{{{ dag_run.dag_id }}}}/runs/{{{{ dag_run.dag_run_id | urlencode }}}}">\
{{{{ dag_run.dag_run_id | e }}}}</a>, queued at {{{{ dag_run.queued_at }}}}</p>
{{% if dag_run.state == 'failed' %}}
<p>The run has failed. What to do: read in its log why, and clear the task that failed.</p>
{{% else %}}
<p>The run goes on waiting. What to do: ask Microsoft's support about the request.</p>
{{% endif %}}
""",
        },
    ),
)


@dag(
    schedule=None,
    catchup=False,
    doc_md=__doc__,
    tags=["partnercenter"],
    # A run waits for days; by Airflow's default of 16, the 17th customer would wait for the first ones.
    max_active_runs=1000,
    deadline=NO_VERDICT,
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
        "qualification": Param(type="string", enum=["Education", "StateOwnedEntity"], title="Qualification"),
        "education_segment": Param(
            None,
            type=["null", "string"],
            enum=[None, "K12", "HigherEducation"],
            title="Education segment",
            description="Required for Education.",
        ),
    },
)
def onboard_with_deadline() -> None:
    """Qualify one customer, and say so if that takes long."""
    submit = PartnerCenterUpdateQualificationOperator(
        task_id="submit",
        task_display_name="Request the qualification",
        customer_id="{{ params.customer_id }}",
        qualification="{{ params.qualification }}",
        education_segment="{{ params.education_segment }}",
        on_denied="return",
    )
    PartnerCenterQualificationSensor(
        task_id="wait",
        task_display_name="Wait for the verdict",
        customer_id="{{ params.customer_id }}",
        qualification="{{ params.qualification }}",
        submission=submit.output,
        # A failed run would get the mail although there is a verdict.
        on_denied="return",
        deferrable=True,
    )


onboard_with_deadline()
