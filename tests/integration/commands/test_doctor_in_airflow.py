"""Faults of what is in Airflow: folders, plugin, webhooks, DAGs. And several faults at once."""

from __future__ import annotations

import os
from importlib.metadata import EntryPoints
from typing import TYPE_CHECKING, Any

import pytest
from airflow import plugins_manager

from airflow_provider_partnercenter.commands.doctor import dags, installation
from tests.support.doctor.faults import Case, Planting, examine_with

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.doctor.ward import Ward


pytestmark = pytest.mark.since_airflow("3.2", "commands of providers")


def task(kind: str, **more: Any) -> dict[str, Any]:
    module = "airflow_provider_partnercenter.operators.qualification"
    return {"__var": {"task_type": kind, "_task_module": module, **more}}


def dag(limits: dict[str, int], kind: str, **more: Any) -> Callable[[Planting], None]:
    return lambda it: it.ward.dags({"dag": {"dag_id": "mine", **limits, "tasks": [task(kind, **more)]}})


def unreadable_database(it: Planting) -> None:
    def refuse() -> Iterator[dict[str, Any]]:
        raise OSError("secret-in-a-text")

    it.ward.patch.setattr(dags, "stored_dags", refuse)
    it.ward.secrets.add("secret-in-a-text")


def broken_plugin(it: Planting) -> None:
    text = f"No module named 'starlette' {it.ward.emulator.client_secret}"
    it.ward.patch.setattr(plugins_manager, "get_import_errors", lambda: {installation._MODULE: text})


def missing_plugin(it: Planting) -> None:
    it.ward.patch.setattr(plugins_manager, "get_plugin_info", lambda names: [])
    it.ward.patch.setattr(installation, "entry_points", lambda group: EntryPoints())


def file_in_the_way(it: Planting) -> None:
    path = it.ward.folder / "file"
    path.write_text("")
    it.ward.database.variables["partnercenter_storage"] = str(path)


def read_only(it: Planting) -> None:
    it.ward.database.variables["partnercenter_storage"] = str(it.ward.folder)
    # Root may write everywhere.
    it.ward.patch.setattr(os, "access", lambda *_: False)


def roots(text: str) -> Callable[[Planting], None]:
    def plant(it: Planting) -> None:
        (it.ward.folder / "roots.pem").write_text(text)
        it.option("webhook_enabled", "True")
        it.option("webhook_root_certificates", str(it.ward.folder / "roots.pem"))

    return plant


def webhook(name: str, value: str) -> Callable[[Planting], None]:
    def plant(it: Planting) -> None:
        it.option("webhook_enabled", "True")
        it.option(name, value)

    return plant


CASES = {
    "storage-a-file": Case(file_in_the_way, "storage", r"storage_path '.*file' cannot be read", "Give a folder"),
    "storage-read-only": Case(read_only, "storage", "may not write to '", "or let the user of the workers write"),
    "storage-unknown": Case(
        lambda it: it.ward.database.variables.update({"partnercenter_storage": "nothing://x/y"}),
        "storage",
        "storage_path 'nothing://x/y' cannot be read",
        "Give a folder that workers and triggerers can reach",
    ),
    "plugin-broken": Case(broken_plugin, "plugin", r"No module named 'starlette' \*\*\*", "Install what"),
    "plugin-missing": Case(missing_plugin, "plugin", "announces no plugin", "Install the package again"),
    "webhooks-perhaps": Case(
        lambda it: it.option("webhook_enabled", "perhaps"), "webhooks", "neither true nor false", "True or to False"
    ),
    "no-roots": Case(
        webhook("webhook_root_certificates", "/nowhere/roots.pem"),
        "webhooks",
        "The file '/nowhere/roots.pem' cannot be read",
        "webhook_root_certificates must name a PEM file",
    ),
    "roots-no-certificates": Case(
        roots("text"), "webhooks", "trusted certificates for webhooks cannot be read", "as PEM certificates"
    ),
    "webhook-age": Case(webhook("webhook_max_age", "a week"), "webhooks", "webhook_max_age is 'a week'", "seconds"),
    "no-webhook-ca": Case(
        webhook("webhook_ca_bundle", "/nowhere/ca.pem"),
        "webhooks",
        "CA file '/nowhere/ca.pem' cannot be read",
        "webhook_ca_bundle must name a PEM file",
    ),
    "few-runs": Case(
        dag({}, "PartnerCenterUpdateQualificationOperator"),
        "DAGs",
        "DAG 'mine' has max_active_runs=16",
        "raise max_active_runs",
        "warning",
    ),
    "many-tasks": Case(
        dag(
            {"max_active_runs": 1, "max_active_tasks": 32}, "PartnerCenterUpdateQualificationOperator", _is_mapped=True
        ),
        "DAGs",
        "DAG 'mine' has max_active_tasks=32",
        "lower max_active_tasks",
        "warning",
    ),
    "no-database": Case(
        unreadable_database, "DAGs", r"database cannot be read on this machine \(OSError\)", "Run this", "skipped"
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_named_with_its_remedy_and_nothing_else(ward: Ward, name: str) -> None:
    examine_with(ward, CASES[name])


def test_two_faults_are_both_told(ward: Ward) -> None:
    ward.change(password="wrong-word")
    ward.patch.setenv("AIRFLOW__PARTNERCENTER__WEBHOOK_ENABLED", "perhaps")
    done = ward.examine()
    assert done.having("failed") == [("sign-in", "failed"), ("webhooks", "failed")]
    assert done.err == "Findings: 2 failed, 7 not checked.\n"


def test_a_folder_that_cannot_be_written_shows_when_it_is_tried(ward: Ward) -> None:
    (ward.folder / "file").write_text("")
    done = ward.examine("--write", "--storage-path", str(ward.folder / "file" / "folder"))
    assert done.having("failed", "warning") == [("storage", "failed")]
    assert "cannot be written and read (NotADirectoryError" in done.out


def test_what_nobody_expected_is_a_finding_and_a_stack_trace_if_that_is_asked_for(ward: Ward) -> None:
    def fail(names: list[str]) -> None:
        raise RuntimeError("secret-in-a-text")

    ward.secrets.add("secret-in-a-text")
    ward.patch.setattr(plugins_manager, "get_plugin_info", fail)
    done = ward.examine()
    assert done.having("failed") == [("plugin", "failed")]
    assert "Unexpected: RuntimeError." in done.out
    with pytest.raises(RuntimeError):
        ward.examine("--verbose")
