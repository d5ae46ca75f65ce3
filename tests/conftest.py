"""
What holds for all tests.

Generated cases are the same in every run, so that a change is judged by itself; ``HYPOTHESIS_PROFILE=random`` generates
others. Each test has a request budget of its own, although all run in one process.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from airflow_provider_partnercenter.client.protocol.budget import forget_budgets

COMMON: dict[str, Any] = {
    # Time decides no test; and the first case of a new clone waits until a table of all characters is made.
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    # Explaining a failure takes minutes here.
    "phases": [phase for phase in Phase if phase is not Phase.explain],
}
settings.register_profile("same", derandomize=True, database=None, **COMMON)
settings.register_profile("random", print_blob=True, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(autouse=True)
def _budget_of_its_own() -> None:
    """Let no test wait for what another one has sent to the same emulator, perhaps by a clock of its own."""
    forget_budgets()
