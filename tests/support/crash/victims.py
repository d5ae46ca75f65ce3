"""
What a crash takes away. All of it by SIGKILL: nobody has time to say anything.

Each of these is given the processes that are at work for an onboarding, and tells the names of those of Airflow's
processes that have to be started again.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psutil

from testbed.patience import wait_until
from testbed.processes import is_alive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from testbed.local_airflow import LocalAirflow

    Victim = Callable[[LocalAirflow, Sequence[psutil.Process]], list[str]]


def component_of(airflow: LocalAirflow, process: psutil.Process) -> str | None:
    """Tell the process of Airflow's that a process belongs to; none if it has ended or has lost its parents."""
    names = {popen.pid: name for name, popen in airflow.processes().items() if popen.poll() is None}
    with contextlib.suppress(psutil.NoSuchProcess):
        if is_alive(process):
            return next((names[p.pid] for p in (process, *process.parents()) if p.pid in names), None)
    return None


def task(airflow: LocalAirflow, busy: Sequence[psutil.Process]) -> list[str]:
    """The process that executes the task, which is what the kernel takes when memory runs out."""
    for process in busy:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    return wait_for_end(busy)


def worker(airflow: LocalAirflow, busy: Sequence[psutil.Process]) -> list[str]:
    """The LocalExecutor's worker with its task, so that nobody reports the task's end; the scheduler replaces it."""
    for process in busy:
        with contextlib.suppress(psutil.NoSuchProcess):
            # A task that does not move cannot end, so its worker is not idle when it is killed: an idle one may hold
            # the lock of the executor's queue, and the executor never recovers from its loss.
            process.suspend()
            if is_alive(process) and (parent := process.parent()):
                # First the one that would report the other's end.
                parent.kill()
            process.kill()
    return wait_for_end(busy)


def wait_for_end(killed: Sequence[psutil.Process]) -> list[str]:
    """Wait until these have ended, which takes a moment; Airflow's own processes replace them."""
    wait_until(lambda: not any(is_alive(process) for process in killed), "what was killed has ended")
    return []


def triggerer(airflow: LocalAirflow, busy: Sequence[psutil.Process]) -> list[str]:
    """The triggerer that waits; the other one has to take over."""
    owners = (component_of(airflow, process) for process in busy)
    name = next((owner for owner in owners if owner in airflow.triggerers), airflow.triggerers[0])
    airflow.kill(name)
    return [name]


def triggerers(airflow: LocalAirflow, busy: Sequence[psutil.Process]) -> list[str]:
    """All triggerers."""
    for name in airflow.triggerers:
        airflow.kill(name)
    return airflow.triggerers


def scheduler(airflow: LocalAirflow, busy: Sequence[psutil.Process]) -> list[str]:
    """The scheduler, and with it its workers and their tasks, as when a container or a machine is lost."""
    airflow.kill("scheduler")
    return ["scheduler"]


def scheduler_alone(airflow: LocalAirflow, busy: Sequence[psutil.Process]) -> list[str]:
    """Only the scheduler's own process: its workers and their tasks go on, while the next one starts them anew."""
    airflow.kill("scheduler", alone=True)
    return ["scheduler"]


def api_server(airflow: LocalAirflow, busy: Sequence[psutil.Process]) -> list[str]:
    """The API server, through which tasks and triggers get connections, keep notes and report how they end."""
    airflow.kill("api-server")
    return ["api-server"]


VICTIMS: dict[str, Victim] = {
    "task": task,
    "worker": worker,
    "triggerer": triggerer,
    "both triggerers": triggerers,
    "scheduler": scheduler,
    "scheduler alone": scheduler_alone,
    "API server": api_server,
}
MOMENTS = ("before submit", "submit noted", "during submit", "after submit", "during wait", "during resume")
#: With which moment each victim is tried where there is no time for all of them.
SMOKE = {
    "task": "before submit",
    "worker": "after submit",
    "triggerer": "during wait",
    "scheduler": "during resume",
    "API server": "during submit",
}
