"""Whether a person is asked, after each thing that may have been read and asked before."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.qualification.asking.answer import Answer
from airflow_provider_partnercenter.qualification.asking.steps import Memory, Step, next_step
from airflow_provider_partnercenter.qualification.denials import name_of
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome
from tests.support.records import UNDATED_DENIAL, entry

DENIAL = entry("Denied", "2026-01-02T03:04:05Z", "Not an Academic Domain")
OTHER = entry("Denied", "2026-02-02T03:04:05Z", "Not an Academic Domain")
DAY_ONLY = entry("Denied", "2026-01-02", "Not an Academic Domain")


def seen(denial, left=2):
    return Judgement(Outcome.DENIED, denial, attempts_left=left)


def answered(denial, option="Resubmit", tries=3):
    return Memory(tries, name_of(denial), Answer(option, "anna", "7", "2026-01-03", resubmit_denied_of=name_of(denial)))


def asked(denial):
    return Memory(3, name_of(denial))


@pytest.mark.parametrize(
    ("found", "before", "step"),
    [
        (seen(DENIAL), None, Step.ASK),
        (seen(UNDATED_DENIAL), None, Step.ASK),
        (seen(DENIAL, 0), None, Step.USED_UP),
        (Judgement(Outcome.APPROVED, entry("Approved")), None, Step.GO_ON),
        (Judgement(Outcome.IN_REVIEW, entry("InReview")), None, Step.GO_ON),
        (Judgement(Outcome.ABSENT), None, Step.ABSENT),
        (Judgement(Outcome.ABSENT, DENIAL), None, Step.ABSENT),
        # Asked, and not answered: a retry, or a cleared task.
        (seen(DENIAL), asked(DENIAL), Step.ASK),
        (seen(DENIAL, 0), asked(DENIAL), Step.USED_UP),
        (seen(OTHER), asked(DENIAL), Step.NEXT_ROUND),
        (Judgement(Outcome.IN_REVIEW, entry("InReview")), asked(DENIAL), Step.GO_ON),
        (seen(DENIAL), Memory(3), Step.ASK),
        # Answered.
        (seen(DENIAL), answered(DENIAL), Step.SEND),
        (seen(OTHER), answered(DENIAL), Step.NEXT_ROUND),
        (seen(UNDATED_DENIAL), answered(UNDATED_DENIAL), Step.ASK),
        (seen(DAY_ONLY), answered(DAY_ONLY), Step.ASK),
        (Judgement(Outcome.APPROVED, entry("Approved")), answered(DENIAL), Step.GO_ON),
        (Judgement(Outcome.ABSENT), answered(DENIAL), Step.ABSENT),
        # Given up, and cleared by a person.
        (seen(DENIAL), answered(DENIAL, "Give up"), Step.ASK),
    ],
)
def test_next_step(found, before, step):
    assert next_step(found, before) is step


@pytest.mark.parametrize(
    ("memory", "tries", "given_up"),
    [
        (answered(DENIAL, "Give up"), 3, True),
        (answered(DENIAL, "Give up"), 4, False),
        (answered(DENIAL), 3, False),
        (asked(DENIAL), 3, False),
    ],
)
def test_given_up(memory, tries, given_up):
    assert memory.given_up(tries) is given_up
