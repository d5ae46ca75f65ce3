"""``airflow partnercenter doctor`` where all is well, and how it prints; the tests beside this one plant faults."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from airflow_provider_partnercenter.commands.doctor.checks import CHECKS
from tests.support.clients.both_clients import ConnectProxy
from tests.support.commands.as_process import Shell
from tests.support.doctor.ward import VARIABLE, Examined, Ward

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator

pytestmark = pytest.mark.since_airflow("3.2", "commands of providers")

ROOT = Path(__file__).parents[3]
NAMES = [check.name for check in CHECKS]
NOTHING = "Nothing is wrong, as far as can be seen from this machine.\n"
# No folder, no webhooks, no DAGs.
UNUSED = ["storage", "webhooks", "DAGs"]


def skipped(done: Examined) -> list[str]:
    return [check for check, _ in done.having("skipped")]


def test_nothing_is_wrong_with_a_user(ward: Ward, emulator: Emulator) -> None:
    before = dict(ward.database.variables)
    done = ward.examine()
    assert (done.status, done.having("failed", "warning"), skipped(done)) == (0, [], UNUSED), done.out
    assert [row["check"] for row in done.rows] == NAMES
    assert done.err == NOTHING
    assert all(row["finding"] for row in done.rows)
    # Nothing was changed, and what was asked costs next to nothing.
    assert ward.database.variables == before
    assert {each["method"] for each in emulator.journal() if "/oauth2/" not in each["path"]} == {"GET"}
    assert len(emulator.journal(path="/v1/")) == 2


def test_nothing_is_wrong_without_a_user(ward: Ward) -> None:
    ward.app_only()
    done = ward.examine()
    assert (done.status, done.having("failed", "warning")) == (0, []), done.out
    assert skipped(done) == ["Variable", "MFA", "GCC", *UNUSED]
    assert "App-only, which can read, but not submit" in done.rows[1]["finding"]


def test_nothing_is_wrong_with_a_certificate(ward: Ward) -> None:
    ward.certify("client_certificate_private_key")
    done = ward.examine()
    assert (done.status, done.having("failed", "warning"), skipped(done)) == (0, [], UNUSED), done.out


def test_nothing_is_wrong_without_a_stored_secret(ward: Ward, emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(emulator.federated_token())
    ward.secrets.add(file.read_text())
    ward.change(password=None)
    ward.change_extra(federated_identity_file=str(file))
    done = ward.examine()
    assert (done.status, done.having("failed", "warning")) == (0, []), done.out
    assert "as App+User, with a token file, at" in done.out


def test_nothing_is_wrong_before_the_first_task(ward: Ward) -> None:
    del ward.database.variables[VARIABLE]
    done = ward.examine()
    assert (done.status, done.having("failed", "warning")) == (0, []), done.out


def test_nothing_is_wrong_behind_a_proxy(ward: Ward) -> None:
    with ConnectProxy("right-word") as proxy:
        ward.patch.setenv("HTTPS_PROXY", f"http://somebody:right-word@{proxy.address}")
        ward.secrets.add("right-word")
        done = ward.examine()
    assert (done.status, done.having("failed", "warning")) == (0, []), done.out
    assert f"through the proxy {proxy.address} (HTTPS_PROXY)" in done.out
    assert proxy.tunnels


def test_a_token_that_the_connection_has_got_anew_is_no_trouble(ward: Ward, emulator: Emulator) -> None:
    ward.change_extra(refresh_token=emulator.consent())
    done = ward.examine()
    assert (done.status, done.having("failed", "warning")) == (0, []), done.out


def test_what_is_used_is_looked_at(ward: Ward, tmp_path: Path) -> None:
    ward.patch.setenv("AIRFLOW__PARTNERCENTER__WEBHOOK_ENABLED", "True")
    ward.database.variables["partnercenter_storage"] = str(tmp_path / "of_the_variable")
    task = {"_task_module": "airflow_provider_partnercenter.operators.bulk", "task_type": "X"}
    path = f"file://{tmp_path}"
    ward.dags({"dag": {"dag_id": "mine", "max_active_runs": 100, "tasks": [{"__var": {**task, "storage_path": path}}]}})
    done = ward.examine()
    assert (done.status, done.having("failed", "warning", "skipped")) == (0, []), done.out
    found = [row["finding"] for row in done.rows if row["check"] in UNUSED]
    assert found[0].startswith(f"{path!r} can be read on this machine.")
    assert found[1].endswith("is not there yet; the first task makes it.")
    assert "events go to the asset 'partnercenter_webhooks'" in found[2]
    assert found[3] == "Nothing holds up many customers in mine."
    assert [*tmp_path.iterdir()] == []


def test_what_only_writing_shows(ward: Ward, tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    done = ward.examine("--write", "--storage-path", f"file://{storage}")
    assert (done.status, done.having("failed", "warning")) == (0, []), done.out
    assert "was written" in done.out
    assert [*storage.iterdir()] == []


@pytest.mark.parametrize("output", ["table", "json", "yaml", "plain"])
def test_the_data_alone_is_on_the_standard_output(ward: Ward, output: str) -> None:
    token = "1.stored-and-secret"
    ward.store(token, age=timedelta(days=1))
    ward.secrets.add(token)
    ward.patch.setenv("HTTPS_PROXY", "http://somebody:proxy-word@localhost:1")
    ward.secrets.add("proxy-word")
    done = ward.examine(output=output)
    assert done.status == 1
    assert done.err.startswith("Findings: 1 failed, ")
    assert "HTTPS_PROXY" in done.out
    # What is in square brackets is no style.
    assert "[partnercenter] webhook_enabled" in done.out
    if output in ("json", "yaml"):
        rows = json.loads(done.out) if output == "json" else yaml.safe_load(done.out)
        assert [row["check"] for row in rows] == NAMES
        assert {row["status"] for row in rows} == {"ok", "failed", "skipped"}


def test_the_real_command(emulator: Emulator, tmp_path: Path) -> None:
    """With a database of its own, in which are the connection, the Variable and two DAGs."""
    dags = tmp_path / "dags"
    dags.mkdir()
    shutil.copy(ROOT / "dags_examples" / "onboard_many_customers.py", dags)
    few = (ROOT / "dags_examples" / "onboard_customer.py").read_text()
    (dags / "few.py").write_text(few.replace("max_active_runs=1000", "max_active_runs=3"))
    airflow = Shell(tmp_path, {"AIRFLOW__CORE__LOAD_EXAMPLES": "False"})
    connection: dict[str, Any] = emulator.connection()
    connection["extra"]["credential_variable"] = VARIABLE
    for arguments in (
        ("db", "migrate"),
        ("dags", "reserialize"),
        ("variables", "set", "partnercenter_storage", str(tmp_path)),
        ("connections", "add", "partnercenter_default", "--conn-json", json.dumps(connection)),
    ):
        prepared = airflow(*arguments)
        assert prepared.status == 0, prepared.err
    done = Examined(*airflow("partnercenter", "doctor", "--write", "--output", "json"))
    assert (done.status, done.having("failed", "warning")) == (0, [("DAGs", "warning")]), done.out + done.err
    assert skipped(done) == ["webhooks"]
    assert "DAG 'onboard_customer' has max_active_runs=3" in done.out
    assert "It comes from Airflow's database." in done.out
    assert "Airflow has loaded the plugin." in done.out
    assert emulator.client_secret not in done.out + done.err
    assert emulator.refresh_token not in done.out + done.err
