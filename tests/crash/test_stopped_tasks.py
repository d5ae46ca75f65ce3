"""
A task that submits is stopped by a person ("mark failed") or killed, also during the pause that a 429 asks for.

The person clears it later; Airflow retries what was killed. Either way there is one submission.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from testbed.patience import wait_until
from testbed.processes import is_alive
from tests.support.crash.gate import Moment
from tests.support.crash.onboardings import DAG_ID, Onboarding, begin, check

if TYPE_CHECKING:
    from collections.abc import Callable

    import psutil

    from testbed.local_airflow import LocalAirflow
    from tests.support.crash.gate import HoldingEmulator

# Between the note and the request that is carried out. Longer than Airflow takes to stop a task.
PAUSE = {"kind": "answer", "status": 429, "retry_after": 90, "methods": ["POST"]}
MOMENTS = {
    "during the pause after a 429": None,
    "while the request is on its way": Moment.DURING_SUBMIT,
    "before the answer is read": Moment.AFTER_SUBMIT,
}


def mark_failed(airflow: LocalAirflow, run_id: str) -> None:
    airflow.rest("PATCH", f"/dags/{DAG_ID}/dagRuns/{run_id}/taskInstances/submit", {"new_state": "failed"})


def submitting(
    airflow: LocalAirflow, emulator: HoldingEmulator, moment: Moment | None
) -> tuple[Onboarding, psutil.Process]:
    """Begin an onboarding; return it and the process of its task as soon as it is at the moment."""
    airflow.wait_until_healthy()
    # Those that Airflow 3.1 leaves hanging when its API server is killed; nothing else runs now.
    others = set(airflow.task_processes())
    onboarding = begin(airflow, emulator, "approve", moment, **({} if moment else {"faults": [PAUSE]}))
    if hold := onboarding.hold:
        wait_until(lambda: hold.asker, "the request of the task")
        return onboarding, onboarding.asker
    wait_until(lambda: emulator.journal(onboarding.customer, method="POST"), "the request that is refused")
    (process,) = set(airflow.task_processes()) - others
    return onboarding, process


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_a_task_that_a_person_marks_as_failed_and_clears(
    moment: Moment | None,
    airflow: LocalAirflow,
    emulator: HoldingEmulator,
    record_property: Callable[[str, object], None],
) -> None:
    onboarding, process = submitting(airflow, emulator, moment)
    mark_failed(airflow, onboarding.run_id)
    airflow.wait_for_run(DAG_ID, onboarding.run_id)
    if onboarding.hold:
        onboarding.hold.release()
    wait_until(lambda: not is_alive(process), "the task has stopped")
    assert len(emulator.journal(onboarding.customer, method="POST")) == 1, "it sent nothing more"
    airflow.clear(DAG_ID, onboarding.run_id)
    check(onboarding, airflow, emulator, record_property)


@pytest.mark.smoke
def test_a_task_that_is_killed_during_the_pause_after_a_429(
    airflow: LocalAirflow, emulator: HoldingEmulator, record_property: Callable[[str, object], None]
) -> None:
    onboarding, process = submitting(airflow, emulator, None)
    process.kill()
    check(onboarding, airflow, emulator, record_property)
