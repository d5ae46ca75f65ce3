"""From which day on audit records are read."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from airflow_provider_partnercenter.onboarding.looking import first_day

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("looked_at", "day"),
    [
        (NOW, date(2026, 11, 24)),
        (datetime(2026, 11, 1, tzinfo=UTC), date(2026, 10, 30)),
        (datetime(2026, 1, 1, tzinfo=UTC), date(2026, 8, 29)),
        (datetime(1970, 1, 1, tzinfo=UTC), date(2026, 8, 29)),
    ],
    ids=["just now", "weeks ago", "longer than they are kept", "never"],
)
def test_the_first_day(looked_at, day):
    assert first_day(looked_at.timestamp(), NOW.timestamp()) == day
