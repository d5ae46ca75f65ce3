"""What tasks and triggers send to a StatsD server, by Airflow's own client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.operators.bulk import PartnerCenterQualifyCustomersOperator
from airflow_provider_partnercenter.operators.qualification import (
    PartnerCenterGetQualificationOperator,
    PartnerCenterUpdateQualificationOperator,
)
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor
from airflow_provider_partnercenter.storage.stored_token import StoredToken, seed_of
from tests.support.task_modes import run
from tests.support.telemetry.statsd import Recorded, StatsD, recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.emulator.server import Emulator
    from airflow_provider_partnercenter.testing.clock import Clock

ROOT = Path(__file__).parents[3]
CONNECTION = "AIRFLOW_CONN_PARTNERCENTER_DEFAULT"
CUSTOMER = ordinary_id(1)
SIGNED_IN = "sign_ins,connection=partnercenter_default,mode=App_User"


@pytest.fixture
def statsd(monkeypatch: pytest.MonkeyPatch) -> Iterator[StatsD]:
    yield from recording(monkeypatch)


def update(customer: str = CUSTOMER, **arguments: Any) -> PartnerCenterUpdateQualificationOperator:
    arguments = {"qualification": "Education", "education_segment": "K12", "preflight": "off", **arguments}
    return PartnerCenterUpdateQualificationOperator(task_id="qualify", customer_id=magic.id_of(customer), **arguments)


def wait(customer: str = CUSTOMER, **arguments: Any) -> PartnerCenterQualificationSensor:
    return PartnerCenterQualificationSensor(
        task_id="wait", customer_id=magic.id_of(customer), qualification="Education", **arguments
    )


def read(customer: str = CUSTOMER) -> PartnerCenterGetQualificationOperator:
    return PartnerCenterGetQualificationOperator(task_id="read", customer_id=magic.id_of(customer))


def test_an_approval_after_a_deferred_wait(statsd: StatsD, clock: Clock, emulator: Emulator) -> None:
    emulator.configure(CUSTOMER, vetting="seconds:600")
    ending = run(lambda: update(wait_for_approval=True, deferrable=True), clock)
    assert (ending.state, ending.result["outcome"]) == ("succeeded", "approved")

    sent = Recorded(statsd.lines())
    # One sign-in on the worker, one in the triggerer; looks after 30 s, 330 s and 780 s.
    assert sent.counters() == {
        SIGNED_IN: 2,
        "submissions,qualification=Education": 1,
        "attempts_spent,qualification=Education": 1,
        "looks": 3,
        "verdicts_approved,qualification=Education": 1,
    }
    assert sent.counters("requests") == {
        "requests,kind=get_qualifications,status=200": 5,
        "requests,kind=create_qualification,status=201": 1,
    }
    [waited] = sent.timed["time_to_verdict,outcome=approved,qualification=Education"]
    assert 600 <= waited <= 1000
    [waiting] = [values for name, values in sent.gauges.items() if name.startswith("waiting,hostname=")]
    [oldest] = [values for name, values in sent.gauges.items() if name.startswith("oldest_wait,hostname=")]
    assert (waiting[0], waiting[-1]) == (1, 0)
    assert oldest[0] == oldest[-1] == 0
    assert 600 <= max(oldest) <= 1000
    assert set(sent.gauges["budget_limit,connection=partnercenter_default"]) == {480}
    assert len(sent.timed["request_duration,kind=get_qualifications"]) == 5
    assert len(sent.timed["budget_wait,kind=create_qualification"]) == 1


def test_a_denial_that_comes_at_once(statsd: StatsD, clock: Clock) -> None:
    assert run(lambda: update("denied-not-academic-domain"), clock).state == "failed"
    assert Recorded(statsd.lines()).counters() == {
        SIGNED_IN: 1,
        "submissions,qualification=Education": 1,
        "attempts_spent,qualification=Education": 1,
        "verdicts_denied,qualification=Education": 1,
    }


@pytest.mark.parametrize("mode", ["poke", "reschedule"])
def test_a_wait_on_a_worker(mode: str, statsd: StatsD, clock: Clock, emulator: Emulator) -> None:
    emulator.configure(CUSTOMER, vetting="seconds:600")
    submission = run(update, clock).result
    statsd.lines()
    ending = run(lambda: wait(submission=submission, mode=mode, deferrable=False), clock)
    assert ending.result["outcome"] == "approved"

    sent = Recorded(statsd.lines())
    counted = sent.counters("looks", "verdicts", "submissions", "attempts")
    assert counted.pop("looks") >= 3
    assert counted == {"verdicts_approved,qualification=Education": 1}
    assert len(sent.timed["time_to_verdict,outcome=approved,qualification=Education"]) == 1
    # It occupies a worker, where everybody sees it.
    assert not any(name.startswith("waiting") for name in sent.gauges)


def test_a_verdict_that_may_be_old_has_no_time(statsd: StatsD, clock: Clock) -> None:
    assert run(lambda: wait("education-held"), clock).state == "succeeded"
    sent = Recorded(statsd.lines())
    assert sent.counters("looks", "verdicts") == {"looks": 1, "verdicts_approved,qualification=Education": 1}
    assert not any(name.startswith("time_to_verdict") for name in sent.timed)


def test_a_customer_that_is_throttled(statsd: StatsD, clock: Clock) -> None:
    customer = magic.throttled_times(2)
    assert run(lambda: read(customer), clock).state == "succeeded"
    sent = Recorded(statsd.lines())
    counted = sent.counters()
    # A second as asked, and some jitter.
    assert 2 <= counted.pop("paused_seconds") <= 6
    assert counted == {SIGNED_IN: 1, "throttled,kind=get_qualifications": 2}
    assert sent.counters("requests") == {
        "requests,kind=get_qualifications,status=429": 2,
        "requests,kind=get_qualifications,status=200": 1,
    }


def test_an_unknown_outcome(statsd: StatsD, clock: Clock) -> None:
    ending = run(lambda: update("reset-before-every-write"), clock)
    assert ending.state == "failed"
    assert "unknown" in ending.message
    sent = Recorded(statsd.lines())
    assert sent.counters() == {SIGNED_IN: 1, "unknown_outcomes,qualification=Education": 1}
    assert sent.counted["requests_failed,kind=create_qualification,status=none"] == 2


def test_a_sign_in_that_only_a_person_can_cure(statsd: StatsD, clock: Clock, emulator: Emulator) -> None:
    emulator.revoke_refresh_tokens()
    assert run(read, clock).state == "failed"
    refused = "sign_ins_refused,connection=partnercenter_default,error=PartnerCenterRefreshTokenError,mode=App_User"
    assert {",".join(sorted(name.split(","))): number for name, number in Recorded(statsd.lines()).counted.items()} == {
        ",".join(sorted(refused.split(","))): 1
    }


def test_a_stored_refresh_token(
    statsd: StatsD, clock: Clock, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = emulator.connection()
    document["extra"]["credential_variable"] = "partnercenter_token"
    monkeypatch.setenv(CONNECTION, json.dumps(document))
    issued_at = datetime.fromtimestamp(clock.now, UTC) - timedelta(days=80)
    stored = StoredToken(emulator.refresh_token, issued_at, seed_of(emulator.refresh_token))
    monkeypatch.setenv("AIRFLOW_VAR_PARTNERCENTER_TOKEN", stored.to_text())
    assert run(read, clock).state == "succeeded"
    gauges = Recorded(statsd.lines()).gauges
    assert gauges["refresh_token_days,connection=partnercenter_default"][0] == pytest.approx(10, abs=0.1)
    [expires, *_] = gauges["refresh_token_expires,connection=partnercenter_default"]
    assert expires == pytest.approx(stored.expires_at.timestamp(), abs=1)


def test_many_customers_are_counted_each(statsd: StatsD, clock: Clock, emulator: Emulator) -> None:
    rows = [
        {"customer_id": ordinary_id(number), "qualification": "Education", "education_segment": "K12"}
        for number in range(1, 6)
    ]
    for row in rows:
        emulator.configure(str(row["customer_id"]), vetting="seconds:600")
    ending = run(
        lambda: PartnerCenterQualifyCustomersOperator(task_id="qualify", customers=rows, deferrable=True), clock
    )
    assert ending.result["counts"]["approved"] == 5
    sent = Recorded(statsd.lines())
    counted = sent.counters("verdicts", "attempts", "submissions")
    assert set(counted.values()) == {5}
    assert len(sent.timed["time_to_verdict,outcome=approved,qualification=Education"]) == 5
    [waiting] = [values for name, values in sent.gauges.items() if name.startswith("waiting,hostname=")]
    assert (waiting[0], waiting[-1]) == (5, 0)


def test_plain_statsd_drops_the_tags(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    for statsd in recording(monkeypatch, tags=False):
        run(lambda: update("denied-not-academic-domain"), clock)
        assert Recorded(statsd.lines()).counted == {
            "sign_ins": 1,
            "requests": 3,
            "submissions": 1,
            "attempts_spent": 1,
            "verdicts_denied": 1,
        }


def test_without_metrics_a_client_has_no_observer() -> None:
    client = PartnerCenterHook().get_conn()
    assert client.settings.observer is None
    assert client.exchange.observer is None


def test_the_configuration_of_airflow_is_enough(emulator: Emulator, tmp_path: Path) -> None:
    """In a process of its own, in which nobody has imported anything of Airflow before."""
    code = (
        "from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook\n"
        f"PartnerCenterHook().get_qualifications({CUSTOMER!r})\n"
    )
    with StatsD() as statsd:
        environment = {
            **os.environ,
            **statsd.settings(),
            CONNECTION: emulator.connection_json(),
            "AIRFLOW_HOME": str(tmp_path),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        }
        subprocess.run([sys.executable, "-c", code], check=True, env=environment, capture_output=True)
        assert Recorded(statsd.lines()).counted == {
            SIGNED_IN: 1,
            "requests,kind=get_qualifications,status=200": 1,
        }
