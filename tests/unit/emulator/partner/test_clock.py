"""The emulator's clock."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.emulator.partner.clock import Clock


def test_the_clock_only_goes_forward() -> None:
    clock = Clock(lambda: 100.0)
    clock.advance(5)
    assert clock.now().timestamp() == 105
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-1)
    clock.reset()
    assert clock.now().timestamp() == 100
