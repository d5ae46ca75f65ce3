"""A refresh token kept in a Variable, by a real worker and a real triggerer."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.storage.stored_token import StoredToken, seed_of
from testbed.patience import wait_until

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.local_airflow import LocalAirflow

DAG, KEEP, VARIABLE, CONNECTION = (
    "stored_token",
    "keep_partnercenter_signed_in",
    "partner_stored",
    "partnercenter_stored",
)
REFRESH_TOKEN = re.compile(r"\b1\.[A-Za-z0-9_-]{60,}")


def raw(airflow: LocalAirflow) -> StoredToken:
    """Read what is stored on the command line, which hides nothing."""
    command = airflow.cli("variables", "get", VARIABLE)
    assert command.returncode == 0, command.stderr
    return StoredToken.from_text(command.stdout[command.stdout.index("{") :])


def shown(airflow: LocalAirflow) -> dict[str, Any]:
    """Read what Airflow's API shows of it."""
    document: dict[str, Any] = json.loads(airflow.rest("GET", f"/variables/{VARIABLE}")["value"])
    return document


@pytest.fixture(scope="module")
def seed(airflow: LocalAirflow, emulator: Emulator) -> str:
    """Make the connection; return its refresh token."""
    token, document = emulator.consent(), emulator.connection()
    extra = {**document.pop("extra"), "refresh_token": token, "credential_variable": VARIABLE}
    body = {"connection_id": CONNECTION, **document, "extra": json.dumps(extra)}
    airflow.rest("POST", "/connections", json=body)
    return token


@pytest.mark.before_airflow("3.1", "stored Variables are in the scheduler's log")
def test_nothing_is_stored_where_airflow_would_log_it(airflow: LocalAirflow, seed: str) -> None:
    airflow.wait_for_dag(DAG)
    run = airflow.trigger(DAG)
    airflow.wait_for_success(DAG, run)
    assert airflow.rest("GET", "/variables", variable_key_pattern=VARIABLE)["total_entries"] == 0
    assert "is only read" in airflow.task_log(DAG, run, "onboard")


@pytest.mark.since_airflow("3.1", "renewed refresh tokens in a Variable")
def test_a_worker_stores_it_and_a_trigger_uses_and_renews_it(
    airflow: LocalAirflow, emulator: Emulator, seed: str
) -> None:
    airflow.wait_for_dag(DAG)
    # The trigger must not begin before the test has exchanged the stored token.
    airflow.kill("triggerer")
    try:
        run = airflow.trigger(DAG)
        wait_until(lambda: airflow.task_states(DAG, run)["onboard"] == "deferred")
        by_worker, exchanged = exchange_stored_token(airflow, emulator, seed)
    finally:
        airflow.start("triggerer")

    airflow.wait_for_success(DAG, run)
    by_trigger = raw(airflow)
    assert by_trigger.refresh_token != exchanged.refresh_token
    assert by_trigger.seed == by_worker.seed
    assert by_trigger.issued_at > exchanged.issued_at + timedelta(days=1)
    assert shown(airflow) == {**json.loads(by_trigger.to_text()), "refresh_token": "***"}


def exchange_stored_token(airflow: LocalAirflow, emulator: Emulator, seed: str) -> tuple[StoredToken, StoredToken]:
    """Put a token that is due in the place of the one that a worker has stored; return both."""
    by_worker = raw(airflow)
    assert by_worker.seed == seed_of(seed)
    assert by_worker.refresh_token != seed
    assert shown(airflow)["refresh_token"] == "***"

    # Of a sign-in of its own; with the connection's, which is revoked, the trigger would fail.
    exchanged = StoredToken(emulator.consent(), datetime.now(UTC) - timedelta(days=3), by_worker.seed)
    airflow.rest("PATCH", f"/variables/{VARIABLE}", json={"key": VARIABLE, "value": exchanged.to_text()})
    emulator.revoke(seed)
    return by_worker, exchanged


@pytest.mark.since_airflow("3.1", "renewed refresh tokens in a Variable")
def test_the_connection_test_uses_it_and_stores_nothing(
    airflow: LocalAirflow, emulator: Emulator, seed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The connection's own token was revoked above, and this one would be renewed by a task.
    due = StoredToken(emulator.consent(), datetime.now(UTC) - timedelta(days=3), seed_of(seed))
    airflow.rest("PATCH", f"/variables/{VARIABLE}", json={"key": VARIABLE, "value": due.to_text()})
    monkeypatch.setitem(airflow.environment, "AIRFLOW__CORE__TEST_CONNECTION", "Enabled")
    command = airflow.cli("connections", "test", CONNECTION)
    assert command.returncode == 0, command.stdout
    assert "Connection success" in command.stdout
    assert raw(airflow) == StoredToken.from_text(due.to_text())


def test_the_dag_that_keeps_connections_signed_in(airflow: LocalAirflow) -> None:
    airflow.wait_for_dag(KEEP)
    assert airflow.rest("GET", f"/dags/{KEEP}")["is_paused"]
    run = airflow.trigger(KEEP)
    airflow.rest("PATCH", f"/dags/{KEEP}", json={"is_paused": False})
    try:
        airflow.wait_for_success(KEEP, run)
    finally:
        airflow.rest("PATCH", f"/dags/{KEEP}", json={"is_paused": True})
    report = airflow.xcom(KEEP, run, "sign_in", map_index=0)
    assert (report["mode"], report["mfa_compliant"]) == ("App+User", True)


def test_no_log_tells_a_refresh_token(airflow: LocalAirflow, seed: str) -> None:
    files = [path for path in airflow.home.rglob("*.log") if path.is_file()]
    assert any("trigger" in path.name for path in files), "the triggers' logs are among them"
    for path in files:
        text = path.read_text(errors="replace")
        assert not REFRESH_TOKEN.search(text), path
