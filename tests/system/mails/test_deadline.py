"""A run without a verdict sends one mail and goes on; one that is decided in time sends none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from testbed.patience import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.local_airflow import LocalAirflow
    from testbed.mail_server import MailServer

pytestmark = pytest.mark.since_airflow("3.2", "deadline alerts in airflow.sdk")

DAYS, SECONDS = "onboard_with_deadline", "onboard_within_seconds"
LATE, APPROVED, DENIED = (ordinary_id(number) for number in (701, 702, 703))
DAGS = {LATE: SECONDS, APPROVED: DAYS, DENIED: DAYS}
VERDICTS = {LATE: "Approved", APPROVED: "Approved", DENIED: "Denied"}
COMPANY = "Söhne & Töchter {{ 6 * 7 }}"


def mails_about(server: MailServer, customer: str) -> list[str]:
    """Return the mails that name a customer, each with its subject as the first line."""
    mails = [f"{mail['Subject']}\n{mail.get_body(('html',)).get_content()}" for mail in server.mails]
    return [mail for mail in mails if customer in mail]


@pytest.fixture(scope="module")
def runs(airflow: LocalAirflow, emulator: Emulator) -> Mapping[str, str]:
    """A run for each customer, nobody decided."""
    form: dict[str, Any] = {"company_name": COMPANY, "qualification": "Education", "education_segment": "K12"}
    found = {}
    for customer, dag_id in DAGS.items():
        emulator.configure(customer, vetting="never")
        airflow.wait_for_dag(dag_id)
        found[customer] = airflow.trigger(dag_id, {"customer_id": customer, **form}, f"onboard-{customer}")
    return found


@pytest.fixture(scope="module")
def missed(
    runs: Mapping[str, str], airflow: LocalAirflow, emulator: Emulator, mail_server: MailServer
) -> Mapping[str, list[bool]]:
    """Which deadlines each run had and had missed when the mail came, after which everybody is decided."""
    wait_until(lambda: mails_about(mail_server, LATE), "there is a mail")
    found = {
        customer: [deadline["missed"] for deadline in airflow.deadlines(DAGS[customer], run)]
        for customer, run in runs.items()
    }
    # All at once, because the first poll comes soon, and the next one minutes later.
    for customer, status in VERDICTS.items():
        emulator.configure(customer, qualifications=[{"qualification": "Education", "vettingStatus": status}])
    return found


def test_no_verdict_in_time(
    runs: Mapping[str, str], missed: Mapping[str, list[bool]], airflow: LocalAirflow, mail_server: MailServer
) -> None:
    assert missed[LATE] == [True]
    # It went on.
    airflow.wait_for_success(SECONDS, runs[LATE])
    assert airflow.xcom(SECONDS, runs[LATE], "wait")["outcome"] == "approved"

    [mail] = mails_about(mail_server, LATE)
    assert mail.splitlines()[0] == f"No verdict yet on customer {LATE}"
    assert f"Customer: Söhne &amp; Töchter {{{{ 6 * 7 }}}} {LATE}" in mail
    assert "Qualification: Education" in mail
    assert f'<a href="{airflow.url}/dags/{SECONDS}/runs/{runs[LATE]}">{runs[LATE]}</a>, queued at 20' in mail
    assert "The run goes on waiting" in mail
    assert "failed" not in mail


@pytest.mark.parametrize("customer", [APPROVED, DENIED], ids=["approved", "denied"])
def test_a_verdict_in_time(
    customer: str,
    runs: Mapping[str, str],
    missed: Mapping[str, list[bool]],
    airflow: LocalAirflow,
    mail_server: MailServer,
) -> None:
    assert missed[customer] == [False]
    airflow.wait_for_success(DAYS, runs[customer])
    assert airflow.xcom(DAYS, runs[customer], "wait")["outcome"] == VERDICTS[customer].lower()
    # Without it, nothing can be sent later.
    assert airflow.deadlines(DAYS, runs[customer]) == []
    assert mails_about(mail_server, customer) == []
