"""How the settings of an emulator may be written."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.emulator.settings import After, Limit, LimitKind, Mix, Settings, Verdict
from airflow_provider_partnercenter.testing.emulators import read_settings


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Settings()),
        ({"vetting": "reads:2"}, Settings(vetting=After(seconds=None, reads=2))),
        ({"vetting": "never"}, Settings(vetting=None)),
        ({"vetting": After(7)}, Settings(vetting=After(7))),
        ({"verdict": "deny:No"}, Settings(verdict=Verdict("Denied", "No"))),
        ({"limit": "sliding:5/60"}, Settings(limit=Limit(LimitKind.SLIDING, 5, 60))),
        ({"faults": {"rate": 0.5, "seed": 3}}, Settings(faults=Mix(rate=0.5, seed=3))),
        ({"customers": 3, "mfa_enforced": False}, Settings(customers=3, mfa_enforced=False)),
    ],
)
def test_settings(given, expected):
    assert read_settings(given) == expected


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"speed": 1}, TypeError, "the emulator has no setting 'speed'; there are"),
        ({"vetting": "soon"}, ValueError, "vetting must be at-once"),
        ({"limit": "much"}, ValueError, "limit must be"),
        ({"faults": {"rate": 7}}, ValueError, "rate"),
    ],
)
def test_what_cannot_be_used(given, error, said):
    with pytest.raises(error, match=said):
        read_settings(given)
