"""
A real Airflow on this machine, for a demo or a test, that leaves nothing behind.

:class:`LocalAirflow` starts the components of an installation (API server, scheduler, DAG processor, triggerer) as
separate processes, waits until all of them are healthy, and stops all of them at the end, even after an error::

    with LocalAirflow("dags") as airflow:
        airflow.wait_for_dag("hello")
        run_id = airflow.trigger("hello", {"name": "world"})
        airflow.wait_for_success("hello", run_id)
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from testbed.configuration import airflow_environment, free_port
from testbed.patience import PATIENCE, POLL_INTERVAL, LocalAirflowError
from testbed.processes import ManagedProcess, children_of
from testbed.rest_api import FINAL_RUN_STATES, AirflowRestApi

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    import psutil

__all__ = ["COMPONENTS", "FINAL_RUN_STATES", "LocalAirflow", "LocalAirflowError"]

#: The components of an installation, with the arguments of ``airflow`` that start them.
#: The log servers are not started: their ports are fixed, and all task logs are on this machine.
COMPONENTS: Mapping[str, Sequence[str]] = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}


class LocalAirflow(AirflowRestApi):
    """
    A running Airflow on a free port of localhost, by default with SQLite and the LocalExecutor.

    Use it as a context manager.

    :param dags_folders: the folders with DAGs; each one becomes a DAG bundle with the folder's name.
    :param home: ``AIRFLOW_HOME``; by default a temporary directory, which is removed at the end.
    :param environment: additional environment variables, for example ``AIRFLOW_CONN_…``. Variables of the caller's
        environment whose names contain ``AIRFLOW_`` are not passed on.
    :param parallelism: the number of tasks that may run at once.
    :param startup_timeout: the seconds within which all processes must become healthy.
    :param database: the URL of the metadata database; by default an SQLite file in the home directory.
    :param triggerers: the number of triggerers, which are called ``triggerer``, ``triggerer-2``, and so on.
    :param settings: Airflow options to set, for example ``{"CORE__EXECUTOR": "CeleryExecutor"}``.
    :param workers: additional processes by name, with the arguments of ``airflow`` that start them.
    """

    def __init__(
        self,
        *dags_folders: str | Path,
        home: str | Path | None = None,
        environment: Mapping[str, str] | None = None,
        parallelism: int = 4,
        startup_timeout: float = PATIENCE,
        database: str | None = None,
        triggerers: int = 1,
        settings: Mapping[str, object] | None = None,
        workers: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(f"http://127.0.0.1:{free_port()}")
        self.home = Path(home).resolve() if home else Path(tempfile.mkdtemp(prefix="local-airflow-"))
        wanted = {"CORE__PARALLELISM": parallelism, **(settings or {})}
        if database:
            wanted["DATABASE__SQL_ALCHEMY_CONN"] = database
        self.environment = airflow_environment(self.home, self.url, dags_folders, wanted) | dict(environment or {})
        self.triggerers = ["triggerer", *(f"triggerer-{number}" for number in range(2, triggerers + 1))]
        self._commands = {**COMPONENTS, **dict.fromkeys(self.triggerers, COMPONENTS["triggerer"]), **(workers or {})}
        self._temporary = home is None
        self._startup_timeout = startup_timeout
        self._processes: dict[str, ManagedProcess] = {}
        self._replaced: list[ManagedProcess] = []

    def __enter__(self) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        try:
            self._migrate()
            for name in self._commands:
                self.start(name)
            self.wait_until_healthy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, name: str) -> None:
        """Start a process by its name; after a restart, its log continues in the same file."""
        if former := self._processes.get(name):
            # It may have left children behind, which stop() has to end.
            self._replaced.append(former)
        self._processes[name] = self._launch(name, *self._commands[name])

    def kill(self, name: str, *, alone: bool = False) -> None:
        """
        Kill a process by its name, as a crash would.

        :param alone: whether to leave its descendants running; by default they are killed too, as in a container.
        """
        self._processes[name].kill(alone=alone)

    def stop(self) -> None:
        """Stop all processes, and remove the home directory if it is temporary."""
        # The API server does not stop while a client is connected.
        self._session.close()
        try:
            ManagedProcess.stop_all([*self._processes.values(), *self._replaced])
        finally:
            self._processes.clear()
            self._replaced.clear()
            if self._temporary:
                shutil.rmtree(self.home, ignore_errors=True)

    def processes(self) -> dict[str, subprocess.Popen[bytes]]:
        """Return the processes of this Airflow by name."""
        return {name: process.popen for name, process in self._processes.items()}

    def family(self, *names: str) -> set[psutil.Process]:
        """Return the live processes with these names, by default all, and their descendants."""
        return {member for name in names or self._processes for member in self._processes[name].family()}

    def task_processes(self) -> list[psutil.Process]:
        """
        Return the processes that are executing a task instance.

        The scheduler's children are the LocalExecutor's workers, which always exist. A worker starts a process for each
        task instance that it executes. That process ends when the task ends or defers itself.
        """
        workers = children_of(self._processes["scheduler"].pid)
        return [task for worker in workers for task in children_of(worker.pid)]

    def log_tail(self, name: str, lines: int = 40) -> str:
        """Return the last lines of a process's log; an empty string if there is no log."""
        file = self._log_file(name)
        return "\n".join(file.read_text(errors="replace").splitlines()[-lines:]) if file.exists() else ""

    def cli(self, *arguments: str, timeout: float = PATIENCE) -> subprocess.CompletedProcess[str]:
        """Run ``airflow`` with these arguments in the environment of this Airflow, for at most ``timeout`` seconds."""
        return subprocess.run(
            [sys.executable, "-m", "airflow", *arguments],
            env=self.environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def wait_for_dag(self, dag_id: str) -> None:
        """Wait as in :meth:`.AirflowRestApi.wait_for_dag`; an error message includes the DAG processor's log."""
        try:
            super().wait_for_dag(dag_id)
        except LocalAirflowError as error:
            raise LocalAirflowError(f"{error}\n{self.log_tail('dag-processor')}") from None

    def wait_until_healthy(self) -> None:
        """
        Wait until all processes run and report that they are healthy.

        :raises LocalAirflowError: if a process has ended or the time is up.
        """
        deadline = time.monotonic() + self._startup_timeout
        while unhealthy := self.unhealthy():
            for name, process in self.processes().items():
                if process.poll() is not None:
                    raise self._failure(name, f"ended with exit status {process.returncode}")
            if time.monotonic() > deadline:
                raise self._failure(unhealthy[0], "did not become healthy in time")
            time.sleep(POLL_INTERVAL)

    def unhealthy(self) -> list[str]:
        """Return the components that are not healthy; unlike Airflow's health endpoint, check all triggerers."""
        unhealthy = super().unhealthy()
        if not unhealthy and len(self.triggerers) > 1:
            unhealthy = self.triggerers[len(self.live_jobs("TriggererJob")) :]
        return unhealthy

    def _log_file(self, name: str) -> Path:
        return self.home / f"{name}.log"

    def _launch(self, name: str, *arguments: str) -> ManagedProcess:
        command = [sys.executable, "-m", "airflow", *arguments]
        return ManagedProcess(command, environment=self.environment, directory=self.home, log=self._log_file(name))

    def _migrate(self) -> None:
        self._processes["db migrate"] = migration = self._launch("db migrate", "db", "migrate")
        try:
            migration.popen.wait(self._startup_timeout)
        except subprocess.TimeoutExpired:
            raise self._failure("db migrate", "did not end in time") from None
        if migration.popen.returncode:
            raise self._failure("db migrate", f"ended with exit status {migration.popen.returncode}")
        del self._processes["db migrate"]

    def _failure(self, name: str, what: str) -> LocalAirflowError:
        return LocalAirflowError(f"airflow {name} {what}. The end of its log:\n{self.log_tail(name)}")
