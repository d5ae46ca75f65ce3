"""A machine on which no server is installed."""

from __future__ import annotations

import pytest

from testbed import postgres


@pytest.fixture
def nothing_installed(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres, "DIRECTORIES", (f"{tmp_path}/postgresql/*/bin",))
    return tmp_path
