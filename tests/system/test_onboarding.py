"""Customers are onboarded by a real Airflow, with the DAG that users copy; and processes are taken away meanwhile."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.links.partnercenter import customer_page
from testbed.local_airflow import LocalAirflow, LocalAirflowError
from testbed.patience import wait_until
from tests.airflow_versions import TASKS_REMEMBER, see_retried

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_partnercenter.emulator.server import Emulator

ONBOARD, WAITING = "onboard_customer", "waiting"
SCHOOL = {"qualification": "Education", "education_segment": "HigherEducation", "website": "contoso.edu"}
# Decided when the emulator's clock is moved on, so that they wait however slow the machine is.
DECIDED_AFTER = 3000
APPROVED, DENIED = magic.approved_after(DECIDED_AFTER), magic.denied_after(DECIDED_AFTER)
EVENT = "onboard-denied-event-1"
LINK = "_link_PartnerCenterCustomerLink"
NO_VERDICT = (
    r"Customer \S+: no verdict on Education within 0:\d\d:\d\d\. "
    # On a busy machine there may be no time for the last poll.
    r"Last seen: Education InReview, requested 2026-01-15T09:30:00\.885000\+00:00(; the last poll failed: [^\"\n]+?)?"
    r"\. What to do: [^\"\n]+"
)


def posts(emulator: Emulator, customer: str) -> int:
    return len(emulator.journal(customer, method="POST"))


@pytest.fixture(scope="module")
def runs(airflow: LocalAirflow, emulator: Emulator) -> Mapping[str, str]:
    """The runs of the example DAG, all of them under way."""
    airflow.wait_for_dag(ONBOARD)
    runs = {
        "denied": airflow.trigger(ONBOARD, {"customer_id": DENIED, **SCHOOL}, EVENT),
        "held": airflow.trigger(ONBOARD, {"customer_id": magic.customer_id("education-held"), **SCHOOL}),
        "no relationship": airflow.trigger(ONBOARD, {"customer_id": magic.customer_id("no-relationship"), **SCHOOL}),
        # What the form sends if the segment is forgotten.
        "no segment": airflow.trigger(ONBOARD, {"customer_id": ordinary_id(9), "qualification": "Education"}),
    }
    conf = json.dumps({"customer_id": APPROVED, "qualification": "Education", "education_segment": "HigherEducation"})
    command = airflow.cli("dags", "trigger", ONBOARD, "-c", conf, "--run-id", "by-hand")
    assert command.returncode == 0, command.stderr
    return {**runs, "approved": "by-hand"}


@pytest.fixture(scope="module")
def waiting(runs: Mapping[str, str], airflow: LocalAirflow, emulator: Emulator) -> str:
    """The run of the waits of these tests, under way."""
    emulator.configure(ordinary_id(1), qualifications=[{"qualification": "Education", "vettingStatus": "InReview"}])
    emulator.configure(ordinary_id(2), vetting="never")
    airflow.wait_for_dag(WAITING)
    return airflow.trigger(WAITING)


@pytest.fixture(scope="module")
def links(runs: Mapping[str, str], airflow: LocalAirflow) -> Mapping[str, str]:
    """The links of the tasks that wait, read while they do and nothing else happens; no process holds any of them."""

    def all_wait() -> bool:
        return all(airflow.task_states(ONBOARD, runs[name])["wait"] == "deferred" for name in ("approved", "denied"))

    def nothing_else_to_do() -> bool:
        return all(
            airflow.run_state(ONBOARD, runs[name]) != "running" for name in ("held", "no relationship", "no segment")
        )

    wait_until(all_wait, "both customers wait")
    wait_until(nothing_else_to_do, "the other runs are over")
    wait_until(lambda: airflow.task_processes() == [], "no task has a process")
    assert all_wait()
    return {name: airflow.xcom(ONBOARD, runs[name], "wait", LINK) for name in ("approved", "denied")}


@pytest.fixture(scope="module")
def decided(links: Mapping[str, str], runs: Mapping[str, str], emulator: Emulator) -> Mapping[str, str]:
    """The runs, after Microsoft's verdicts on those that waited."""
    emulator.advance(DECIDED_AFTER)
    return runs


def test_no_process_holds_a_task_that_waits(links: Mapping[str, str]) -> None:
    assert links == {"approved": customer_page(APPROVED), "denied": customer_page(DENIED)}


def test_an_event_is_onboarded_once(runs: Mapping[str, str], airflow: LocalAirflow) -> None:
    with pytest.raises(LocalAirflowError, match="was answered with 409"):
        airflow.trigger(ONBOARD, {"customer_id": DENIED, **SCHOOL}, EVENT)


@pytest.mark.parametrize(
    ("conf", "says"),
    [
        ({"customer_id": "contoso.edu"}, "contoso.edu"),
        ({}, "customer_id"),
        ({"customer_id": APPROVED, "qualification": "Educated"}, "Educated"),
        ({"customer_id": APPROVED}, "qualification"),
        ({"customer_id": APPROVED, "qualification": "Education", "education_segment": "K13"}, "K13"),
    ],
)
def test_a_form_that_cannot_work_is_refused(
    conf: dict[str, Any], says: str, runs: Mapping[str, str], airflow: LocalAirflow
) -> None:
    with pytest.raises(LocalAirflowError, match=rf"was answered with 400: .*{says}"):
        airflow.trigger(ONBOARD, conf)


def test_a_triggerer_that_is_killed_during_a_wait(waiting: str, airflow: LocalAirflow, emulator: Emulator) -> None:
    wait_until(lambda: airflow.task_states(WAITING, waiting)["without_a_triggerer"] == "deferred")
    airflow.kill("triggerer")
    emulator.configure(ordinary_id(2), qualifications=[{"qualification": "Education", "vettingStatus": "Approved"}])
    airflow.start("triggerer")
    wait_until(lambda: airflow.task_states(WAITING, waiting)["without_a_triggerer"] == "success")

    result = airflow.xcom(WAITING, waiting, "without_a_triggerer")
    assert (result["outcome"], result["vetting_status"], result["submitted"]) == ("approved", "Approved", True)
    assert posts(emulator, ordinary_id(2)) == 1
    assert airflow.last_try(WAITING, waiting, "without_a_triggerer") == 1


def test_a_rescheduled_sensor_and_an_end_without_a_worker(
    waiting: str, airflow: LocalAirflow, emulator: Emulator
) -> None:
    wait_until(lambda: airflow.task_states(WAITING, waiting)["reschedule"] == "up_for_reschedule")
    wait_until(lambda: airflow.task_states(WAITING, waiting)["end_from_trigger"] == "deferred")
    emulator.configure(ordinary_id(1), qualifications=[{"qualification": "Education", "vettingStatus": "Approved"}])
    for name in ("reschedule", "end_from_trigger", "follows"):
        wait_until(lambda: airflow.task_states(WAITING, waiting)[name] == "success")  # noqa: B023
        assert airflow.last_try(WAITING, waiting, name) == 1
    assert airflow.xcom(WAITING, waiting, "reschedule")["outcome"] == "approved"
    assert airflow.xcom(WAITING, waiting, "follows") == "approved"
    # A worker would have said how it ended.
    said = f"Customer {ordinary_id(1)}: Education is approved."
    assert said in airflow.task_log(WAITING, waiting, "reschedule")
    assert said not in airflow.task_log(WAITING, waiting, "end_from_trigger")


def test_a_worker_that_is_killed_after_its_request(waiting: str, airflow: LocalAirflow, emulator: Emulator) -> None:
    see_retried(airflow, WAITING, waiting, "without_a_worker")
    wait_until(lambda: airflow.task_states(WAITING, waiting)["without_a_worker"] in ("success", "failed"))
    assert airflow.last_try(WAITING, waiting, "without_a_worker") == 2
    result = airflow.xcom(WAITING, waiting, "without_a_worker")
    assert result["outcome"] in ("in_review", "approved")
    [post] = emulator.journal(magic.propagates_after(8), method="POST")
    remembered = (result["submitted"], result["baseline"], result["request_id"])
    assert (remembered == (True, [], post["request_id"])) == TASKS_REMEMBER


def test_a_time_out(waiting: str, airflow: LocalAirflow) -> None:
    wait_until(lambda: airflow.task_states(WAITING, waiting)["time_out"] in ("failed", "up_for_retry"))
    assert airflow.task_states(WAITING, waiting)["time_out"] == "failed"
    assert airflow.last_try(WAITING, waiting, "time_out") == 1
    log = airflow.task_log(WAITING, waiting, "time_out")
    assert re.search(rf"AirflowSensorTimeout: {NO_VERDICT}", log)


def test_a_time_out_with_soft_fail(waiting: str, airflow: LocalAirflow) -> None:
    wait_until(lambda: airflow.task_states(WAITING, waiting)["soft_fail"] == "skipped")
    [log] = airflow.home.glob(f"logs/**/run_id={waiting}/task_id=soft_fail/attempt=1.log")
    assert re.search(f'"Skipping task.","reason":"{NO_VERDICT}"', log.read_text())


def test_an_approved_customer(decided: Mapping[str, str], airflow: LocalAirflow, emulator: Emulator) -> None:
    airflow.wait_for_success(ONBOARD, decided["approved"])
    assert airflow.task_states(ONBOARD, decided["approved"]) == {
        "submit": "success", "wait": "success", "choose": "success", "approved": "success", "denied": "skipped"
    }  # fmt: skip
    assert airflow.xcom(ONBOARD, decided["approved"], "wait")["vetting_status"] == "Approved"
    assert posts(emulator, APPROVED) == 1
    assert f"{APPROVED} is qualified for Education" in airflow.task_log(ONBOARD, decided["approved"], "approved")


def test_a_denied_customer_leaves_a_record(
    decided: Mapping[str, str], airflow: LocalAirflow, emulator: Emulator
) -> None:
    airflow.wait_for_success(ONBOARD, decided["denied"])
    states = airflow.task_states(ONBOARD, decided["denied"])
    assert (states["approved"], states["denied"]) == ("skipped", "success")
    record = airflow.xcom(ONBOARD, decided["denied"], "denied")
    assert {name: record[name] for name in ("customer_id", "qualification", "reason", "attempts_left_at_most")} == {
        "customer_id": DENIED,
        "qualification": "Education",
        "reason": "Not an Education Customer",
        "attempts_left_at_most": 2,
    }
    assert "the customer must prove that it is a school" in record["what_to_do"]
    # The emulator's verdict has the date of its request, which is what names the denial.
    denial = airflow.xcom(ONBOARD, decided["denied"], "wait")
    assert record["resubmit_denied_of"] == denial["vetting_created_date"]
    assert record["customer_page"] == customer_page(DENIED)
    assert posts(emulator, DENIED) == 1


@pytest.mark.parametrize("task_id", ["submit", "wait", "choose", "denied"])
def test_every_task_has_the_link_to_its_customer(
    task_id: str, decided: Mapping[str, str], airflow: LocalAirflow
) -> None:
    airflow.wait_for_success(ONBOARD, decided["denied"])
    path = f"/dags/{ONBOARD}/dagRuns/{decided['denied']}/taskInstances/{task_id}/links"
    leads_to = {"Customer in Partner Center": customer_page(DENIED)}
    # A worker writes it after the end of the task.
    wait_until(lambda: airflow.rest("GET", path)["extra_links"] == leads_to, f"the link of {task_id}")


def test_a_customer_that_is_qualified_already(
    runs: Mapping[str, str], airflow: LocalAirflow, emulator: Emulator
) -> None:
    airflow.wait_for_success(ONBOARD, runs["held"])
    assert airflow.task_states(ONBOARD, runs["held"])["approved"] == "success"
    assert airflow.xcom(ONBOARD, runs["held"], "submit")["submitted"] is False
    assert posts(emulator, "education-held") == 0


@pytest.mark.parametrize(
    ("name", "says"),
    [("no relationship", "No relationship between caller and account"), ("no segment", "education_segment is missing")],
)
def test_a_technical_failure_fails_the_run_without_retries(
    name: str, says: str, runs: Mapping[str, str], airflow: LocalAirflow
) -> None:
    assert airflow.wait_for_run(ONBOARD, runs[name]) == "failed"
    states = airflow.task_states(ONBOARD, runs[name])
    assert (states.pop("submit"), *set(states.values())) == ("failed", "upstream_failed")
    assert airflow.last_try(ONBOARD, runs[name], "submit") == 1
    assert says in airflow.task_log(ONBOARD, runs[name], "submit")


def test_no_log_tells_a_secret(
    runs: Mapping[str, str], waiting: str, airflow: LocalAirflow, emulator: Emulator
) -> None:
    airflow.wait_for_run(WAITING, waiting)
    files = [path for path in airflow.home.rglob("*.log") if path.is_file()]
    assert any("trigger" in path.name for path in files), "the triggers' logs are among them"
    for path in files:
        text = path.read_text(errors="replace")
        for secret in (emulator.client_secret, emulator.refresh_token):
            assert secret not in text, path
