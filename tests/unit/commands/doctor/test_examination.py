from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.commands.doctor.examination import (
    Check,
    Status,
    examine,
    failed,
    finding_of,
    ok,
    skipped,
    warning,
)

OK, WARNING, FAILED = [ok("fine")], [warning("odd", "look")], [failed("wrong", "mend")]


def check(name, finds, *needs):
    return Check(name, lambda patient: finds, lambda facts: facts, needs)


def statuses(*checks):
    return [(result.check, result.finding.status.value) for result in examine(checks, None)]


@pytest.mark.parametrize(
    ("finds", "second"),
    [(OK, "ok"), (WARNING, "ok"), ([skipped("not used")], "ok"), (FAILED, "skipped"), ([*OK, *FAILED], "skipped")],
)
def test_only_what_failed_keeps_others_from_being_checked(finds, second):
    assert statuses(check("a", finds), check("b", OK, "a"))[-1] == ("b", second)


def test_what_is_skipped_names_the_first_cause():
    results = [*examine([check("a", FAILED), check("b", OK, "a"), check("c", OK, "b"), check("d", OK)], None)]
    assert [result.finding.status for result in results] == [
        Status.FAILED,
        Status.SKIPPED,
        Status.SKIPPED,
        Status.OK,
    ]
    assert {result.finding.text for result in results[1:3]} == {"Not checked, because 'a' comes first."}


def test_what_is_skipped_is_not_looked_at():
    looked: list[object] = []
    second = Check("b", looked.append, lambda facts: OK, ("a",))
    assert statuses(check("a", FAILED), second) == [("a", "failed"), ("b", "skipped")]
    assert looked == []


def test_a_check_may_find_several_things():
    assert statuses(check("a", [*OK, *WARNING])) == [("a", "ok"), ("a", "warning")]


@pytest.mark.parametrize(
    ("error", "text", "remedy"),
    [
        (PartnerCenterError("Reading failed"), "Reading failed.", ""),
        (PartnerCenterError("Reading failed", hint="wait"), "Reading failed.", "Wait."),
        (
            PartnerCenterError("Reading failed", status=403, code="1", hint="ask X", correlation_id="c-1"),
            "Reading failed (HTTP 403, code 1). [correlation id c-1]",
            "Ask X.",
        ),
    ],
)
def test_an_error_is_a_finding(error, text, remedy):
    finding = finding_of(error)
    assert (finding.status, finding.text, finding.remedy) == (Status.FAILED, text, remedy)


def broken(problem):
    def look(patient):
        raise problem

    return Check("a", look, lambda facts: OK)


def test_what_goes_wrong_while_looking_is_a_finding():
    (result,) = examine([broken(PartnerCenterError("Reading failed", hint="wait"))], None, strict=True)
    assert (result.finding.text, result.finding.remedy) == ("Reading failed.", "Wait.")


def test_what_nobody_expected_does_not_end_the_examination():
    results = [*examine([broken(RuntimeError("hidden")), check("b", OK)], None)]
    assert [result.finding.status for result in results] == [Status.FAILED, Status.OK]
    assert results[0].finding.text == "Unexpected: RuntimeError."
    with pytest.raises(RuntimeError):
        [*examine([broken(RuntimeError("hidden"))], None, strict=True)]
