from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.commands.doctor.connection import (
    ConnectionFacts,
    VariableFacts,
    judge_connection,
    judge_variable,
)
from airflow_provider_partnercenter.storage.sources import Place, Source
from airflow_provider_partnercenter.storage.stored_token import StoredToken, expiry_warning

ENVIRONMENT = Source(Place.ENVIRONMENT, "the environment variable X")
BACKEND = Source(Place.BACKEND, "the secrets backend Vault")
DATABASE = Source(Place.DATABASE, "Airflow's database")
NOW = datetime(2026, 11, 27, tzinfo=UTC)


def found(findings):
    return [(finding.status.value, finding.text, finding.remedy) for finding in findings]


def test_a_connection_that_can_be_used():
    (finding,) = judge_connection(ConnectionFacts("mine", (DATABASE,), "App-only"))
    assert finding.status.value == "ok"
    assert finding.text == (
        "Connection 'mine' is complete: App-only, which can read, but not submit qualifications. It comes from "
        "Airflow's database."
    )


def test_what_is_odd_is_told_beside_it():
    facts = ConnectionFacts("mine", (ENVIRONMENT, DATABASE), "App+User", oddities=("its type is odd.",))
    _, odd, twice = found(judge_connection(facts))
    assert odd == ("warning", "Connection 'mine': its type is odd.", "The owner of the connection must correct it.")
    assert twice[:2] == (
        "warning",
        "Airflow takes the connection from the environment variable X, so that in Airflow's database has no effect.",
    )


def test_one_that_cannot_be_used_has_its_error():
    error = PartnerCenterConfigurationError("'host' is wrong", hint="give another")
    assert found(judge_connection(ConnectionFacts("mine", (DATABASE,), error=error))) == [
        ("failed", "'host' is wrong.", "Give another.")
    ]


@pytest.mark.parametrize(
    ("sources", "says", "advice"),
    [
        ((), "Airflow finds no connection 'mine'.", "Fernet key"),
        (
            (replace(DATABASE, problem="InvalidToken"),),
            "finds no connection 'mine'. What is in Airflow's database (InvalidToken) cannot be read.",
            "Fernet key",
        ),
        (
            (replace(ENVIRONMENT, problem="ValueError"), replace(DATABASE, problem="OperationalError")),
            "The connection in the environment variable X cannot be read (ValueError).",
            "Correct it: JSON",
        ),
    ],
)
def test_one_that_is_not_found(sources, says, advice):
    ((status, text, remedy),) = found(judge_connection(ConnectionFacts("mine", sources)))
    assert (status, text.endswith(says)) == ("failed", True), text
    assert advice in remedy


def variable(age=timedelta(days=1), sources=(DATABASE,)):
    stored = StoredToken("hidden", NOW - age, "seed")
    return VariableFacts(False, "v", sources, stored, expiry_warning(stored, "v", NOW), NOW.timestamp())


@pytest.mark.parametrize(
    ("facts", "status", "says"),
    [
        (VariableFacts(app_only=True), "skipped", "no refresh token"),
        (VariableFacts(app_only=False), "warning", "expires 90 days after the consent"),
        (VariableFacts(False, "v", ()), "ok", "the first task that signs in stores one."),
        (variable(timedelta(hours=3)), "ok", "was stored today and lives until 24 February 2027"),
        (variable(timedelta(days=1)), "ok", "was stored a day ago"),
        (variable(timedelta(days=75, hours=12)), "ok", "was stored 75 days ago"),
        (variable(timedelta(days=76)), "warning", "expires on 11 December 2026, unless a task signs in"),
        (variable(timedelta(days=90)), "failed", "expired unused on 27 November 2026."),
        (VariableFacts(False, "v", (ENVIRONMENT,)), "failed", "comes from the environment variable X, where tasks"),
        (VariableFacts(False, "v", (BACKEND, DATABASE)), "failed", "comes from the secrets backend Vault, where"),
        (
            VariableFacts(False, "v", (replace(DATABASE, problem="OperationalError"),)),
            "warning",
            "On this machine, Airflow's database cannot be read (OperationalError)",
        ),
        # It is asked first, but does not know.
        (variable(sources=(replace(BACKEND, problem="TimeoutError"), DATABASE)), "warning", "Vault cannot be read"),
    ],
)
def test_variable(facts, status, says, monkeypatch):
    monkeypatch.setattr("airflow_provider_partnercenter.commands.doctor.connection.NOT_STORED", "")
    (finding,) = judge_variable(facts)
    assert (finding.status.value, says in finding.text) == (status, True), finding
    assert bool(finding.remedy) == (status in ("warning", "failed"))
    assert "hidden" not in finding.text + finding.remedy


def test_an_airflow_that_stores_nothing_is_told_too(monkeypatch):
    monkeypatch.setattr(
        "airflow_provider_partnercenter.commands.doctor.connection.NOT_STORED", "It is only read. What to do: upgrade."
    )
    _, finding = judge_variable(variable())
    assert (finding.text, finding.remedy) == ("It is only read.", "Upgrade.")
