"""The commands of ``airflow partnercenter``, where an Airflow has its connections in its database."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from testbed.patience import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.local_airflow import LocalAirflow

URL = "https://airflow.example/partnercenter/webhook"


@pytest.mark.since_airflow("3.2", "commands of providers")
def test_a_connection_of_the_database_is_found(airflow: LocalAirflow, emulator: Emulator) -> None:
    connection = emulator.connection()
    # The Variable is read from the database too.
    extra = {**connection["extra"], "credential_variable": "partnercenter_command"}
    saved = {**connection, "connection_id": "of_the_database", "extra": json.dumps(extra)}
    airflow.rest("POST", "/connections", saved)
    command = ("partnercenter", "webhook", "register", "--conn-id", "of_the_database", "--url", URL, "-o", "json")
    done = airflow.cli(*command)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["webhook_url"] == URL
    assert emulator.client_secret not in done.stdout + done.stderr
    assert emulator.refresh_token not in done.stdout + done.stderr


# Opens the address, and goes to where it is sent.
BROWSER = """
import sys

import requests

session = requests.Session()
session.trust_env = False
back = session.get(sys.argv[2], allow_redirects=False, verify=sys.argv[1]).headers["Location"]
sys.exit(session.get(back).status_code != 200)
"""


@pytest.mark.since_airflow("3.2", "commands of providers")
def test_a_user_signs_in(airflow: LocalAirflow, emulator: Emulator, tmp_path: Path) -> None:
    browser = tmp_path / "browser.py"
    browser.write_text(BROWSER)
    environment = {
        **airflow.environment,
        "BROWSER": f"{sys.executable} {browser} {emulator.ca_file} %s",
        "CLIENT_SECRET": emulator.client_secret,
    }
    where = ("--host", emulator.url, "--authority", emulator.url, "--ca-bundle", str(emulator.ca_file))
    who = ("--client-id", emulator.client_id, "--tenant-id", emulator.tenant_id)

    def sign_in(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ("partnercenter", "sign-in", "--conn-id", "signed_in", *arguments, "-o", "json")
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *command],
            env=environment,
            cwd=airflow.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert emulator.client_secret not in done.stdout + done.stderr
        return done

    first = sign_in(*who, *where, "--client-secret-from", "env:CLIENT_SECRET")
    assert first.returncode == 0, first.stderr
    stored = airflow.rest("GET", "/connections/signed_in")
    assert (stored["conn_type"], stored["login"]) == ("partnercenter", emulator.client_id)
    refused = sign_in()
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "repeat the command with --replace" in refused.stderr
    again = sign_in("--replace")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)[0]["stored"] is True
    command = ("partnercenter", "webhook", "register", "--conn-id", "signed_in", "--url", f"{URL}/again", "--replace")
    assert airflow.cli(*command).returncode == 0


# The tasks of tests/system/dags/waited_for.py that wait for one customer. What they wait for is told by the trigger, by
# the rendered arguments, and by the question to a person.
WAITED_FOR = {
    "deferred": (magic.customer_id("education-in-review"), "in_review"),
    "rescheduled": (ordinary_id(7001), "absent"),
    "ask": (magic.customer_id("education-denied"), "denied"),
}
OF_MANY = magic.customer_id("never-decided")


@pytest.fixture(scope="module")
def waiting_run(airflow: LocalAirflow, emulator: Emulator) -> Iterator[str]:
    """A run whose tasks wait, until these tests are over."""
    for number in (7001, 7002):
        emulator.configure(ordinary_id(number))
    airflow.wait_for_dag("waited_for")
    run_id = airflow.trigger("waited_for")

    def all_wait() -> bool:
        states = set(airflow.task_states("waited_for", run_id).values())
        assert not states & {"failed", "success"}
        return states <= {"deferred", "up_for_reschedule", "awaiting_input"}

    wait_until(all_wait, "all tasks wait")
    yield run_id
    airflow.rest("PATCH", f"/dags/waited_for/dagRuns/{run_id}", json={"state": "failed"})


@pytest.mark.since_airflow("3.2", "commands of providers")
def test_who_is_waited_for(airflow: LocalAirflow, waiting_run: str) -> None:
    done = airflow.cli("partnercenter", "status", "--output", "json")
    assert done.returncode == 0, done.stderr
    # Other tests may have left tasks that wait.
    rows = [row for row in json.loads(done.stdout) if any(waiting_run in name for name in row["waiting"])]
    names = {task_id: f"task {task_id} of run {waiting_run} of DAG waited_for" for task_id in (*WAITED_FOR, "many")}
    found = {(row["customer_id"], row["outcome"], row["customers"], *row["waiting"]) for row in rows}
    assert found == {
        *((customer, outcome, 1, names[task_id]) for task_id, (customer, outcome) in WAITED_FOR.items()),
        (None, None, 2, names["many"]),
    }
    assert all(row["waiting_since"] for row in rows)


@pytest.mark.since_airflow("3.2", "commands of providers")
@pytest.mark.parametrize(
    ("task_id", "customer"), [*((name, customer) for name, (customer, _) in WAITED_FOR.items()), ("many", OF_MANY)]
)
def test_what_is_waited_for_is_not_requested(
    airflow: LocalAirflow, emulator: Emulator, waiting_run: str, task_id: str, customer: str
) -> None:
    before = len(emulator.journal(customer, method="POST"))
    command = ("partnercenter", "qualify", customer, "--qualification", "Education", "--education-segment", "K12")
    done = airflow.cli(*command, "--yes")
    assert (done.returncode, done.stdout) == (1, "")
    what, what_to_do = done.stderr.splitlines()[-2:]
    assert f"task {task_id} of run {waiting_run} of DAG waited_for" in what
    assert what_to_do.startswith("What to do: ")
    assert len(emulator.journal(customer, method="POST")) == before


@pytest.mark.since_airflow("3.2", "commands of providers")
def test_what_nobody_waits_for_is_requested(airflow: LocalAirflow, emulator: Emulator, waiting_run: str) -> None:
    customer = ordinary_id(7002)
    command = ("partnercenter", "qualify", customer, "--qualification", "Education", "--education-segment", "K12")
    done = airflow.cli(*command, "--yes", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["sent"] is True
    assert (airflow.home / "partnercenter" / "qualify").is_dir()
    assert emulator.client_secret not in done.stdout + done.stderr
    assert emulator.refresh_token not in done.stdout + done.stderr
    assert len(emulator.journal(customer, method="POST")) == 1
