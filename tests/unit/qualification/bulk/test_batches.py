"""When a task hands out its verdicts, which ones, and what it leaves to the next run."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.qualification.bulk.batches import (
    Rest,
    closes_at,
    deadline_of,
    first_seen,
    is_complete,
    read_rest,
    split,
)
from airflow_provider_partnercenter.qualification.bulk.report import Entry
from airflow_provider_partnercenter.qualification.verdicts import MAX_EXTRA_BYTES, extra_of

ONE, TWO, THREE = (ordinary_id(number) for number in (1, 2, 3))


def entry(customer: str, outcome: str = "in_review", number: int = 0, qualification: str = "Education") -> Entry:
    return Entry((number,), customer, qualification, outcome)


def many(outcome: str, customers: int = 500) -> list[Entry]:
    return [entry(ordinary_id(number), outcome, number) for number in range(customers)]


# -- when -------------------------------------------------------------------------------------------------------------

WAITING, APPROVED, DENIED = entry(ONE), entry(TWO, "approved", 1), entry(THREE, "denied", 2)
REFUSED, FAILED = entry(TWO, "refused", 1), entry(THREE, "failed", 2)
AT_ONCE, NOT_YET = 0.0, math.inf


@pytest.mark.parametrize(
    ("entries", "since", "closes"),
    [
        pytest.param([WAITING], None, NOT_YET, id="no verdict"),
        pytest.param([WAITING, REFUSED, FAILED], None, NOT_YET, id="nobody waits for what is refused or failed"),
        pytest.param([WAITING, APPROVED], 1000.0, 1600.0, id="an approval"),
        pytest.param([WAITING, DENIED], 1000.0, 1600.0, id="a denial"),
        pytest.param([WAITING, APPROVED, DENIED], 1000.0, 1600.0, id="it counts from the first"),
        pytest.param([APPROVED, DENIED], 1000.0, AT_ONCE, id="nobody is left"),
        pytest.param([REFUSED], None, AT_ONCE, id="nobody was there"),
        pytest.param([], None, AT_ONCE, id="nobody at all"),
        pytest.param([WAITING, *many("approved")], 1000.0, AT_ONCE, id="full"),
        pytest.param(
            [WAITING, APPROVED, replace(APPROVED, qualification="StateOwnedEntity")], 1000.0, 1600.0,
            id="a second verdict of a customer does not make it full",
        ),
    ],
)  # fmt: skip
def test_when_a_batch_is_handed_out(entries: list[Entry], since: float | None, closes: float) -> None:
    assert closes_at(entries, since, 600.0) == closes
    assert is_complete(entries) == (closes == AT_ONCE)


@pytest.mark.parametrize(
    ("entries", "since", "now_since"),
    [
        ([WAITING], None, None),
        ([WAITING, REFUSED, FAILED], None, None),
        ([WAITING, APPROVED], None, 1000.0),
        ([WAITING, DENIED], None, 1000.0),
        ([WAITING, DENIED], 7.0, 7.0),
    ],
)
def test_since_when_there_is_a_verdict(entries: list[Entry], since: float | None, now_since: float | None) -> None:
    assert first_seen(entries, since, now=1000.0) == now_since


# -- what -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("over", "reported", "left"),
    [
        (False, [APPROVED, DENIED, REFUSED, FAILED], [WAITING]),
        (True, [WAITING, APPROVED, DENIED, REFUSED, FAILED], []),
    ],
)
def test_who_is_in_review_is_left_until_the_wait_is_over(over: bool, reported: list[Entry], left: list[Entry]) -> None:
    batch = split([FAILED, DENIED, WAITING, REFUSED, APPROVED], over=over)
    assert sorted(batch.reported, key=str) == sorted(reported, key=str)
    assert [found.rows for found in batch.reported] == sorted(found.rows for found in reported)
    assert batch.left == left
    assert {customer: verdict["outcome"] for customer, verdict in batch.verdicts.items()} == {
        TWO: "approved", THREE: "denied",
    }  # fmt: skip


def test_the_second_verdict_of_a_customer_is_left() -> None:
    second = replace(APPROVED, rows=(3,), qualification="StateOwnedEntity")
    batch = split([APPROVED, second, WAITING], over=False)
    assert (batch.reported, batch.left) == ([APPROVED], [second, WAITING])
    assert [verdict["qualification"] for verdict in batch.verdicts.values()] == ["Education"]


def test_what_does_not_fit_is_left_and_comes_first_the_next_time() -> None:
    entries = [WAITING, *many("denied")]
    handed_out: list[Entry] = []
    left = entries
    for _ in range(100):
        batch = split(left, over=False)
        assert len(json.dumps(extra_of(batch.verdicts))) <= MAX_EXTRA_BYTES
        assert set(batch.verdicts) == {found.customer_id for found in batch.reported}
        handed_out += batch.reported
        left = batch.left
        if left == [WAITING]:
            break
    assert left == [WAITING]
    assert handed_out == entries[1:], "each once, in order"


@pytest.mark.parametrize(("outcome", "fit"), [("approved", range(70, 90)), ("denied", range(40, 60))])
def test_how_many_fit(outcome: str, fit: range) -> None:
    """As docs/guides/batches.md says."""
    date, one_id = "2026-11-26T20:38:54.303000+00:00", "981fa72e-ddf1-50a2-b99a-d66255e4ad10"
    entries = [
        replace(
            found,
            vetting_status=outcome.title(),
            vetting_reason="Not an Academic Domain" if outcome == "denied" else None,
            vetting_created_date=date,
            submitted=True,
            submitted_at=date,
            request_id=one_id,
            correlation_id=one_id,
        )
        for found in many(outcome)
    ]
    assert len(split(entries, over=False).verdicts) in fit


# -- the rest ---------------------------------------------------------------------------------------------------------

INLINE = Rest("batch-2-of-a", "a", 2, 1000.0, 2000.5, 1, entries=(to_plain(WAITING),))
STORED = Rest("batch-2-of-a", "a", 2, 1000, 2000, 5000, path="s3://bucket/folder", deferral_id="1000.000")


def plain(rest: Rest, **changes: Any) -> dict[str, Any]:
    return {**json.loads(json.dumps(to_plain(rest, complete=True))), **changes}


@pytest.mark.parametrize("rest", [INLINE, STORED])
def test_the_rest_goes_through_json(rest: Rest) -> None:
    assert read_rest(plain(rest)) == rest
    assert rest.inline() == ([WAITING] if rest.entries else [])


@pytest.mark.parametrize("nothing", [None, {}])
def test_the_first_run_has_no_rest(nothing: object) -> None:
    assert read_rest(nothing) is None


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{{ params.rest }}", "rest must be a dictionary, not "),
        ([], "rest must be a dictionary, not "),
        (5, "rest must be a dictionary, not "),
        (plain(INLINE, version=2), "rest has version 2, but this worker reads version 1.*same version of airflow-prov"),
        ({"customers": []}, "rest is not what an earlier run handed on.*unchanged; to begin again, start a run"),
        (plain(INLINE, version="1"), "rest is not what"),
        (plain(INLINE, run_id=7), "rest is not what"),
        (plain(INLINE, number="2"), "rest is not what"),
        (plain(INLINE, number=True), "rest is not what"),
        (plain(INLINE, total=2), "rest is not what"),
        (plain(INLINE, deadline=math.nan), "rest is not what"),
        (plain(INLINE, deadline="tomorrow"), "rest is not what"),
        (plain(INLINE, started_at=None), "rest is not what"),
        (plain(INLINE, entries=None), "rest is not what"),
        (plain(INLINE, entries=["contoso"]), "rest is not what"),
        (plain(INLINE, entries={"customer_id": ONE}), "rest is not what"),
        (plain(INLINE, entries=[{"customer_id": ONE}]), "rest is not what"),
        (plain(INLINE, entries=[{**to_plain(WAITING), "outcome": "refused"}]), "rest is not what"),
        (plain(INLINE, entries=[{**to_plain(WAITING), "unknown": 1}]), "rest is not what"),
        (plain(STORED, path=""), "rest is not what"),
        (plain(STORED, path=["s3://bucket"]), "rest is not what"),
        (plain(STORED, unknown=1), "rest is not what"),
        ({name: value for name, value in plain(STORED).items() if name != "chain"}, "rest is not what"),
    ],
)
def test_what_is_no_rest(document: object, says: str) -> None:
    with pytest.raises(PartnerCenterInvalidRequestError, match=says):
        read_rest(document)


@pytest.mark.parametrize(
    ("now", "cleared", "deadline"),
    [
        (1500.0, False, 2000.5),
        (1500.0, True, 2000.5),
        (2000.5, False, 2000.5),
        pytest.param(3000.0, False, 2000.5, id="the chain as a whole has waited"),
        pytest.param(3000.0, True, 3060.0, id="cleared to keep waiting"),
    ],
)
def test_the_deadline_is_that_of_the_chain(now: float, cleared: bool, deadline: float) -> None:
    assert deadline_of(INLINE, now=now, cleared=cleared, timeout=60.0) == deadline
