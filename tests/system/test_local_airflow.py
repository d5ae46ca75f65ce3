"""Does :class:`LocalAirflow` do what the demonstration and the other system tests rely on?"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import psutil
import pytest

from testbed.local_airflow import COMPONENTS, LocalAirflow, LocalAirflowError
from testbed.patience import until, wait_until
from testbed.processes import is_alive

DAGS = Path(__file__).parent / "dags"


def start_trivial(airflow: LocalAirflow, gate: Path) -> str:
    """Start the DAG and wait until one task runs and another one is deferred, both until the gate is opened."""
    airflow.wait_for_dag("trivial")
    os.mkfifo(gate)
    run_id = airflow.trigger("trivial", {"gate": str(gate)})
    wanted = {"run": "running", "wait": "deferred", "double[0]": "success", "double[1]": "success"}
    seen: dict[str, str | None] = {}

    def waits() -> bool:
        seen.update(airflow.task_states("trivial", run_id))
        return seen == wanted

    for _ in until("the tasks do not wait for the gate", explain=lambda: f"They are {seen}."):
        if waits():
            break
    return run_id


def commands_below(process: psutil.Process) -> list[list[str]]:
    """Return the commands of a process's descendants; some of them end at this moment, for example the shell's."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return [child.cmdline() for child in process.children(recursive=True)]
    return []


def let_go(gate: Path) -> None:
    gate.with_name(f"{gate.name}.open").touch()
    # Returns when the task reads.
    gate.write_text("")


def test_a_run_and_its_processes(airflow: LocalAirflow, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    run_id = start_trivial(airflow, gate)

    # One process for the running task, none for the deferred one.
    wait_until(lambda: len(airflow.task_processes()) == 1)
    [process] = airflow.task_processes()
    wait_until(lambda: commands_below(process) == [["cat", str(gate)]])
    assert airflow.task_states("trivial", run_id)["wait"] == "deferred"

    let_go(gate)
    seen = []
    assert (
        airflow.wait_for_run("trivial", run_id, on_change=lambda task, state: seen.append((task, state))) == "success"
    )
    assert {("run", "success"), ("wait", "success")} <= set(seen)
    # The last one may still be on its way out.
    wait_until(lambda: airflow.task_processes() == [])
    assert airflow.xcom("trivial", run_id, "wait") == 12
    assert airflow.xcom("trivial", run_id, "double", map_index=1) == {"doubled": 4}
    log = airflow.task_log("trivial", run_id, "wait")
    assert "about to defer" in log
    assert "Trigger fired event" in log, "the trigger's part is missing"


def test_a_triggerer_that_crashes_and_comes_back(airflow: LocalAirflow, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    run_id = start_trivial(airflow, gate)
    leader = psutil.Process(airflow.processes()["triggerer"].pid)
    family = [leader, *leader.children(recursive=True)]
    assert len(family) > 1

    airflow.kill("triggerer")
    assert not any(is_alive(process) for process in family)

    airflow.start("triggerer")
    let_go(gate)
    airflow.wait_for_success("trivial", run_id)
    wait_until(lambda: airflow.unhealthy() == [])


def test_commands_run_in_the_same_installation(airflow: LocalAirflow) -> None:
    result = airflow.cli("config", "get-value", "core", "execution_api_server_url")

    assert result.returncode == 0, result.stderr
    # Airflow 3.0 logs to the same stream.
    assert f"{airflow.url}/execution/" in result.stdout.splitlines()


def test_a_refused_request_is_an_error(airflow: LocalAirflow) -> None:
    with pytest.raises(LocalAirflowError, match=r"GET /dags/no_such_dag was answered with 404"):
        airflow.rest("GET", "/dags/no_such_dag")


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    def run() -> None:
        with LocalAirflow(DAGS) as airflow:
            homes.append(airflow.home)
            start_trivial(airflow, tmp_path / "gate")
            leaders = [psutil.Process(process.pid) for process in airflow.processes().values()]
            members.extend(leaders + [child for leader in leaders for child in leader.children(recursive=True)])
            raise KeyboardInterrupt

    homes: list[Path] = []
    members: list[psutil.Process] = []
    with pytest.raises(KeyboardInterrupt):
        run()

    assert len(members) > len(COMPONENTS) + 2, "a task and its command are among them"
    assert [process for process in members if is_alive(process)] == []
    assert not homes[0].exists()


def test_a_process_that_does_not_start_is_named(tmp_path: Path) -> None:
    nowhere = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/missing/airflow.db"}

    with pytest.raises(LocalAirflowError, match=r"(?s)^airflow db migrate ended .* unable to open database file"):
        LocalAirflow(DAGS, home=tmp_path, environment=nowhere).__enter__()


def test_the_callers_airflow_does_not_leak_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SOMEWHERE", "http://example.org")
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "99")
    monkeypatch.setenv("_AIRFLOW__AS_LIBRARY", "1")
    monkeypatch.setenv("NO_PROXY", "example.org")

    environment = LocalAirflow(DAGS, home=tmp_path, environment={"AIRFLOW_VAR_OURS": "1"}).environment

    assert not {"AIRFLOW_CONN_SOMEWHERE", "_AIRFLOW__AS_LIBRARY"} & set(environment)
    assert environment["AIRFLOW__CORE__PARALLELISM"] == "4"
    assert environment["AIRFLOW_VAR_OURS"] == "1"
    assert environment["NO_PROXY"] == "example.org,localhost,127.0.0.1"
