"""
Processes are taken away in the middle of onboardings: it ends as if nothing had happened, with one submission.

A row of the matrix is one crash, a column is an onboarding that the crash meets at a certain moment. The onboardings of
a row are under way at once, each held at its moment, so that one crash serves all of them; a cell can be run alone.
"""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from testbed.patience import wait_until
from testbed.processes import is_alive
from tests.airflow_versions import TASKS_END_WITH_THEIR_SUPERVISOR
from tests.support.crash.gate import ROUTE, Moment
from tests.support.crash.onboardings import DAG_ID, VERDICTS, Onboarding, begin, check
from tests.support.crash.victims import MOMENTS, VICTIMS, component_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from testbed.local_airflow import LocalAirflow
    from tests.support.crash.gate import HoldingEmulator

CROWD = 8


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
    specs = [spec for item in request.session.items if (spec := getattr(item, "callspec", None))]
    wanted = {spec.params.get("moment") for spec in specs if spec.params.get("crash") == victim}
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
    if TASKS_END_WITH_THEIR_SUPERVISOR and component_of(airflow, onboarding.asker) not in airflow.triggerers:
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
