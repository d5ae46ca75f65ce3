"""What the tests of the commands about customers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.emulator import magic
from tests.support.commands.in_process import Commands, Done

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_partnercenter.database.waits import WaitingTask
    from airflow_provider_partnercenter.emulator.server import Emulator
    from airflow_provider_partnercenter.testing.clock import Clock

EDUCATION = ("--qualification", "Education", "--education-segment", "K12")


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> list[WaitingTask]:
    """The tasks that wait, as the database would tell."""
    from airflow_provider_partnercenter.database import waiting_tasks

    found: list[WaitingTask] = []
    monkeypatch.setattr(waiting_tasks, "waiting_tasks", lambda: list(found))
    return found


@pytest.fixture
def no_database(tasks: list[WaitingTask], monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that cannot read Airflow's database."""
    from airflow_provider_partnercenter.database import reading, waiting_tasks

    def refuse() -> list[WaitingTask]:
        raise reading.NoDatabaseError("OperationalError")

    monkeypatch.setattr(waiting_tasks, "waiting_tasks", refuse)


@pytest.fixture
def run(
    emulator: Emulator,
    tasks: list[WaitingTask],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Commands:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    return Commands(emulator, monkeypatch, capsys)


@pytest.fixture
def qualify(run: Commands) -> Callable[..., Done]:
    """Request Education for a customer, without being asked."""
    return lambda customer, *more: run("qualify", magic.id_of(customer), *EDUCATION, "--yes", *more)
