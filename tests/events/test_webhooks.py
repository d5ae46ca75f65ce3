"""What Partner Center calls with becomes one onboarding, and what others call with becomes nothing."""

from __future__ import annotations

import json
import re
import uuid
from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from airflow_provider_partnercenter.emulator.webhooks.events import ACCEPTED
from airflow_provider_partnercenter.emulator.webhooks.kinds import KINDS
from testbed.patience import PATIENCE, wait_until
from tests.support.events.bursts import ONBOARDING
from tests.support.events.unique_keys import runs_about

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.local_airflow import LocalAirflow

pytestmark = pytest.mark.since_airflow("3.2", "asset events with a partition key")
STARTER = "onboard_from_webhooks"
TAKEN = {"genuine", "duplicate", "duplicate-at-once"}
IGNORED = {"no-customer", "unknown-event"}
REFUSED = sorted(set(KINDS) - TAKEN - IGNORED)


@pytest.fixture
def receiver(airflow: LocalAirflow) -> str:
    """The address of the receiver, in an Airflow that waits for webhooks."""
    airflow.wait_for_dag(STARTER)
    airflow.wait_for_dag(ONBOARDING)
    return f"{airflow.url}/partnercenter/webhook"


@pytest.fixture
def customer(emulator: Emulator, receiver: str) -> str:
    """A customer of whom the receiver, which is registered, was not told."""
    emulator.webhooks.register(receiver, ["test-created"])
    customer = emulator.configure(str(uuid.uuid4()))
    emulator.webhooks.register(receiver)
    return customer


def stored(database: str, customer: str) -> int:
    """Return how many asset events there are for a customer."""
    return counted(database, "select count(*) from asset_event where partition_key = %s", customer)


def counted(database: str, query: str, customer: str) -> int:
    with (
        closing(psycopg2.connect(database.replace("postgresql+psycopg2", "postgresql"))) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(query, (customer,))
        return int(cursor.fetchone()[0])


def onboardings(airflow: LocalAirflow, database: str, customer: str) -> list[str]:
    """Return the runs of the onboarding of a customer, once all that was stored is done."""
    wait_until(lambda: started(airflow, customer), "the onboarding is started")
    pending = "select count(*) from asset_partition_dag_run where partition_key like %s and created_dag_run_id is null"
    wait_until(lambda: counted(database, pending, f"{customer}#%") == 0, "each stored event has its run")
    wait_until(
        lambda: all(run["state"] in ("success", "failed") for run in started(airflow, customer)),
        "what was stored is done",
    )
    return [run["dag_run_id"] for run in airflow.runs(ONBOARDING) if customer in run["dag_run_id"]]


def started(airflow: LocalAirflow, customer: str) -> list[dict[str, Any]]:
    return runs_about(airflow, STARTER, customer)


def requested_once(emulator: Emulator, customer: str) -> None:
    """Wait until the onboarding has sent its request; it must be the only one."""
    wait_until(lambda: emulator.journal(customer, method="POST"), "the request is sent")
    assert len(emulator.journal(customer, method="POST")) == 1


@pytest.mark.parametrize("kind", [pytest.param("duplicate-at-once", marks=pytest.mark.smoke), "duplicate", "genuine"])
def test_an_event_is_one_onboarding(
    airflow: LocalAirflow, emulator: Emulator, database: str, customer: str, kind: str
) -> None:
    deliveries = emulator.webhooks.wait(emulator.webhooks.send(ACCEPTED, customer, kind=kind))
    assert {delivery["fate"] for delivery in deliveries} == {"accepted"}
    [run_id] = onboardings(airflow, database, customer)
    assert run_id.startswith(f"onboard-{customer}-{ACCEPTED}:")
    requested_once(emulator, customer)
    # What comes again later is not stored again.
    assert stored(database, customer) == 1 or kind == "duplicate-at-once"


@pytest.mark.smoke
def test_a_customer_who_accepts_the_partner_is_onboarded(
    airflow: LocalAirflow, emulator: Emulator, database: str, receiver: str
) -> None:
    emulator.webhooks.register(receiver)
    customer = emulator.configure(str(uuid.uuid4()))
    [run_id] = onboardings(airflow, database, customer)
    requested_once(emulator, customer)
    note = airflow.rest("GET", f"/dags/{ONBOARDING}/dagRuns/{run_id}")["note"]
    assert note == emulator.customer(customer)["company"]["company_name"]


@pytest.mark.smoke
def test_the_commands_register_and_try_the_receiver(airflow: LocalAirflow, emulator: Emulator, receiver: str) -> None:
    registered = airflow.cli("partnercenter", "webhook", "register", "--url", receiver, "--replace")
    assert registered.returncode == 0, registered.stderr
    assert emulator.webhooks.registration()["WebhookUrl"] == receiver
    tried = airflow.cli("partnercenter", "webhook", "test", "--output", "json", timeout=10 * PATIENCE)
    assert tried.returncode == 0, tried.stderr
    [attempt] = json.loads(tried.stdout)
    assert attempt["response_code"] == "OK"
    airflow.pause(STARTER, paused=True)
    # It is told nothing of the customers then, but that it can be reached is all that was asked.
    try:
        assert airflow.cli("partnercenter", "webhook", "test", timeout=10 * PATIENCE).returncode == 0
    finally:
        airflow.pause(STARTER, paused=False)


@pytest.mark.smoke
@pytest.mark.parametrize("moment", ["before", "after"])
def test_the_api_server_is_killed_before_it_answers(
    airflow: LocalAirflow, emulator: Emulator, database: str, customer: str, held: Path, moment: str
) -> None:
    (held / moment).touch()
    # It may take long until the API server is back.
    event_id = emulator.webhooks.send(ACCEPTED, customer, attempts=1000)
    wait_until((held / "kept").exists, "the event is being stored")
    airflow.kill("api-server")
    (held / moment).unlink()
    wait_until(lambda: stored(database, customer) == (moment == "after"), "the database has noticed")
    airflow.start("api-server")
    airflow.wait_until_healthy()
    [delivery] = emulator.webhooks.wait(event_id)
    assert delivery["fate"] == "accepted"
    statuses = [attempt["status"] for attempt in delivery["attempts"]]
    assert (statuses[0], statuses[-1]) == (None, 200)
    assert len(onboardings(airflow, database, customer)) == 1
    requested_once(emulator, customer)


@pytest.mark.smoke
def test_nothing_is_taken_while_nobody_waits_for_it(
    airflow: LocalAirflow, emulator: Emulator, database: str, customer: str
) -> None:
    airflow.pause(STARTER, paused=True)
    try:
        event_id = emulator.webhooks.send(ACCEPTED, customer, attempts=1000)
        wait_until(lambda: emulator.webhooks.deliveries(event_id)[0]["attempts"], "it was refused")
        assert stored(database, customer) == 0
    finally:
        airflow.pause(STARTER, paused=False)
    [delivery] = emulator.webhooks.wait(event_id)
    statuses = [attempt["status"] for attempt in delivery["attempts"]]
    assert (set(statuses[:-1]), statuses[-1]) == ({503}, 200)
    assert len(onboardings(airflow, database, customer)) == 1
    assert "has a PartitionedAssetTimetable on the asset 'partnercenter_webhooks'" in log_of(airflow)


@pytest.mark.smoke
@pytest.mark.parametrize("kind", sorted(IGNORED))
def test_what_nothing_begins_with_is_acknowledged(
    airflow: LocalAirflow, emulator: Emulator, database: str, customer: str, kind: str
) -> None:
    [delivery] = emulator.webhooks.wait(emulator.webhooks.send(ACCEPTED, customer, kind=kind))
    assert [attempt["status"] for attempt in delivery["attempts"]] == [200]
    assert stored(database, customer) == 0


@pytest.mark.smoke
def test_what_is_not_microsofts_is_refused_and_holds_up_nobody(
    airflow: LocalAirflow, emulator: Emulator, database: str, customer: str
) -> None:
    before = len(log_of(airflow))
    sent = {kind: emulator.webhooks.send(ACCEPTED, customer, kind=kind) for kind in REFUSED}
    # While all of these are in hand, the server does its other work.
    pending = set(REFUSED)
    while pending:
        assert airflow.unhealthy() == []
        assert airflow.runs(STARTER) is not None
        pending = {kind for kind in pending if emulator.webhooks.deliveries(sent[kind])[0]["fate"] == "pending"}
    answers = {kind: emulator.webhooks.deliveries(event_id)[0]["attempts"][0] for kind, event_id in sent.items()}
    # Some have hung up before the answer, or are answered before they have sent everything.
    statuses = {kind: answer["status"] for kind, answer in answers.items()}
    gone = {"truncated", "slow", "oversized"}
    later = {"unreachable-certificate", "slow-certificate"}
    assert {kind: status for kind, status in statuses.items() if kind not in gone} == {
        kind: 503 if kind in later else 403 for kind in REFUSED if kind not in gone
    }
    assert {statuses[kind] for kind in gone} <= {None, 403}
    refusals = {answer["text"] for answer in answers.values() if answer["status"] == 403}
    assert refusals == {"The webhook was refused."}
    assert stored(database, customer) == 0
    assert started(airflow, customer) == []
    lines = log_of(airflow)[before:]
    assert lines.count("A webhook from ") >= len(REFUSED) - len(gone)
    for text in ("Traceback", "Signature [A-Za-z0-9+/]{9}", "ResourceUri"):
        assert not re.search(text, lines)


def log_of(airflow: LocalAirflow) -> str:
    return (airflow.home / "api-server.log").read_text(errors="replace")
