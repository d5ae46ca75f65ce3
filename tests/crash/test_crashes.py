"""
Processes are taken away in the middle of onboardings: it ends as if nothing had happened, with one submission.

A row of the matrix is one crash, a column is an onboarding that the crash meets at a certain moment. The onboardings of
a row are under way at once, each held at its moment, so that one crash serves all of them; a cell can be run alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, cycle
from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from testbed.patience import wait_until
from testbed.processes import is_alive
from tests.support.crash.gate import ROUTE, Hold, HoldingEmulator, Moment
from tests.support.crash.victims import MOMENTS, VICTIMS, component_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import psutil

    from testbed.local_airflow import LocalAirflow

DAG_ID = "onboarding"
VERDICTS = {
    "approve": {"outcome": "approved", "vetting_status": "Approved", "vetting_reason": None},
    "deny": {"outcome": "denied", "vetting_status": "Denied", "vetting_reason": "Not an Education Customer"},
}
CROWD = 8
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


def begin(airflow: LocalAirflow, emulator: HoldingEmulator, verdict: str, moment: Moment | None = None) -> Onboarding:
    """Start a run. The verdict comes after two reads: the trigger's first poll finds it if nothing interferes."""
    customer = ordinary_id(next(numbers))
    emulator.configure(customer, vetting="reads:2", verdict=verdict)
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
    posts = emulator.journal(onboarding.customer, method="POST")
    tries = {name: airflow.last_try(DAG_ID, run_id, name) for name in ("submit", "wait", "verdict")}
    asked = len(emulator.gate.asked[onboarding.customer])
    record("onboarding", f"{onboarding.verdict}: {state}, {len(posts)} submission, {asked} requests, tries {tries}")

    assert state == "success"
    assert set(airflow.task_states(DAG_ID, run_id).values()) == {"success"}
    verdict = airflow.xcom(DAG_ID, run_id, "verdict")
    assert verdict == {"qualification": "Education", **VERDICTS[onboarding.verdict]}
    submission = airflow.xcom(DAG_ID, run_id, "submit")
    assert (submission["submitted"], submission["baseline"]) == (True, [])
    assert [post["request_id"] for post in posts] == [submission["request_id"]]
    if onboarding.hold and onboarding.hold.lost:
        assert emulator.gate.asked[onboarding.customer].count("POST qualifications") == 2, "the first one never arrived"


@pytest.mark.parametrize("verdict", VERDICTS)
def test_without_a_crash(
    verdict: str, airflow: LocalAirflow, emulator: HoldingEmulator, record_property: Callable[[str, object], None]
) -> None:
    onboarding = begin(airflow, emulator, verdict)
    check(onboarding, airflow, emulator, record_property)
    assert tuple(emulator.gate.asked[onboarding.customer]) == ROUTE


@pytest.fixture(scope="module", params=VICTIMS)
def crash(request: pytest.FixtureRequest, airflow: LocalAirflow, emulator: HoldingEmulator) -> Mapping[str, Onboarding]:
    """Onboardings that a crash has met, by the moment at which it did; what was killed is up again."""
    victim: str = request.param
    cells = (item.callspec.params for item in request.session.items if isinstance(item, pytest.Function))
    wanted = {cell.get("moment") for cell in cells if cell.get("crash") == victim}
    # Neighbours in the matrix have different verdicts.
    verdicts = list(VERDICTS) if list(VICTIMS).index(victim) % 2 else list(VERDICTS)[::-1]
    airflow.wait_until_healthy()
    onboardings = {
        title: begin(airflow, emulator, verdict, moment_for(victim, title))
        for title, verdict in zip(MOMENTS, cycle(verdicts), strict=False)
        if title in wanted
    }
    for title, onboarding in onboardings.items():
        hold = onboarding.hold
        wait_until(lambda: hold.asker, f"an onboarding {title}")  # noqa: B023

    killed = VICTIMS[victim](airflow, [onboarding.asker for onboarding in onboardings.values()])
    for onboarding in onboardings.values():
        assert onboarding.hold
        if component_of(airflow, onboarding.asker):
            # Who is not concerned gets the answer now, while what was killed is missing.
            onboarding.hold.release()
        else:
            onboarding.hold.abandon(alive=is_alive(onboarding.asker))
    if victim == "triggerer":
        let_others_take_over(onboardings)
    for name in killed:
        airflow.start(name)
    let_others_take_over(onboardings)
    airflow.wait_until_healthy()
    return onboardings


def moment_for(victim: str, title: str) -> Moment:
    """Tell where to hold an onboarding. A worker has to do with a wait only until the task is deferred."""
    if victim in ("task", "worker") and title == "during wait":
        return Moment.POLL_ON_WORKER
    return next(moment for moment in Moment if moment.title == title)


def let_others_take_over(onboardings: Mapping[str, Onboarding]) -> None:
    """Wait until somebody else asks on behalf of the customers whose process was killed or left behind."""
    for title, onboarding in onboardings.items():
        hold = onboarding.hold
        if hold and hold.abandoned:
            wait_until(lambda: hold.taken_over, f"taking over {title}")  # noqa: B023


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_crash(
    moment: str,
    crash: Mapping[str, Onboarding],
    airflow: LocalAirflow,
    emulator: HoldingEmulator,
    record_property: Callable[[str, object], None],
) -> None:
    onboarding = crash[moment]
    airflow.wait_for_run(DAG_ID, onboarding.run_id)
    # Somebody who was left behind by a crash could still submit.
    if component_of(airflow, onboarding.asker) not in airflow.triggerers:
        wait_until(lambda: not is_alive(onboarding.asker), "nobody is left behind")
    check(onboarding, airflow, emulator, record_property)


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("step", [2, 6], ids=["submitting", "resuming"])
def test_a_crash_among_many(
    step: int,
    victim: str,
    airflow: LocalAirflow,
    emulator: HoldingEmulator,
    record_property: Callable[[str, object], None],
) -> None:
    """The moments between those of the matrix: nobody is held, and a crash meets each onboarding somewhere else."""
    airflow.wait_until_healthy()
    crowd = [begin(airflow, emulator, verdict) for _, verdict in zip(range(CROWD), cycle(VERDICTS), strict=False)]
    asked = [emulator.gate.asked[onboarding.customer] for onboarding in crowd]
    wait_until(lambda: sum(len(requests) > step for requests in asked) >= CROWD // 2, f"half of them ask {ROUTE[step]}")
    for name in VICTIMS[victim](airflow, airflow.task_processes()):
        airflow.start(name)
    airflow.wait_until_healthy()
    for onboarding in crowd:
        check(onboarding, airflow, emulator, record_property)
