"""The data types and the table of the emulator."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.emulator.settings import After, Verdict


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at-once", After(0)),
        ("never", None),
        ("seconds:5", After(5)),
        ("seconds:0.5", After(0.5)),
        ("reads:2", After(None, 2)),
    ],
)
def test_points_in_time(text: str, expected: After | None) -> None:
    assert After.parse(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "seconds", "seconds:", "seconds:x", "seconds:-1", "seconds:nan",
                                  "reads:1.5", "never:1"])  # fmt: skip
def test_points_in_time_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="must be at-once"):
        After.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("approve", Verdict()),
        ("deny", Verdict("Denied", "Not an Education Customer")),
        ("deny: Not an eligible Library", Verdict("Denied", "Not an eligible Library")),
    ],
)
def test_verdicts(text: str, expected: Verdict) -> None:
    assert Verdict.parse(text) == expected


@pytest.mark.parametrize("text", ["", "approve:now", "maybe"])
def test_verdicts_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="must be approve, deny or"):
        Verdict.parse(text)
