"""What tests of the doctor share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.doctor.ward import Ward

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_partnercenter.emulator.server import Emulator


@pytest.fixture
def ward(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Ward:
    """A set-up in which all is well."""
    return Ward(emulator, monkeypatch, capsys, tmp_path)
