"""What a mix of faults does to submissions."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.partner import chances
from airflow_provider_partnercenter.emulator.scenario.behaviour import approved, course, denied
from airflow_provider_partnercenter.emulator.settings import After, Chance, Mix, Verdict


def test_late_submissions() -> None:
    mix = Mix(late=Chance(0.5, 60))
    delays = [chances.delay(mix, ordinary_id(number), 1) for number in range(1000)]
    late = [delay for delay in delays if delay]
    assert len(late) == pytest.approx(500, abs=50)
    assert 0 < min(late) < 3
    assert 57 < max(late) < 60
    assert delays == [chances.delay(mix, ordinary_id(number), 1) for number in range(1000)]
    assert chances.delay(Mix(), ordinary_id(1), 1) == 0


@pytest.mark.parametrize(
    ("steps", "after"),
    [
        (approved(5), After(12)),
        (course(After(None, 2), Verdict()), After(None, 3)),
        (course(After(None, 0), Verdict()), After(None, 1)),
        (denied(5), None),
        ((), None),
    ],
)
def test_approvals_are_withdrawn(steps: Any, after: After | None) -> None:
    result = chances.course(Mix(withdrawn=Chance(1, 7)), steps, ordinary_id(1), 1)
    assert result[: len(steps)] == steps
    assert [step.after for step in result[len(steps) :]] == ([after] if after else [])
    assert all(step.verdict.status == "Denied" for step in result[len(steps) :])
    assert chances.course(Mix(), steps, ordinary_id(1), 1) == steps
