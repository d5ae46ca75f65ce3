"""What a task that asks does next, by what was read and by what it has asked before."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.qualification.asking.question import Option
from airflow_provider_partnercenter.qualification.denials import is_named_by, is_unmistakable
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome

if TYPE_CHECKING:
    from airflow_provider_partnercenter.qualification.asking.answer import Answer


@dataclass(frozen=True, slots=True)
class Memory:
    """
    What a task remembers from try to try, also if a person clears it.

    :param max_tries: how many tries the task has. A person who clears it raises the number; a retry does not.
    :param asked_about: names the denial in the first question. Airflow keeps the first question of a task, whatever
        its later tries ask.
    :param answer: the last answer, until it is known that it led to no request.
    :param about: whom the first question was about, as :func:`.question.whom_and_what` says it.
    """

    max_tries: int
    asked_about: str | None = None
    answer: Answer | None = None
    about: str | None = None

    def given_up(self, max_tries: int) -> bool:
        """Return whether a person gave up, and nobody has cleared the task since then."""
        return self.answer is not None and self.answer.option == Option.GIVE_UP and self.max_tries == max_tries


class Step(enum.Enum):
    """What to do next."""

    ASK = "ask about the denial"
    SEND = "send what was answered before"
    GO_ON = "there is nothing to ask: it is approved or in review"
    NEXT_ROUND = "Airflow would still show the question about an earlier denial"
    USED_UP = "no attempt is left to ask about"
    ABSENT = "there is no denial"


def next_step(seen: Judgement, before: Memory | None) -> Step:
    """
    Decide what a task does that asks about a denial.

    :param seen: what the customer's qualifications mean, just read.
    :param before: what the task remembers; ``None`` if nothing was asked, or it is not known.
    """
    if seen.outcome in (Outcome.APPROVED, Outcome.IN_REVIEW):
        return Step.GO_ON
    denial = seen.entry
    if seen.outcome is not Outcome.DENIED or denial is None:
        return Step.ABSENT
    if before and before.asked_about and not is_named_by(before.asked_about, denial):
        return Step.NEXT_ROUND
    answer = before.answer if before and before.answer and before.answer.option == Option.RESUBMIT else None
    # One without a date may be another one that only looks alike: the answer to the request that was sent already.
    if answer and is_named_by(answer.resubmit_denied_of, denial) and is_unmistakable(denial):
        return Step.SEND
    return Step.ASK if seen.attempts_left else Step.USED_UP
