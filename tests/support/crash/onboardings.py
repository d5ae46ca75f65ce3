"""Onboardings that a crash meets, and how every one of them has to end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from tests.airflow_versions import TASKS_REMEMBER
from tests.support.crash.gate import Hold, HoldingEmulator, Moment

if TYPE_CHECKING:
    from collections.abc import Callable

    import psutil

    from testbed.local_airflow import LocalAirflow

DAG_ID = "onboarding"
VERDICTS = {
    "approve": {"outcome": "approved", "vetting_status": "Approved", "vetting_reason": None},
    "deny": {"outcome": "denied", "vetting_status": "Denied", "vetting_reason": "Not an Education Customer"},
}
numbers = count(100)


@dataclass
class Onboarding:
    """One customer on its way."""

    customer: str
    verdict: str
    run_id: str
    hold: Hold | None = None

    @property
    def asker(self) -> psutil.Process:
        """The process whose request is held."""
        assert self.hold
        assert self.hold.asker
        return self.hold.asker


def begin(
    airflow: LocalAirflow, emulator: HoldingEmulator, verdict: str, moment: Moment | None = None, **changes: Any
) -> Onboarding:
    """Start a run. The verdict comes after two reads: the trigger's first poll finds it if nothing interferes."""
    customer = ordinary_id(next(numbers))
    emulator.configure(customer, vetting="reads:2", verdict=verdict, **changes)
    hold = Hold(moment) if moment else None
    if hold:
        emulator.gate.holds[customer] = hold
    return Onboarding(customer, verdict, airflow.trigger(DAG_ID, {"customer_id": customer}), hold)


def check(
    onboarding: Onboarding, airflow: LocalAirflow, emulator: HoldingEmulator, record: Callable[[str, object], None]
) -> None:
    """It has ended as every onboarding has to."""
    run_id = onboarding.run_id
    state = airflow.wait_for_run(DAG_ID, run_id)
    # What was refused with 429 was not carried out.
    posts = [post for post in emulator.journal(onboarding.customer, method="POST") if post["status"] != 429]
    tries = {name: airflow.last_try(DAG_ID, run_id, name) for name in ("submit", "wait", "verdict")}
    asked = len(emulator.gate.asked[onboarding.customer])
    record("onboarding", f"{onboarding.verdict}: {state}, {len(posts)} submission, {asked} requests, tries {tries}")

    assert state == "success"
    assert set(airflow.task_states(DAG_ID, run_id).values()) == {"success"}
    verdict = airflow.xcom(DAG_ID, run_id, "verdict")
    assert verdict == {"qualification": "Education", **VERDICTS[onboarding.verdict]}
    submission = airflow.xcom(DAG_ID, run_id, "submit")
    assert len(posts) == 1
    if TASKS_REMEMBER or submission["submitted"]:
        assert (submission["submitted"], submission["baseline"]) == (True, [])
        assert submission["request_id"] == posts[0]["request_id"]
    if onboarding.hold and onboarding.hold.lost:
        assert emulator.gate.asked[onboarding.customer].count("POST qualifications") == 2, "the first one never arrived"
