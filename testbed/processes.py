"""Operating-system processes that can be stopped reliably, with all their descendants."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import psutil

from testbed.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

#: Airflow's processes end within about 2 seconds of a SIGTERM, except for the triggerer, which always takes more than
#: 10 seconds: it listens to its child for that long, although the child has ended.
STOP_TIMEOUT = 5.0


class MissingProgramError(RuntimeError):
    """A required program is not installed; the message says how to install it."""


class ManagedProcess:
    """
    A process that leads its own session, so that all its descendants can be found and stopped.

    A descendant may lead its own process group (as Airflow's tasks do), outlive its parent, or even lead its own
    session (as the command of a BashOperator does). So a signal to one process group does not reach all of them.

    :param command: the command line.
    :param environment: the complete environment of the process.
    :param directory: the working directory.
    :param log: the file to which the output is appended.
    :param user: the user that runs the process; ``None`` for the caller's user.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        directory: str | Path,
        log: Path,
        user: str | None = None,
    ) -> None:
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                command,
                env=dict(environment),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **run_as(user),
                # Ctrl-C in the terminal must reach only the caller, which then stops everything in order.
                start_new_session=True,
            )
        self.pid = self.popen.pid
        self._leader = psutil.Process(self.pid)

    def family(self) -> set[psutil.Process]:
        """Return the live processes of this process's session and all their descendants."""
        members: set[psutil.Process] = set()
        if psutil.pid_exists(self.pid) and not self._leader.is_running():
            # An unrelated process has this id now. An id is reused only once no member of its session lives.
            return members
        for process in psutil.process_iter():
            with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
                if os.getsid(process.pid) == self.pid:
                    members |= {process, *process.children(recursive=True)}
        return members

    def kill(self, *, alone: bool = False) -> None:
        """
        Kill this process and its descendants.

        :param alone: whether to leave the descendants running.
        """
        _kill([self], [self._leader] if alone else self.family())

    @staticmethod
    def stop_all(processes: Iterable[ManagedProcess], timeout: float = STOP_TIMEOUT) -> None:
        """
        Send SIGTERM to these processes, wait, and kill what is left of them and their descendants.

        :param processes: the processes to stop.
        :param timeout: the seconds that the processes have to end by themselves.
        """
        processes = list(processes)
        # Find the families first: a process that has lost its parent when the time is up could no longer be found.
        families = {member for process in processes for member in process.family()}
        try:
            for process in processes:
                if process.popen.poll() is None:
                    process.popen.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + timeout
            for process in processes:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.popen.wait(max(0.0, deadline - time.monotonic()))
        finally:
            # This also happens if a second Ctrl-C interrupts the wait.
            _kill(processes, families | {member for process in processes for member in process.family()})


def run_as(user: str | None) -> dict[str, Any]:
    """Return the arguments of :mod:`subprocess` that run a command as another user, without the caller's groups."""
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


def children_of(pid: int) -> list[psutil.Process]:
    """Return the live child processes of a process; an empty list if it has ended."""
    try:
        return [child for child in psutil.Process(pid).children() if is_alive(child)]
    except psutil.NoSuchProcess:
        return []


def is_alive(process: psutil.Process) -> bool:
    """Return whether a process runs; an ended one may stay listed as a zombie in a container without init."""
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _kill(leaders: Iterable[ManagedProcess], members: Iterable[psutil.Process]) -> None:
    members = list(members)
    for member in members:
        # psutil identifies a process by its id and its start time, so this never kills a process with a reused id.
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    for leader in leaders:
        leader.popen.wait()
    deadline = time.monotonic() + PATIENCE
    while left := [member for member in members if is_alive(member)]:
        if time.monotonic() > deadline:
            raise RuntimeError(f"These processes do not end: {left}")
        time.sleep(0.05)
