"""Processes that know nothing of each other share one limit of the service; the clock and the network are simulated."""

from __future__ import annotations

import logging

import pytest

from airflow_provider_partnercenter.emulator.settings import Limit
from benchmarks.competition import KINDS, LIMIT, simulate


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "airflow_provider_partnercenter")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("processes", [2, 3])
def test_competitors_use_the_limit_and_are_rarely_refused(kind: str, processes: int) -> None:
    result = simulate(Limit.parse(f"{kind}:{LIMIT}/60"), processes=processes)
    assert result.failed == 0
    assert result.refused < 0.02
    assert result.used >= 0.9


def test_who_is_alone_is_never_refused_and_keeps_to_its_budget() -> None:
    result = simulate(Limit.parse(f"sliding:{LIMIT}/60"), processes=1)
    assert result.refused == 0
    assert result.used == pytest.approx(480 / LIMIT, abs=0.01)
