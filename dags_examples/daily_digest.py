"""
Mail once a day what has changed in the customers' qualifications since the last mail.

For people who want one mail a day instead of one for each customer. It tells who was **approved** or **denied** (with
Microsoft's reason, and who must do what), whose qualification Microsoft has **withdrawn**, who is newly **stuck** in
review, and what is not listed any more; then how many wait, and since when. It looks at all customers of the partner,
whoever requested their qualifications: a DAG, a colleague in the portal, or another partner.

To go on with a customer as soon as it is approved, use the run of `onboard_customer` instead; to be told of everything
that is wrong every day until somebody has dealt with it, use `reconcile_qualifications`.

### What it promises

* Each change is reported. If a mail could not report it, because the DAG failed, was paused, or a customer could not be
  read, the next mail does. If something changed twice between two mails, the mail has its present state.
* Nothing is reported twice, also if runs or tasks are cleared: a cleared task is skipped if a later mail has reported
  all of it. Only if a worker dies after sending the mail and before it has stored that, the same mail is sent again.
* The first mail treats what is there as known, and only counts it.
* A qualification that is no longer listed is reported a day later, if the next read does not find it either.

### What it costs

One request for each customer: with the default budget, 10,000 customers take at least 21 minutes, on a worker. The
Variable `partnercenter_digest.daily_digest.tell.<hash>` has what was told (50,000 customers are about 1.5 MB); nothing
else of an earlier run is needed. Delete it to begin anew, for example when the connection becomes that of another
partner.

### Make it yours

Set `TO`, make the connection `smtp_default` (with `from_email` in its extra), and switch the DAG on. More than about a
hundred qualifications are too many for Airflow's database: set the Variable `partnercenter_storage` to a folder that
workers reach, such as `s3://connection@bucket/partnercenter`. Put another notifier into `send` if you do not want mail.
The connection `partnercenter_default` may be App-only.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape
from typing import Any

from airflow.sdk import dag, task

from airflow_provider_partnercenter.operators.reconcile import PartnerCenterReconcileQualificationsOperator
from airflow_provider_partnercenter.tasks.digest import since_last_digest

TO = "partner-desk@example.com"
# Whether a day without a change is told too. It shows that the digest is alive, and how many wait.
TELL_NO_CHANGE = True
# How many customers a mail names of each kind of change. The log of the task has all of them.
NAMED = 50


def send(headline: str, lines: list[str], context: Any) -> None:
    """Send the mail."""
    # Here, because Airflow parses this file again and again.
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    # Any, because the notifier of older Airflows has no type hints.
    mail: Any = SmtpNotifier(
        to=TO,
        subject=f"Partner Center: {headline}",
        html_content="".join(f"<p>{escape(line)}</p>\n" for line in lines),
    )
    # Not mail(context), which would take what a company or Microsoft has written for a template.
    mail.notify(context)


@dag(
    schedule=timedelta(days=1),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    # What was told belongs to one run at a time.
    max_active_runs=1,
    # Copied without a look at it, it does nothing.
    is_paused_upon_creation=True,
    doc_md=__doc__,
    tags=["partnercenter"],
    default_args={"retries": 2, "retry_delay": timedelta(minutes=15)},
)
def daily_digest() -> None:
    """Read all customers, and tell what has changed."""
    read = PartnerCenterReconcileQualificationsOperator(
        task_id="read",
        task_display_name="Read all customers",
        report_all=True,
        stuck_after=7,
        storage_path="{{ var.value.get('partnercenter_storage', '') }}",
    )

    # Any, because of Airflow's hints: what a task is called with is an XComArg here, and a dictionary when it runs.
    @task(task_display_name="Tell what has changed")
    def tell(report: Any, **context: Any) -> None:
        # What is sent in here counts as told once nothing has failed.
        with since_last_digest(report, context) as digest:
            if TELL_NO_CHANGE or not digest.quiet:
                send(digest.headline(), digest.lines(NAMED), context)

    tell(read.output)


daily_digest()
