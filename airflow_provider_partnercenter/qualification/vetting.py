"""
What a customer's list of qualifications means for the wanted one. Pure decisions.

The rules are those of the page ``update-customer-qualification-asynchronous`` and of the portal page
``sell-to-education-customers``: at most three verification requests in a customer's life.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.entries import current_entry
from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification, VettingStatus
from airflow_provider_partnercenter.client.wire import key_of
from airflow_provider_partnercenter.qualification.denials import advice, name_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MAX_ATTEMPTS = 3
# Microsoft reviews these. A StateOwnedEntity is granted at once.
VETTED = frozenset({Qualification.EDUCATION, Qualification.GOVERNMENT_COMMUNITY_CLOUD})
EXCLUDES = {
    Qualification.EDUCATION: Qualification.GOVERNMENT_COMMUNITY_CLOUD,
    Qualification.GOVERNMENT_COMMUNITY_CLOUD: Qualification.EDUCATION,
}


class Outcome(enum.StrEnum):
    """What a poll says about the wanted qualification."""

    APPROVED = "approved"
    IN_REVIEW = "in_review"
    DENIED = "denied"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Judgement:
    """
    The meaning of one poll.

    :param outcome: what it means.
    :param entry: the entry that decides. If the outcome is ``ABSENT``, an old denial that a new submission has not
        replaced yet, or ``None``.
    :param remark: something unusual that is logged once.
    :param attempts_left: how many verification requests are left at most; the API shows denials, not the count.
    """

    outcome: Outcome
    entry: CustomerQualification | None = None
    remark: str | None = None
    attempts_left: int = MAX_ATTEMPTS


def judge(
    entries: Sequence[CustomerQualification],
    wanted: Qualification,
    *,
    baseline: Collection[CustomerQualification] | None = None,
    success_statuses: Collection[str] = (),
    failure_statuses: Collection[str] = (),
) -> Judgement:
    """
    Decide what a customer's qualifications mean for the wanted one.

    :param entries: the customer's qualifications, just read.
    :param wanted: the qualification in question.
    :param baseline: the qualifications that were read before a submission. A denial among them counts as absent.
    :param success_statuses: vetting statuses, unknown to this package, that mean approval.
    :param failure_statuses: vetting statuses, unknown to this package, that mean denial.
    """
    before = baseline or ()
    # Entries that a submission added take precedence over those that were there before.
    fresh = [entry for entry in entries if entry not in before]
    entry = current_entry(fresh, wanted) or current_entry(entries, wanted)
    if entry is None:
        return Judgement(Outcome.ABSENT)
    status = entry.vetting_status
    if status is None:
        if wanted in VETTED:
            return Judgement(Outcome.IN_REVIEW, entry, f"{wanted} has no vetting status and is treated as in review")
        return Judgement(Outcome.APPROVED, entry)
    text = key_of(status)
    if status is VettingStatus.APPROVED or text in map(key_of, success_statuses):
        return Judgement(Outcome.APPROVED, entry)
    if status is VettingStatus.DENIED or text in map(key_of, failure_statuses):
        left = attempts_left({entry, *entries, *before}, wanted)
        return Judgement(Outcome.ABSENT if entry in before else Outcome.DENIED, entry, attempts_left=left)
    if status is VettingStatus.IN_REVIEW:
        return Judgement(Outcome.IN_REVIEW, entry)
    remark = (
        f"vetting status {status!r} is unknown and is treated as in review; add it to success_statuses or "
        "failure_statuses to change that"
    )
    return Judgement(Outcome.IN_REVIEW, entry, remark)


def attempts_left(entries: Collection[CustomerQualification], wanted: Qualification) -> int:
    """Return how many verification requests are left at most: three, minus the denials among these entries."""
    denials = {e for e in entries if e.qualification is wanted and e.vetting_status is VettingStatus.DENIED}
    return max(0, MAX_ATTEMPTS - max(1, len(denials)))


def describe(customer_id: str, verdict: Judgement, wanted: Qualification) -> dict[str, Any]:
    """
    Return a verdict as the dictionary of plain JSON types that goes into XCom.

    :return: ``customer_id``, the members of :meth:`.CustomerQualification.to_dict` and ``outcome``; for a denial also
        ``hint`` (who must do what), ``resubmit_denied_of`` (the name of the denial) and ``attempts_left`` (an upper
        bound).
    """
    entry = verdict.entry or CustomerQualification(wanted)
    result = {"customer_id": customer_id, **entry.to_dict(), "outcome": verdict.outcome.value}
    if verdict.outcome is Outcome.DENIED:
        left = verdict.attempts_left
        hint = advice(entry, left, verdict.remark)
        result |= {"hint": hint, "resubmit_denied_of": name_of(entry), "attempts_left": left}
    return result
