"""What unit tests share."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from airflow_provider_partnercenter.qualification import waiting
from airflow_provider_partnercenter.tasks import deferral
from airflow_provider_partnercenter.triggers import payloads
from tests.support.bench import EPOCH


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be ``EPOCH`` for everything that a task or a trigger does."""
    for module in (deferral, payloads, waiting):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: EPOCH))
