"""The data types and the table of the emulator."""

from __future__ import annotations

import re

import pytest

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.partner.clock import Clock
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
    with pytest.raises(ValueError, match="none of at-once"):
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
    with pytest.raises(ValueError, match="neither approve nor deny"):
        Verdict.parse(text)


def test_the_clock_only_goes_forward() -> None:
    clock = Clock(lambda: 100.0)
    clock.advance(5)
    assert clock.now().timestamp() == 105
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-1)
    clock.reset()
    assert clock.now().timestamp() == 100


def test_magic_customers_are_unique_guids() -> None:
    assert len(magic.BY_NAME) == len(magic.BY_ID) == len(magic.TABLE)
    ids = [*magic.BY_ID, magic.approved_after(5), magic.denied_after(90), magic.propagates_after(999_999)]
    for customer_id in ids:
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", customer_id)
        assert magic.find(customer_id)


def test_families_read_their_number() -> None:
    assert magic.find(magic.approved_after(42)).name == "approved-after-42s"  # type: ignore[union-attr]
    assert magic.find(magic.propagates_after(7)).behaviour.propagation == 7  # type: ignore[union-attr]
    assert magic.find("00000000-0000-4000-8009-000000000001") is None


def test_every_published_reason_of_a_denial_has_a_customer() -> None:
    reasons = {step.verdict.reason for row in magic.TABLE for step in row.behaviour.course or ()}
    assert reasons >= {
        "Not an Education Customer",
        "No longer an Education Customer",
        "Not an Education Customer - After Review",
        "Restricted being an Education Customer",
        "Not an Academic Domain",
        "Not an eligible Library",
        "Not an eligible Museum",
    }
