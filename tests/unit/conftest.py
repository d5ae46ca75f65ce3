"""What unit tests share."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from airflow_provider_partnercenter.client import clock
from tests.support.bench import EPOCH


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be ``EPOCH`` for everything that asks for the time."""
    monkeypatch.setattr(clock, "source", SimpleNamespace(now=lambda: EPOCH))
