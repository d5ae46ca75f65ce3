"""The programs that the documentation shows whole, run against the emulator."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.emulator.magic import ordinary_id

if TYPE_CHECKING:
    from types import ModuleType

    from airflow_provider_partnercenter.emulator.server import Emulator
    from airflow_provider_partnercenter.testing.clock import Clock

SNIPPETS = Path(__file__).parents[3] / "docs" / "snippets"
CUSTOMER, OTHER = ordinary_id(1), ordinary_id(2)
NAME = "Elm School"
IN_REVIEW = [{"qualification": "Education", "vettingStatus": "InReview"}]


def load(name: str) -> ModuleType:
    """Import a snippet anew."""
    spec = importlib.util.spec_from_file_location(name, SNIPPETS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def _in_the_environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "AIRFLOW_CONN_PARTNERCENTER_DEFAULT": emulator.connection_json(),
        "PARTNER_API": emulator.url,
        "PARTNER_AUTHORITY": emulator.url,
        "PARTNER_CA_FILE": str(emulator.ca_file),
        "PARTNER_CLIENT_ID": emulator.client_id,
        "PARTNER_CLIENT_SECRET": emulator.client_secret,
        "PARTNER_REFRESH_TOKEN": emulator.refresh_token,
        "PARTNER_TENANT_ID": emulator.tenant_id,
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    for each in (CUSTOMER, OTHER):
        emulator.configure(each, qualifications=IN_REVIEW, company={"company_name": f"{NAME} {each}"})


def test_the_client_without_airflow(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    load("client_without_airflow").main()
    shown = {line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert {CUSTOMER, OTHER} <= shown


def test_the_asynchronous_client() -> None:
    settings = load("client_without_airflow").settings()
    found = asyncio.run(load("async_client").read_all(settings, [CUSTOMER, OTHER]))
    assert [[str(entry.qualification) for entry in entries] for entries in found] == [["Education"], ["Education"]]


def test_the_hook_in_a_task() -> None:
    (task,) = load("hook_in_a_task").find_schools().tasks
    assert {customer["id"] for customer in task.python_callable(NAME)} == {CUSTOMER, OTHER}


def test_the_hook_with_many_calls_at_the_same_time() -> None:
    (task,) = load("hook_with_async").qualified_schools().tasks
    assert task.python_callable(NAME) == 2
