"""Operating-system processes that are sure to end, with all their descendants."""

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

#: All of Airflow's processes end within some two seconds of a SIGTERM, but for the triggerer, which always takes more
#: than ten: it goes on listening to its child for that long, although the child has ended.
STOP_TIMEOUT = 5.0


class MissingProgramError(RuntimeError):
    """A program that is needed is not installed; the message says how to get it."""


class ManagedProcess:
    """
    A process that leads a session of its own, so that everything it starts can be found and stopped.

    Its descendants may form process groups of their own (Airflow's tasks do), outlive their parent, or even begin a
    session (what a BashOperator runs does), so one signal to one group does not reach all of them.

    :param command: the command line.
    :param environment: the whole environment of the process.
    :param directory: where it runs.
    :param log: the file to which its output is appended.
    :param user: the user that runs it, if not the caller.
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
                # The terminal's Ctrl-C is for the caller, who then stops everything in good order.
                start_new_session=True,
            )
        self.pid = self.popen.pid
        self._leader = psutil.Process(self.pid)

    def family(self) -> set[psutil.Process]:
        """Tell the live processes of this one's session and all their descendants."""
        members: set[psutil.Process] = set()
        if psutil.pid_exists(self.pid) and not self._leader.is_running():
            # It ended long ago and somebody else's process got its number, which it could not while a member lived.
            return members
        for process in psutil.process_iter():
            with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
                if os.getsid(process.pid) == self.pid:
                    members |= {process, *process.children(recursive=True)}
        return members

    def kill(self, *, alone: bool = False) -> None:
        """
        End this process at once, and its descendants.

        :param alone: leave the descendants.
        """
        _kill([self], [self._leader] if alone else self.family())

    @staticmethod
    def stop_all(processes: Iterable[ManagedProcess], timeout: float = STOP_TIMEOUT) -> None:
        """
        Ask these processes to end, and after a while end what is left of them.

        :param timeout: seconds that they have to end by themselves.
        """
        processes = list(processes)
        # Who has lost its parent when the time is over would not be found any more, so the families are noted first.
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
            # Also when a second Ctrl-C has interrupted the waiting.
            _kill(processes, families | {member for process in processes for member in process.family()})


def run_as(user: str | None) -> dict[str, Any]:
    """Tell the arguments of :mod:`subprocess` by which another user runs a command, without the caller's groups."""
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


def children_of(pid: int) -> list[psutil.Process]:
    """Tell the live child processes of a process; none when it has ended."""
    try:
        return [child for child in psutil.Process(pid).children() if is_alive(child)]
    except psutil.NoSuchProcess:
        return []


def is_alive(process: psutil.Process) -> bool:
    """Tell whether a process has not ended; one that has may stay listed as a zombie, in a container without init."""
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _kill(leaders: Iterable[ManagedProcess], members: Iterable[psutil.Process]) -> None:
    members = list(members)
    for member in members:
        # psutil knows a process by its number and its start, so this never reaches one that got an old number.
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    for leader in leaders:
        leader.popen.wait()
    deadline = time.monotonic() + PATIENCE
    while left := [member for member in members if is_alive(member)]:
        if time.monotonic() > deadline:
            raise RuntimeError(f"These processes do not end: {left}")
        time.sleep(0.05)
