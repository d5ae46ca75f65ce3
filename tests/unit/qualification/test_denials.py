"""What names a denial, and what to do about it."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.qualification.denials import advice, is_named_by
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome, describe
from tests.support.bench import CUSTOMER
from tests.support.records import DENIED_1, EDU, UNDATED_DENIAL, entry


@pytest.mark.parametrize(
    ("name", "denial", "result"),
    [
        (None, DENIED_1, False),
        ("2024-01-01T00:00:00+00:00", DENIED_1, True),
        ("2024-01-01T00:00:00Z", DENIED_1, True),
        ("2024-01-01", DENIED_1, True),
        ("01/01/2024: 00:00:00", DENIED_1, True),
        ("2024-01-01T01:00:00+01:00", DENIED_1, True),
        ("2024-01-02", DENIED_1, False),
        ("Not an Academic Domain", DENIED_1, False),
        ("Not an eligible Library", UNDATED_DENIAL, True),
        ("not an ELIGIBLE library ", UNDATED_DENIAL, True),
        ("yes", UNDATED_DENIAL, False),
        ("last week", entry("Denied", "last week", "Other"), True),
        ("Other", entry("Denied", "last week", "Other"), True),
        ("anything", entry("Denied"), False),
    ],
)
def test_names(name, denial, result):
    assert is_named_by(name, denial) is result


@pytest.mark.parametrize(
    ("reason", "part"),
    [
        ("Not an Education Customer", "prove that it is a school"),
        ("No Longer An Education Customer", "withdrew the status"),
        ("Not an Education Customer - After Review", "reviewers"),
        ("Restricted being an Education Customer", "bars this customer"),
        ("Not an Academic Domain", "domain is not academic"),
        ("Not an eligible Library", "library"),
        ("Not an eligible Museum", "museum"),
        ("A reason of tomorrow", "correct what the reason names"),
        (None, "correct what the reason names"),
    ],
)
def test_advice_says_what_to_do_and_how_to_name_the_denial(reason, part):
    denial = entry("Denied", 7, reason)
    assert part in advice(denial, 2)
    assert advice(denial, 2).endswith("resubmit_denied_of='2024-01-07T00:00:00+00:00'")


def test_advice_when_no_attempt_is_left():
    assert "support" in advice(DENIED_1, 0)
    assert "resubmit" not in advice(DENIED_1, 0)


@pytest.mark.parametrize("denial", [DENIED_1, UNDATED_DENIAL, entry("Denied", "last week", "Other")])
def test_the_name_that_advice_gives_is_the_one_that_counts(denial):
    result = describe(CUSTOMER, Judgement(Outcome.DENIED, denial, attempts_left=1), EDU)
    assert is_named_by(result["resubmit_denied_of"], denial)
    assert result["hint"].endswith(f"resubmit_denied_of={result['resubmit_denied_of']!r}")
