"""A client for the parts of Airflow's REST API that the demo, the tests and the benchmarks need."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests

from testbed.patience import CALL_PATIENCE, PATIENCE, POLL_INTERVAL, LocalAirflowError, until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FINAL_RUN_STATES = {"success", "failed"}
#: The components of an installation, each with its name in the health endpoint's report.
HEALTH_KEYS = {
    "api-server": "metadatabase",
    "scheduler": "scheduler",
    "dag-processor": "dag_processor",
    "triggerer": "triggerer",
}


class AirflowRestApi:
    """
    A client for an Airflow whose API needs no password, unless :meth:`sign_in` gives one.

    :param url: the URL of the API server.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        # The user's proxy and ~/.netrc must not apply to a server on localhost.
        self._session.trust_env = False

    def sign_in(self, user: str, password: str) -> None:
        """Call the API as one of the users of an Airflow that needs passwords."""
        body = {"username": user, "password": password}
        answer = self._session.post(f"{self.url}/auth/token", json=body, timeout=CALL_PATIENCE)
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def rest(self, method: str, path: str, json: Any = None, *, root: str = "/api/v2", **parameters: Any) -> Any:
        """
        Call Airflow's REST API.

        :param method: the HTTP method.
        :param path: the path after ``root``.
        :param json: the body, if any.
        :param root: the path of the API; ``"/ui"`` is the one that only Airflow's own pages use.
        :param parameters: query parameters.
        :return: the parsed body; ``None`` if it is empty.
        :raises LocalAirflowError: if the status is not a success. A GET is repeated for up to ``CALL_PATIENCE`` seconds
            while the status is 500 or higher.
        """
        if "Authorization" not in self._session.headers:
            answer = self._session.get(f"{self.url}/auth/token", timeout=CALL_PATIENCE)
            answer.raise_for_status()
            self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        answer = self._call(method, root + path, json, parameters)
        deadline = time.monotonic() + CALL_PATIENCE
        # On a slow machine, the database may be busy or may have closed its connection; a later read then succeeds.
        while method == "GET" and answer.status_code >= 500 and time.monotonic() < deadline:
            time.sleep(POLL_INTERVAL)
            answer = self._call(method, root + path, json, parameters)
        if not answer.ok:
            raise LocalAirflowError(f"{method} {path} was answered with {answer.status_code}: {answer.text[:2000]}")
        return answer.json() if answer.content else None

    def _call(self, method: str, path: str, json: Any, parameters: Mapping[str, Any]) -> requests.Response:
        return self._session.request(
            method,
            f"{self.url}{path}",
            params=parameters,
            json=json,
            headers={"Accept": "application/json"},
            timeout=CALL_PATIENCE,
        )

    def unhealthy(self) -> list[str]:
        """Return the components that Airflow's health endpoint does not report as healthy."""
        try:
            answer = self._session.get(f"{self.url}/api/v2/monitor/health", timeout=CALL_PATIENCE)
            health = answer.json() if answer.ok else {}
        except requests.RequestException:
            return list(HEALTH_KEYS)
        return [name for name, key in HEALTH_KEYS.items() if (health.get(key) or {}).get("status") != "healthy"]

    def live_jobs(self, kind: str) -> set[int]:
        """
        Return the ids of the jobs of a kind that send heartbeats.

        :param kind: ``SchedulerJob``, ``TriggererJob`` or ``DagProcessorJob``.
        """
        return {job["id"] for job in self.rest("GET", "/jobs", job_type=kind, is_alive=True, limit=1000)["jobs"]}

    def wait_for_dag(self, dag_id: str) -> None:
        """
        Wait until the DAG processor has read the DAG.

        :raises LocalAirflowError: if any DAG file has an import error, or the DAG is not found in time.
        """
        for _ in until(f"DAG {dag_id} was not found"):
            if any(dag["dag_id"] == dag_id for dag in self.rest("GET", "/dags", dag_id_pattern=dag_id)["dags"]):
                return
            for error in self.rest("GET", "/importErrors")["import_errors"]:
                raise LocalAirflowError(f"{error['filename']} cannot be imported:\n{error['stack_trace']}")

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None, run_id: str | None = None) -> str:
        """Start a run of a DAG and return its run id."""
        body = {"logical_date": None, "conf": dict(conf or {})} | ({"dag_run_id": run_id} if run_id else {})
        run: dict[str, Any] = self.rest("POST", f"/dags/{dag_id}/dagRuns", json=body)
        return str(run["dag_run_id"])

    def runs(self, dag_id: str, **filters: Any) -> list[dict[str, Any]]:
        """Return all runs of a DAG, oldest first, a hundred in each call. ``filters`` are query parameters."""
        runs: list[dict[str, Any]] = []
        while True:
            query = {**filters, "limit": 100, "offset": len(runs), "order_by": "id"}
            page = self.rest("GET", f"/dags/{dag_id}/dagRuns", **query)["dag_runs"]
            runs += page
            if not page:
                return runs

    def pause(self, dag_id: str, *, paused: bool) -> None:
        """Pause a DAG, or switch it on, as soon as Airflow has read it."""
        self.wait_for_dag(dag_id)
        self.rest("PATCH", f"/dags/{dag_id}", json={"is_paused": paused})

    def clear(self, dag_id: str, run_id: str, *task_ids: str) -> None:
        """Clear tasks of a run, by default all of them, as a person does, so that they run again."""
        body: dict[str, Any] = {"dag_run_id": run_id, "dry_run": False, "only_failed": False, "reset_dag_runs": True}
        if task_ids:
            body["task_ids"] = task_ids
        self.rest("POST", f"/dags/{dag_id}/clearTaskInstances", json=body)

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return the state of a run."""
        return str(self.rest("GET", _run_path(dag_id, run_id))["state"])

    def deadlines(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the deadlines of a run that have been missed or may still be."""
        path = f"{_run_path(dag_id, run_id)}/deadlines"
        found: list[dict[str, Any]] = self.rest("GET", path, root="/ui")["deadlines"]
        return found

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """Return the state of each task of a run; the key of a mapped task instance is ``task_id[map_index]``."""
        return {
            task["task_id"] + (f"[{task['map_index']}]" if task["map_index"] >= 0 else ""): task["state"]
            for task in self._task_instances(dag_id, run_id)
        }

    def map_index_names(self, dag_id: str, run_id: str, task_id: str) -> list[str]:
        """Return how the instances of a mapped task are called in the UI, in the order of their map index."""
        instances = [task for task in self._task_instances(dag_id, run_id) if task["task_id"] == task_id]
        return [task["rendered_map_index"] for task in sorted(instances, key=lambda task: task["map_index"])]

    def last_try(self, dag_id: str, run_id: str, task_id: str) -> int:
        """Return the number of a task's newest try; the first one is 1."""
        number: int = self.rest("GET", f"{_run_path(dag_id, run_id)}/taskInstances/{task_id}")["try_number"]
        return max(1, number)

    def wait_for_run(
        self,
        dag_id: str,
        run_id: str,
        timeout: float = PATIENCE,
        on_change: Callable[[str, str | None], None] | None = None,
    ) -> str:
        """
        Wait until a run has ended.

        :param timeout: the time limit, in seconds.
        :param on_change: called with the name of a task and its state whenever that state has changed.
        :return: the final state of the run.
        :raises LocalAirflowError: if the run does not end in time.
        """
        known: dict[str, str | None] = {}
        for _ in until(
            f"run {run_id} of {dag_id} has not ended", lambda: str(self.task_states(dag_id, run_id)), timeout=timeout
        ):
            # Read the run first: once it has ended, the task states read afterwards are final.
            state = self.run_state(dag_id, run_id)
            states = self.task_states(dag_id, run_id)
            for task, task_state in states.items():
                if on_change and known.get(task) != task_state:
                    on_change(task, task_state)
            known = states
            if state in FINAL_RUN_STATES:
                return state
        raise AssertionError("unreachable")

    def wait_for_success(self, dag_id: str, run_id: str) -> None:
        """
        Wait until a run has succeeded.

        :raises LocalAirflowError: if the run fails, with the ends of the logs of the tasks that failed, or if it does
            not end in time.
        """
        if (state := self.wait_for_run(dag_id, run_id)) == "success":
            return
        logs = [
            f"{task['task_id']} {task['map_index']}:\n"
            + self.task_log(dag_id, run_id, task["task_id"], task["try_number"], task["map_index"])[-4000:]
            for task in self._task_instances(dag_id, run_id)
            if task["state"] == "failed"
        ]
        raise LocalAirflowError("\n".join([f"Run {run_id} of {dag_id} is {state}, not success.", *logs]))

    def question(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> dict[str, Any]:
        """
        Wait until a task waits for a person, and return what Airflow shows of its question.

        :raises LocalAirflowError: if it does not wait in time, or ends.
        """
        for _ in until(f"task {task_id} of run {run_id} asks nobody", lambda: str(self.task_states(dag_id, run_id))):
            path = f"{_run_path(dag_id, run_id)}/hitlDetails"
            for found in self.rest("GET", path, task_id=task_id, response_received=False)["hitl_details"]:
                task = found["task_instance"]
                # Before Airflow 3.3, a task that asks is one that is deferred.
                if task["map_index"] == map_index and task["state"] in ("awaiting_input", "deferred"):
                    shown: dict[str, Any] = found
                    return shown
            if self.run_state(dag_id, run_id) in FINAL_RUN_STATES:
                raise LocalAirflowError(f"Run {run_id} of {dag_id} has ended without a question of {task_id}.")
        raise AssertionError("unreachable")

    def answer(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        option: str,
        form: Mapping[str, Any] | None = None,
        map_index: int = -1,
    ) -> None:
        """
        Answer what a task asks, as a person does in the UI, once it waits.

        :param form: what is changed in the form that Airflow shows.
        :raises LocalAirflowError: if Airflow refuses the answer.
        """
        shown = self.question(dag_id, run_id, task_id, map_index)["params"]
        body = {
            "chosen_options": [option],
            "params_input": {**{name: field["value"] for name, field in shown.items()}, **(form or {})},
        }
        self.rest("PATCH", f"{_run_path(dag_id, run_id)}/taskInstances/{task_id}/{map_index}/hitlDetails", json=body)

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value", map_index: int = -1) -> Any:
        """Return an XCom value that a task has pushed."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances/{task_id}/xcomEntries/{quote(key, safe='')}"
        return self.rest("GET", path, map_index=map_index, stringify=False)["value"]

    def task_log(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1, map_index: int = -1) -> str:
        """Return the log of one try of a task, including the part that its trigger has written."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances/{task_id}/logs/{try_number}"
        content = self.rest("GET", path, map_index=map_index, full_content=True)["content"]
        return "\n".join(_log_line(line) for line in content)

    def _task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        path = f"{_run_path(dag_id, run_id)}/taskInstances"
        instances: list[dict[str, Any]] = self.rest("GET", path, limit=1000)["task_instances"]
        return instances


def _run_path(dag_id: str, run_id: str) -> str:
    return f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"


def _log_line(line: Any) -> str:
    """Return a record of a task's log as one line, followed by one line for each exception that it reports."""
    if isinstance(line, str):
        return line
    text = " ".join(str(line[key]) for key in ("timestamp", "level", "event") if line.get(key))
    errors = [f"    {error['exc_type']}: {error['exc_value']}" for error in line.get("error_detail") or []]
    return "\n".join([text, *errors])
