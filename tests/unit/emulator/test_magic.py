"""The table of magic customers."""

from __future__ import annotations

import re

import pytest

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.settings import After


def test_magic_customers_are_unique_guids() -> None:
    assert len(magic.BY_NAME) == len(magic.BY_ID) == len(magic.TABLE)
    ids = [*magic.BY_ID, magic.approved_after(5), magic.denied_after(90), magic.propagates_after(999_999)]
    for customer_id in ids:
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", customer_id)
        assert magic.find(customer_id)


def test_families_read_their_number() -> None:
    assert magic.find(magic.approved_after(42)).name == "approved-after-42s"
    assert magic.find(magic.propagates_after(7)).behaviour.propagation == 7
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


@pytest.mark.parametrize("number", [0, 3, 999_999])
def test_more_families(number: int) -> None:
    throttled, withdrawn = magic.find(magic.throttled_times(number)), magic.find(magic.withdrawn_after(number))
    assert throttled is not None
    assert withdrawn is not None
    assert [fault.times for fault in throttled.behaviour.faults] == [number]
    assert [step.after for step in withdrawn.behaviour.course or ()] == [After(0), After(number)]
    assert (throttled.name, withdrawn.name) == (f"throttled-times-{number}x", f"withdrawn-after-{number}s")


def test_only_customers_whose_answers_are_about_the_caller_are_not_listed() -> None:
    about_the_caller = {
        row.name
        for row in magic.TABLE
        if any(fault.times is None and fault.status in (401, 429) for fault in row.behaviour.faults)
    }
    assert about_the_caller == {"throttled", "mfa-required", "wrong-audience"}
    assert {row.name for row in magic.TABLE if not row.behaviour.listed} == about_the_caller
    assert {row.name for row in magic.TABLE if "not in GET /customers" in row.summary} == about_the_caller


def test_only_the_family_that_is_throttled_again_and_again_is_not_listed() -> None:
    members = {family.name: magic.find(family.member(7)) for family in magic.FAMILIES}
    assert {name for name, member in members.items() if member and not member.behaviour.listed} == {"throttled-times"}
    assert {name for name, _, summary in magic.rows() if "not in GET /customers" in summary} >= {"throttled-times"}
