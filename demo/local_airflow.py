"""
A real Airflow on this machine, for a demonstration or a test, that leaves nothing behind.

:class:`LocalAirflow` starts what an installation consists of (API server, scheduler, DAG processor, triggerer) as
processes of their own, waits until all of them are healthy, and stops every one of them at the end, whatever happened
in between::

    with LocalAirflow("dags") as airflow:
        airflow.wait_for_dag("hello")
        run_id = airflow.trigger("hello", {"name": "world"})
        assert airflow.wait_for_run("hello", run_id) == "success"
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import requests

from demo.configuration import airflow_environment, free_port
from demo.processes import ManagedProcess, children_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    import psutil

#: The processes of an installation, each with the name under which the health endpoint reports it.
#: Nothing has to fetch task logs from another machine, so no log servers (whose ports are fixed) are started.
COMPONENTS = {
    "api-server": ("metadatabase", ["api-server"]),
    "scheduler": ("scheduler", ["scheduler", "--skip-serve-logs"]),
    "dag-processor": ("dag_processor", ["dag-processor"]),
    "triggerer": ("triggerer", ["triggerer", "--skip-serve-logs"]),
}
POLL_INTERVAL = 0.25
FINAL_RUN_STATES = {"success", "failed"}


class LocalAirflowError(RuntimeError):
    """Airflow did not start, refused a request, or did not get somewhere in time."""


class LocalAirflow:
    """
    Airflow's own processes on a free port of localhost, with SQLite and the LocalExecutor, as a context manager.

    :param dags_folders: folders to take DAGs from; each one becomes a DAG bundle named as the folder.
    :param home: ``AIRFLOW_HOME``; by default a temporary directory that is removed at the end.
    :param environment: environment variables to add, for example ``AIRFLOW_CONN_…``. Nothing called ``AIRFLOW…`` in
        the caller's environment reaches the processes.
    :param parallelism: how many tasks may run at once.
    :param startup_timeout: seconds until all processes must be healthy.
    """

    def __init__(
        self,
        *dags_folders: str | Path,
        home: str | Path | None = None,
        environment: Mapping[str, str] | None = None,
        parallelism: int = 4,
        startup_timeout: float = 120,
    ) -> None:
        self.home = Path(home).resolve() if home else Path(tempfile.mkdtemp(prefix="local-airflow-"))
        self.url = f"http://127.0.0.1:{free_port()}"
        self.environment = airflow_environment(self.home, self.url, dags_folders, parallelism) | dict(environment or {})
        self._temporary = home is None
        self._startup_timeout = startup_timeout
        self._processes: dict[str, ManagedProcess] = {}
        self._session = requests.Session()
        # Neither a proxy nor a ~/.netrc of the user concerns a server on localhost.
        self._session.trust_env = False

    def __enter__(self) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        try:
            self._migrate()
            for name in COMPONENTS:
                self.start(name)
            self._wait_until_healthy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    # Processes

    def start(self, name: str) -> None:
        """Start one of the processes; in a restart the log continues in the same file."""
        self._processes[name] = self._launch(name, *COMPONENTS[name][1])

    def kill(self, name: str) -> None:
        """Take one of the processes away as a crash would: at once, with the processes that it had started."""
        self._processes[name].kill()

    def stop(self) -> None:
        """Stop everything that was started, and remove the home directory if it is a temporary one."""
        # The API server waits until nobody is connected any more.
        self._session.close()
        try:
            ManagedProcess.stop_all(self._processes.values())
        finally:
            self._processes.clear()
            if self._temporary:
                shutil.rmtree(self.home, ignore_errors=True)

    def processes(self) -> dict[str, subprocess.Popen[bytes]]:
        """Tell the processes of this Airflow by name."""
        return {name: process.popen for name, process in self._processes.items()}

    def task_processes(self) -> list[psutil.Process]:
        """
        Tell the processes that execute a task instance at this moment.

        The scheduler's children are the LocalExecutor's workers, which exist all the time. A worker starts a process
        for each task instance that it executes; that process ends when the task ends, or when the task defers itself.
        """
        workers = children_of(self._processes["scheduler"].pid)
        return [task for worker in workers for task in children_of(worker.pid)]

    def log_tail(self, name: str, lines: int = 40) -> str:
        """Tell the end of a process's log."""
        file = self._log_file(name)
        return "\n".join(file.read_text(errors="replace").splitlines()[-lines:]) if file.exists() else ""

    def cli(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run ``airflow`` with these arguments in the environment of this Airflow."""
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

    # REST

    def rest(self, method: str, path: str, json: Any = None, **parameters: Any) -> Any:
        """
        Call Airflow's REST API.

        :param path: what follows ``/api/v2``.
        :param parameters: query parameters.
        :return: the parsed body, None where there is none.
        """
        if "Authorization" not in self._session.headers:
            answer = self._session.get(f"{self.url}/auth/token", timeout=30)
            answer.raise_for_status()
            self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        answer = self._session.request(
            method,
            f"{self.url}/api/v2{path}",
            params=parameters,
            json=json,
            headers={"Accept": "application/json"},
            timeout=30,
        )
        if not answer.ok:
            raise LocalAirflowError(f"{method} {path} was answered with {answer.status_code}: {answer.text[:2000]}")
        return answer.json() if answer.content else None

    def wait_for_dag(self, dag_id: str, timeout: float = 60) -> None:
        """Wait until the DAG processor has read the DAG; an import error of any DAG file ends the waiting."""
        for _ in _until(timeout, f"DAG {dag_id} is not there", lambda: self.log_tail("dag-processor")):
            if any(dag["dag_id"] == dag_id for dag in self.rest("GET", "/dags", dag_id_pattern=dag_id)["dags"]):
                return
            for error in self.rest("GET", "/importErrors")["import_errors"]:
                raise LocalAirflowError(f"{error['filename']} cannot be imported:\n{error['stack_trace']}")

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None, run_id: str | None = None) -> str:
        """Start a run of a DAG and tell its id."""
        body = {"logical_date": None, "conf": dict(conf or {})} | ({"dag_run_id": run_id} if run_id else {})
        run: dict[str, Any] = self.rest("POST", f"/dags/{dag_id}/dagRuns", json=body)
        return str(run["dag_run_id"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Tell the state of a run."""
        return str(self.rest("GET", _run_path(dag_id, run_id))["state"])

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """Tell the state of each task of a run; a mapped task instance is called ``task_id[map_index]``."""
        instances = self.rest("GET", f"{_run_path(dag_id, run_id)}/taskInstances", limit=1000)["task_instances"]
        return {
            task["task_id"] + (f"[{task['map_index']}]" if task["map_index"] >= 0 else ""): task["state"]
            for task in instances
        }

    def last_try(self, dag_id: str, run_id: str, task_id: str) -> int:
        """Tell the number of a task's newest try, 1 for the first one."""
        return max(1, self.rest("GET", f"{_run_path(dag_id, run_id)}/taskInstances/{task_id}")["try_number"])

    def wait_for_run(
        self,
        dag_id: str,
        run_id: str,
        timeout: float = 120,
        on_change: Callable[[str, str | None], None] | None = None,
    ) -> str:
        """
        Wait until a run has ended.

        :param on_change: called with the name of a task and its state, whenever that state is a new one.
        :return: the final state of the run.
        """
        known: dict[str, str | None] = {}
        for _ in _until(
            timeout, f"run {run_id} of {dag_id} has not ended", lambda: str(self.task_states(dag_id, run_id))
        ):
            # The run first: when it has ended, the states read afterwards are the last ones.
            state = self.run_state(dag_id, run_id)
            states = self.task_states(dag_id, run_id)
            for task, task_state in states.items():
                if on_change and known.get(task) != task_state:
                    on_change(task, task_state)
            known = states
            if state in FINAL_RUN_STATES:
                return state
        raise AssertionError("unreachable")

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value", map_index: int = -1) -> Any:
        """Tell what a task has pushed."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances/{task_id}/xcomEntries/{quote(key, safe='')}"
        return self.rest("GET", path, map_index=map_index, stringify=False)["value"]

    def task_log(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1, map_index: int = -1) -> str:
        """Tell the log of one try of a task, the part that its trigger has written included."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances/{task_id}/logs/{try_number}"
        content = self.rest("GET", path, map_index=map_index, full_content=True)["content"]
        return "\n".join(_log_line(line) for line in content)

    # Starting

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
            raise self._failure("db migrate", "did not end") from None
        if migration.popen.returncode:
            raise self._failure("db migrate", f"ended with exit status {migration.popen.returncode}")
        del self._processes["db migrate"]

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + self._startup_timeout
        while unhealthy := self.unhealthy():
            for name, process in self.processes().items():
                if process.poll() is not None:
                    raise self._failure(name, f"ended with exit status {process.returncode}")
            if time.monotonic() > deadline:
                raise self._failure(unhealthy[0], "is not healthy")
            time.sleep(POLL_INTERVAL)

    def unhealthy(self) -> list[str]:
        """Tell the names of the processes that Airflow's health endpoint does not call healthy."""
        try:
            answer = self._session.get(f"{self.url}/api/v2/monitor/health", timeout=5)
            health = answer.json() if answer.ok else {}
        except requests.RequestException:
            return list(COMPONENTS)
        return [name for name, (key, _) in COMPONENTS.items() if (health.get(key) or {}).get("status") != "healthy"]

    def _failure(self, name: str, what: str) -> LocalAirflowError:
        return LocalAirflowError(f"airflow {name} {what}. The end of its log:\n{self.log_tail(name)}")


def _run_path(dag_id: str, run_id: str) -> str:
    return f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"


def _log_line(line: Any) -> str:
    """Tell one record of a task's log in one line, and the exception that it reports, if any, in the next ones."""
    if isinstance(line, str):
        return line
    text = " ".join(str(line[key]) for key in ("timestamp", "level", "event") if line.get(key))
    errors = [f"    {error['exc_type']}: {error['exc_value']}" for error in line.get("error_detail") or []]
    return "\n".join([text, *errors])


def _until(timeout: float, what: str, explain: Callable[[], str]) -> Iterator[None]:
    """Yield every now and then until the time is over, then say what has not happened."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        yield
        time.sleep(POLL_INTERVAL)
    raise LocalAirflowError(f"After {timeout:g} s {what}. {explain()}")
