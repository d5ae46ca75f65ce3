"""The mails of daily_digest: each change once, whatever fails, is cleared or is tidied up meanwhile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import GetVariable, PutVariable

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Settings
from airflow_provider_partnercenter.storage.memory import variable_name
from airflow_provider_partnercenter.testing.clock import Clock
from testbed import examples
from testbed.mail_server import MailServer
from tests.airflow_versions import AirflowFailException, AirflowSkipException
from tests.support.events.memory import AirflowMemory
from tests.support.task_modes import TaskInstance, run

if TYPE_CHECKING:
    from collections.abc import Iterator

DAG = "daily_digest"
ONE, OTHER, THIRD = ordinary_id(1), ordinary_id(2), ordinary_id(3)
HOUR = 3600.0
VARIABLE = variable_name("partnercenter_digest", DAG, "tell")
FIRST, QUIET = "First digest: what is there now counts as known", "Nothing has changed since"


class Days:
    """A partner with customers, an Airflow that remembers, and the runs of the DAG."""

    def __init__(self, emulator: Emulator, airflow: AirflowMemory, clock: Clock, server: MailServer, storage: Path):
        self.emulator, self.airflow, self.clock, self.server = emulator, airflow, clock, server
        self.storage: str | None = f"file://{storage}"
        self.module: Any = examples.load_example(DAG)

    def have(self, customer: str, status: str, reason: str | None = None, **members: Any) -> None:
        """Let a customer have a qualification that was requested just now."""
        entry = {"qualification": "Education", "vettingStatus": status, "vettingReason": reason}
        entry["vettingCreatedDate"] = self.clock.utcnow().isoformat()
        self.emulator.configure(customer, listed=True, qualifications=[entry], **members)

    def read(self) -> Any:
        """Run the task that reads all customers, an hour later."""
        self.clock.sleep(HOUR)
        task = getattr(self.module, DAG)().get_task("read")
        task.render_template_fields({"var": {"value": {"partnercenter_storage": self.storage or ""}}})
        ending = run(lambda: task, self.clock, {"ti": TaskInstance(dag_id=DAG, task_id="read")})
        assert ending.state == "succeeded", ending.message
        return ending.result

    def tell(self, report: Any) -> list[str]:
        """Run the task that tells, and return the subject and the text of each mail that it sends."""
        before = len(self.server.mails)
        dag = getattr(self.module, DAG)()
        task = dag.get_task("tell")
        task.op_args = (report,)
        context: Any = {"ti": TaskInstance(dag_id=DAG, task_id="tell"), "dag": dag, "outlet_events": {}}
        task.execute(context)
        return [f"{mail['Subject']}\n{mail.get_body(('html',)).get_content()}" for mail in self.server.mails[before:]]

    def mail(self) -> str:
        """Make a whole run, and return its mail."""
        [mail] = self.tell(self.read())
        return mail


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with Emulator(Settings(customers=3)) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator) -> Emulator:
    running.reset()
    # Some of these change by themselves.
    for customer in magic.BY_ID:
        running.configure(customer, listed=False)
    return running


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> AirflowMemory:
    airflow = AirflowMemory()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", airflow, raising=False)
    return airflow


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with MailServer() as server:
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", server.connection)
        yield server


@pytest.fixture
def days(
    emulator: Emulator, airflow: AirflowMemory, server: MailServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Days:
    given = emulator.connection()
    given["extra"] |= {"requests_per_minute": 0, "refresh_token": None}
    monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", json.dumps(given))
    return Days(emulator, airflow, Clock(emulator).rule(monkeypatch), server, tmp_path)


def test_each_change_is_told_once(days: Days) -> None:
    days.have(ONE, "InReview")
    days.have(OTHER, "InReview")
    first = days.mail()
    assert first.startswith(f"Partner Center: {FIRST} (2 in review).")
    assert days.mail().startswith(f"Partner Center: {QUIET}")
    days.have(ONE, "Approved")
    days.have(OTHER, "Denied", "Not an Academic Domain")
    mail = days.mail()
    assert "1 approved, 1 denied." in mail.splitlines()[0]
    assert f"<p>Customer {ONE} (Fabrikam School 0001): Education is granted" in mail
    assert f"<p>Customer {OTHER} (Fabrikam School 0002): Education was denied (request of " in mail
    assert "reason: Not an Academic Domain. What to do: the customer&#x27;s domain is not academic" in mail
    assert "Waiting for Microsoft&#x27;s verdict: " in mail
    assert days.mail().startswith(f"Partner Center: {QUIET}")
    assert [mail["To"] for mail in days.server.mails] == ["partner-desk@example.com"] * 4


def test_who_is_stuck_or_has_lost_a_qualification_is_told_once(days: Days) -> None:
    days.have(ONE, "InReview")
    days.have(OTHER, "Approved")
    days.mail()
    days.clock.sleep(8 * 24 * HOUR)
    days.have(OTHER, "Denied", "No longer an Education Customer")
    mail = days.mail()
    assert "1 withdrawn" in mail
    assert f"Customer {OTHER} (Fabrikam School 0002): Education was withdrawn by Microsoft" in mail
    assert f"Customer {ONE} (Fabrikam School 0001): Education has been in review for too long, since " in mail
    assert days.mail().startswith(f"Partner Center: {QUIET}")


def test_a_quiet_day_may_send_nothing(days: Days) -> None:
    days.module.TELL_NO_CHANGE = False
    days.have(ONE, "InReview")
    assert FIRST in days.mail()
    assert days.tell(days.read()) == []
    days.have(ONE, "Approved")
    assert "1 approved" in days.mail()
    assert days.tell(days.read()) == []


def test_what_a_day_could_not_tell_the_next_one_does(days: Days) -> None:
    days.have(ONE, "InReview")
    days.mail()
    days.have(ONE, "Approved")
    days.server.refuses = True
    report = days.read()
    for _attempt in range(3):
        with pytest.raises(Exception, match="not now"):
            days.tell(report)
    days.server.refuses = False
    days.have(OTHER, "Denied", "Not an Academic Domain")
    assert "1 approved, 1 denied." in days.mail()
    # Somebody clears the failed task, whose report is an old one.
    with pytest.raises(AirflowSkipException, match="has told all of this"):
        days.tell(report)
    assert days.mail().startswith(f"Partner Center: {QUIET}")


def test_a_retry_tells_what_the_failed_try_could_not(days: Days) -> None:
    days.have(ONE, "InReview")
    days.mail()
    days.have(ONE, "Approved")
    report = days.read()
    days.server.refuses = True
    with pytest.raises(Exception, match="not now"):
        days.tell(report)
    days.server.refuses = False
    [mail] = days.tell(report)
    assert "1 approved" in mail


def test_a_run_that_is_cleared_tells_what_is_new_since(days: Days) -> None:
    days.have(ONE, "InReview")
    days.mail()
    days.have(ONE, "Approved")
    report = days.read()
    [mail] = days.tell(report)
    assert "1 approved" in mail
    # Its worker died after all, or a person clears the task alone.
    with pytest.raises(AirflowSkipException):
        days.tell(report)
    # The whole run.
    days.have(OTHER, "Denied", "Not an Academic Domain")
    again = days.mail()
    assert "1 denied" in again
    assert "approved" not in again.splitlines()[0]


def test_a_mail_that_could_not_be_remembered_is_sent_again(days: Days) -> None:
    days.have(ONE, "InReview")
    days.mail()
    days.have(ONE, "Approved")
    report = days.read()
    days.airflow.away = (PutVariable,)
    with pytest.raises(Exception, match=r"What the last digest told in Variable .* could not be written"):
        days.tell(report)
    days.airflow.away = ()
    [mail] = days.tell(report)
    assert "1 approved" in mail
    assert days.mail().startswith(f"Partner Center: {QUIET}")


def test_nothing_is_sent_while_it_is_unknown_what_was_told(days: Days) -> None:
    report = days.read()
    days.airflow.away = (GetVariable,)
    with pytest.raises(Exception, match="could not be read"):
        days.tell(report)
    days.airflow.away = ()
    days.airflow.variables[VARIABLE] = "edited"
    with pytest.raises(AirflowFailException, match=r"does not contain what a digest has stored.*delete the Variable"):
        days.tell(report)
    assert days.server.mails == []
    del days.airflow.variables[VARIABLE]
    assert FIRST in days.mail()


def test_what_people_write_is_text(days: Days) -> None:
    days.mail()
    company = {"company_name": "{{ 7 * 6 }} & <b>Söhne</b>"}
    days.have(ONE, "Denied", "See {{ ti.run_id }} <i>there</i>", company=company)
    mail = days.mail()
    assert "{{ 7 * 6 }} &amp; &lt;b&gt;Söhne&lt;/b&gt;" in mail
    assert "See {{ ti.run_id }} &lt;i&gt;there&lt;/i&gt;" in mail


# -- the report -------------------------------------------------------------------------------------------------------


def test_the_report_of_another_day_may_be_gone(days: Days) -> None:
    days.have(ONE, "InReview")
    old = days.read()
    days.tell(old)
    Path(old["path"].removeprefix("file://")).unlink()
    days.have(ONE, "Approved")
    assert "1 approved" in days.mail()
    with pytest.raises(AirflowSkipException):
        days.tell(old)


def test_without_storage_a_report_that_is_too_large_is_refused(days: Days) -> None:
    days.storage = None
    # What few customers have fits.
    report = days.read()
    assert report["path"] is None
    few = {**report, "omitted": 0, "findings": [], "counts": dict.fromkeys(report["counts"], 0)}
    assert FIRST in days.tell(few)[0]
    for number in range(10, 150):
        days.have(f"20000000-0000-4000-8000-{number:012d}", "Approved")
    with pytest.raises(AirflowFailException, match=r"storage_path is missing: \d+ qualifications are too many"):
        days.tell(days.read())
    assert len(days.server.mails) == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda report: {"counts": {}}, "not that of a reconciliation"),
        (lambda report: {**report, "path": f"{report['path']}.gone"}, "cannot be read"),
        (lambda report: {**report, "path": None, "findings": []}, "set report_all=True in the reconciliation"),
    ],
    ids=["another-document", "file-gone", "only-what-is-wrong"],
)
def test_a_report_that_cannot_be_compared_is_refused(days: Days, change: Any, says: str) -> None:
    days.have(ONE, "Approved")
    with pytest.raises(AirflowFailException, match=says):
        days.tell(change(days.read()))
    assert days.server.mails == []
    assert days.airflow.variables == {}
