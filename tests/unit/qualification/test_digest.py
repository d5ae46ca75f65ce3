"""What is news since the last digest, and how it is told."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_partnercenter.qualification.bulk.findings import Finding
from airflow_provider_partnercenter.qualification.digest import Known, LastDigest, News, compare

DAY = datetime(2026, 6, 1, 7, tzinfo=UTC)
CUSTOMER, OTHER = "5f0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f", "0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f"
DATE, LATER = "2026-05-20T09:30:00+00:00", "2026-05-28T09:30:00+00:00"
ACADEMIC, NO_LONGER = "Not an Academic Domain", "No longer an Education Customer"
WAITING = "Waiting for Microsoft's verdict"


def found(state, since=DATE, reason=None, **members):
    return Finding(**{
        "customer_id": CUSTOMER, "company_name": "Contoso", "qualification": "Education",
        "state": state, "since": since, "reason": reason, **members,
    })  # fmt: skip


GRANTED, IN_REVIEW, STUCK = found("granted"), found("in_review"), found("stuck")
DENIED, LOST = found("denied", reason=ACADEMIC, hint="act"), found("lost", reason=NO_LONGER)
UNREADABLE = found("unreadable", None, "HTTP 500", qualification=None)


def digests(*days):
    """Make a digest on each of some days; a day is the findings of that day."""
    last, made = None, []
    for number, findings in enumerate(days):
        made.append(compare(findings, DAY + timedelta(days=number), last))
        # Each of them was told.
        last = LastDigest.from_text(made[-1].known.to_text())
    return made


def news(*days):
    """Return the news of the last of some days."""
    return [str(what) for what, _ in digests(*days)[-1].news]


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        pytest.param(IN_REVIEW, GRANTED, "approved", id="approved"),
        pytest.param(None, GRANTED, "approved", id="approved-between-two-digests"),
        pytest.param(DENIED, GRANTED, "approved", id="approved-after-a-denial"),
        pytest.param(STUCK, GRANTED, "approved", id="approved-at-last"),
        pytest.param(GRANTED, GRANTED, None, id="still-granted"),
        pytest.param(GRANTED, replace(GRANTED, since=LATER), None, id="granted-again"),
        pytest.param(GRANTED, replace(GRANTED, state="unlisted"), None, id="granted-though-nobody-wants-it"),
        pytest.param(IN_REVIEW, replace(GRANTED, state="unlisted"), "approved", id="approved-though-nobody-wants-it"),
        pytest.param(IN_REVIEW, DENIED, "denied", id="denied"),
        pytest.param(None, DENIED, "denied", id="denied-between-two-digests"),
        pytest.param(DENIED, DENIED, None, id="still-denied"),
        pytest.param(DENIED, replace(DENIED, hint="other"), None, id="other-advice-for-the-same-denial"),
        pytest.param(DENIED, replace(DENIED, company_name="Fabrikam"), None, id="another-name"),
        pytest.param(DENIED, replace(DENIED, since="2026-05-20T09:30:00Z"), None, id="another-spelling-of-the-date"),
        pytest.param(DENIED, replace(DENIED, reason="NotAnAcademicDomain"), None, id="another-spelling-of-the-reason"),
        pytest.param(DENIED, replace(DENIED, since=LATER), "denied", id="denied-once-more"),
        pytest.param(DENIED, replace(DENIED, reason="Not an Education Customer"), "denied", id="for-another-reason"),
        pytest.param(GRANTED, LOST, "withdrawn", id="lost"),
        pytest.param(LOST, LOST, None, id="still-lost"),
        pytest.param(IN_REVIEW, STUCK, "stuck in review", id="stuck"),
        pytest.param(STUCK, STUCK, None, id="still-stuck"),
        pytest.param(STUCK, replace(STUCK, since=LATER), "stuck in review", id="the-next-request-is-stuck-too"),
        pytest.param(None, IN_REVIEW, None, id="requested"),
        pytest.param(DENIED, IN_REVIEW, None, id="requested-again"),
        pytest.param(IN_REVIEW, IN_REVIEW, None, id="still-in-review"),
        pytest.param(GRANTED, None, None, id="not-seen-once"),
        pytest.param(IN_REVIEW, found("missing", None), None, id="missing-once"),
        pytest.param(GRANTED, found("unknown_customer", None), None, id="no-customer-any-more"),
        pytest.param(GRANTED, UNREADABLE, None, id="unreadable"),
        pytest.param(None, UNREADABLE, None, id="never-read"),
    ],
)
def test_what_is_news(before, now, told):
    yesterday, today = ([finding] if finding else [] for finding in (before, now))
    assert news(yesterday, today) == ([told] if told else [])
    # It is told once.
    assert news(yesterday, today, today) in ([], ["not listed any more"])


@pytest.mark.parametrize("now", [GRANTED, DENIED, LOST, STUCK, IN_REVIEW], ids=lambda finding: finding.state)
def test_the_first_digest_takes_what_is_there_as_known(now):
    [first] = digests([now])
    assert (first.news, first.since, first.quiet) == ([], None, False)
    assert news([now], [now]) == []


@pytest.mark.parametrize("now", [[], [found("missing", None)]], ids=["not-listed", "missing"])
def test_what_vanishes_is_told_once_two_digests_in_a_row_have_not_found_it(now):
    assert news([GRANTED], now, now) == ["not listed any more"]
    assert news([GRANTED], now, now, now) == []
    assert news([GRANTED], now, [GRANTED]) == []
    assert news([GRANTED], now, [GRANTED], now) == []
    assert news([GRANTED], now, now, [GRANTED]) == ["approved"]
    assert news([GRANTED], now, [LOST]) == ["withdrawn"]


def test_a_customer_that_cannot_be_read_keeps_what_was_known():
    assert news([GRANTED], [UNREADABLE], [UNREADABLE], [UNREADABLE], [GRANTED]) == []
    assert news([IN_REVIEW], [UNREADABLE], [DENIED]) == ["denied"]
    # A day on which it could not be read is not one on which it was not listed.
    assert news([GRANTED], [], [UNREADABLE]) == []
    assert news([GRANTED], [], [UNREADABLE], []) == ["not listed any more"]


def test_qualifications_and_customers_are_told_apart():
    other = replace(GRANTED, customer_id=OTHER)
    owned = replace(GRANTED, qualification="StateOwnedEntity")
    last = digests([IN_REVIEW], [IN_REVIEW, other, owned])[-1]
    assert {(finding.customer_id, finding.qualification) for _, finding in last.news} == {
        (OTHER, "Education"), (CUSTOMER, "StateOwnedEntity"),
    }  # fmt: skip


def test_a_digest_that_was_not_told_is_part_of_the_next_one():
    first = compare([IN_REVIEW], DAY, None).known
    other = replace(DENIED, customer_id=OTHER)
    lost = compare([GRANTED], DAY + timedelta(days=1), first)
    told = compare([GRANTED, other], DAY + timedelta(days=2), first)
    assert [what for what, _ in lost.news] == [News.APPROVED]
    assert sorted(what for what, _ in told.news) == [News.APPROVED, News.DENIED]


# -- the lines --------------------------------------------------------------------------------------------------------


def test_a_day_with_news():
    others = [replace(IN_REVIEW, customer_id=OTHER, since=LATER), replace(STUCK, qualification="StateOwnedEntity")]
    before = [replace(IN_REVIEW, qualification="StateOwnedEntity")]
    last = digests(before, [DENIED, *others, replace(UNREADABLE, customer_id="unreadable")])[-1]
    denied = f"Education was denied (request of 2026-05-20). Microsoft's reason: {ACADEMIC}. What to do: act."
    assert last.lines() == [
        "Changed since 2026-06-01 07:00 UTC: 1 denied, 1 stuck in review.",
        f"Customer {CUSTOMER} (Contoso): {denied}",
        f"Customer {CUSTOMER} (Contoso): StateOwnedEntity has been in review for too long, since 2026-05-20.",
        f"{WAITING}: 2, 1 of them for too long; the oldest request is of 2026-05-20: customer {CUSTOMER} (Contoso).",
        "Customers that could not be read: 1. A later digest tells what has changed there.",
    ]
    assert not last.quiet


def test_a_day_without_news():
    last = digests([GRANTED], [GRANTED, replace(IN_REVIEW, customer_id=OTHER, since=None)])[-1]
    assert last.lines() == ["Nothing has changed since 2026-06-01 07:00 UTC.", f"{WAITING}: 1."]
    assert last.quiet
    assert digests([GRANTED], [GRANTED])[-1].lines()[1:] == [f"{WAITING}: nobody."]


def test_the_first_day():
    [first] = digests([GRANTED, replace(DENIED, customer_id=OTHER), replace(GRANTED, qualification="StateOwnedEntity")])
    assert first.lines()[0] == "First digest: what is there now counts as known (2 granted, 1 denied)."
    assert digests([])[0].headline() == "First digest: what is there now counts as known (nothing)."


def test_what_has_vanished_is_told_with_what_it_was():
    [told] = digests([GRANTED], [], [])[-1].lines()[1:2]
    assert told == (
        f"Customer {CUSTOMER}: Education is not listed any more; it was granted. "
        "What to do: check the customer in Partner Center."
    )


def test_the_oldest_request_is_named_and_an_undated_one_comes_last():
    waiting = [
        replace(IN_REVIEW, customer_id=f"customer {number}", since=since)
        for number, since in enumerate([None, LATER, DATE, "some time in May"])
    ]
    [digest] = digests(waiting)
    assert [finding.since for finding in digest.waiting][:2] == [DATE, LATER]
    assert "the oldest request is of 2026-05-20: customer customer 2 (Contoso)" in digest.lines()[-1]


def test_many_news_of_one_kind_are_counted():
    many = [replace(GRANTED, customer_id=f"customer {number}") for number in range(8)]
    last = digests([], [*many, replace(DENIED, customer_id="denied")])[-1]
    lines = last.lines(most=5)
    assert lines[0] == "Changed since 2026-06-01 07:00 UTC: 8 approved, 1 denied."
    assert [line.startswith("Customer customer") for line in lines] == [False] + [True] * 5 + [False] * 3
    assert lines[6] == "Also approved: 3 more."
    assert lines[7].startswith("Customer denied (Contoso): Education was denied")
    assert len(last.lines()) == 1 + 8 + 1 + 1


# -- what is remembered -----------------------------------------------------------------------------------------------


def test_it_is_remembered():
    known = LastDigest(DAY, {
        (CUSTOMER, "Education"): Known("denied", DATE, "notanacademicdomain", True),
        (OTHER, "Education"): Known("granted"),
    })  # fmt: skip
    assert LastDigest.from_text(known.to_text()) == known


def test_fifty_thousand_customers_fit_into_a_variable():
    many = LastDigest(DAY, {(f"{number * 7919:032x}", "Education"): Known("granted") for number in range(50_000)})
    assert len(many.to_text()) < 2_000_000


def packed(rows):
    return base64.b64encode(zlib.compress(json.dumps(rows).encode())).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "contoso",
        "[]",
        "{}",
        json.dumps({"version": 2, "read_at": DATE, "known": packed([])}),
        json.dumps({"version": 1, "read_at": "yesterday", "known": packed([])}),
        json.dumps({"version": 1, "read_at": DATE, "known": "*"}),
        json.dumps({"version": 1, "read_at": DATE, "known": base64.b64encode(b"text").decode()}),
        json.dumps({"version": 1, "read_at": DATE, "known": packed([[CUSTOMER]])}),
        json.dumps({"version": 1, "read_at": DATE, "known": packed([[CUSTOMER, "Education", 1, 2, 3, 4, 5]])}),
        json.dumps({"version": 1, "read_at": DATE, "known": packed(5)}),
    ],
)
def test_what_is_something_else_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011  # whatever it says
        LastDigest.from_text(text)
