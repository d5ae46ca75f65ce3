"""
What a customer's list of qualifications means for the one that is wanted: pure decisions.

The rules are those of the page ``update-customer-qualification-asynchronous`` and of the portal page
``sell-to-education-customers``: at most three verification requests in a customer's life.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import (
    CustomerQualification,
    EducationSegment,
    Qualification,
    VettingStatus,
    current_entry,
)
from airflow_provider_partnercenter.client.protocol.arguments import (
    customer_guid,
    given,
    to_host,
    to_qualification,
    to_segment,
)
from airflow_provider_partnercenter.client.validation_codes import AUTO
from airflow_provider_partnercenter.client.wire import format_date, key_of, parse_date

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MAX_ATTEMPTS = 3
# Microsoft reviews these; a StateOwnedEntity is granted as it is requested.
VETTED = frozenset({Qualification.EDUCATION, Qualification.GOVERNMENT_COMMUNITY_CLOUD})
SUBMITTABLE = VETTED | {Qualification.STATE_OWNED_ENTITY}
EXCLUDES = {
    Qualification.EDUCATION: Qualification.GOVERNMENT_COMMUNITY_CLOUD,
    Qualification.GOVERNMENT_COMMUNITY_CLOUD: Qualification.EDUCATION,
}


class Outcome(enum.StrEnum):
    """What a look tells about the wanted qualification."""

    APPROVED = "approved"
    IN_REVIEW = "in_review"
    DENIED = "denied"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    The meaning of one look.

    :param outcome: what it means.
    :param entry: the entry that decides; of an absent one, the old denial that a new submission has not yet replaced.
    :param remark: something unusual that a person should hear of once.
    :param attempts_left: how many verification requests are left at the most; the API shows denials, not the count.
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
) -> Verdict:
    """
    Decide what a customer's qualifications mean for the wanted one.

    :param entries: the customer's qualifications as just read.
    :param wanted: the qualification in question.
    :param baseline: what was read before a submission: a denial that was there already counts as absent.
    :param success_statuses: vetting statuses unknown to this package that mean approval.
    :param failure_statuses: vetting statuses unknown to this package that mean denial.
    """
    before = baseline or ()
    # What a submission brought counts before what was there already.
    fresh = [entry for entry in entries if entry not in before]
    entry = current_entry(fresh, wanted) or current_entry(entries, wanted)
    if entry is None:
        return Verdict(Outcome.ABSENT)
    status = entry.vetting_status
    if status is None:
        if wanted in VETTED:
            return Verdict(Outcome.IN_REVIEW, entry, f"{wanted} is there without a vetting status; taken as in review")
        return Verdict(Outcome.APPROVED, entry)
    text = key_of(status)
    if status is VettingStatus.APPROVED or text in map(key_of, success_statuses):
        return Verdict(Outcome.APPROVED, entry)
    if status is VettingStatus.DENIED or text in map(key_of, failure_statuses):
        left = attempts_left({entry, *entries, *before}, wanted)
        return Verdict(Outcome.ABSENT if entry in before else Outcome.DENIED, entry, attempts_left=left)
    if status is VettingStatus.IN_REVIEW:
        return Verdict(Outcome.IN_REVIEW, entry)
    remark = f"vetting status {status!r} is unknown; taken as in review (success_statuses and failure_statuses map it)"
    return Verdict(Outcome.IN_REVIEW, entry, remark)


@dataclass(frozen=True, slots=True)
class SubmissionRequest:
    """
    A qualification that a partner asks for; made by :meth:`checked`.

    :param customer_id: the customer's tenant, a GUID.
    :param qualification: ``Education``, ``GovernmentCommunityCloud`` or ``StateOwnedEntity``.
    :param education_segment: goes with ``Education``.
    :param website: the school's host name, optional with ``Education``.
    :param validation_code: goes with ``GovernmentCommunityCloud``; ``"auto"`` for one of the organization's.
    :param organization: goes with ``"auto"``.
    :param resubmit_denied_of: names the denial that may be followed by a new request: its ``vetting_created_date``, or
        its reason where it has no date.
    :param by_person: whether a person started this run; a schedule may name only a denial that no later one can be
        mistaken for.
    :param success_statuses: see :func:`judge`.
    :param failure_statuses: see :func:`judge`.
    """

    customer_id: str
    qualification: Qualification
    education_segment: EducationSegment | None = None
    website: str | None = None
    validation_code: str | None = None
    resubmit_denied_of: str | None = None
    by_person: bool = True
    success_statuses: tuple[str, ...] = ()
    failure_statuses: tuple[str, ...] = ()
    organization: str | None = None

    @property
    def payload(self) -> dict[str, str | None]:
        """What is asked of the service, in plain JSON types: the same whichever code is chosen for an organization."""
        return {
            "customer_id": self.customer_id,
            "qualification": str(self.qualification),
            "education_segment": self.education_segment,
            "website": self.website,
            "validation_code": self.validation_code,
            **({"organization": self.organization} if self.organization else {}),
        }

    def judge(
        self, entries: Sequence[CustomerQualification], baseline: Collection[CustomerQualification] | None = None
    ) -> Verdict:
        """Decide what the entries mean for what is asked for; see :func:`judge`."""
        return judge(
            entries,
            self.qualification,
            baseline=baseline,
            success_statuses=self.success_statuses,
            failure_statuses=self.failure_statuses,
        )

    @classmethod
    def checked(
        cls,
        customer_id: object,
        qualification: Qualification | str,
        *,
        education_segment: EducationSegment | str | None = None,
        website: str | None = None,
        validation_code: object = None,
        organization: object = None,
        resubmit_denied_of: object = None,
        by_person: bool = True,
        success_statuses: Collection[str] = (),
        failure_statuses: Collection[str] = (),
        legacy: bool = False,
    ) -> SubmissionRequest:
        """
        Check what a caller asks for, before anything is sent. What does not belong to the qualification is left out.

        :param legacy: whether the legacy endpoint is to be used, which knows neither segment nor StateOwnedEntity.
        :raises PartnerCenterInvalidRequestError: naming the argument that is wrong or missing.
        """
        customer, wanted = customer_guid(customer_id), to_qualification(qualification)
        segment, code = to_segment(education_segment), given(validation_code, "validation_code")
        choices = VETTED if legacy else SUBMITTABLE
        if wanted not in choices:
            raise PartnerCenterInvalidRequestError(
                f"qualification {wanted} cannot be requested{' by synchronous validation' if legacy else ''}",
                hint=f"use one of {', '.join(str(q) for q in Qualification if q in choices)}",
            )
        education = wanted is Qualification.EDUCATION
        if education and segment is None and not legacy:
            raise PartnerCenterInvalidRequestError(
                "education_segment is missing: an Education request needs one",
                hint=f"give one of {', '.join(EducationSegment)}",
            )
        government = wanted is Qualification.GOVERNMENT_COMMUNITY_CLOUD
        if government and code is None:
            raise PartnerCenterInvalidRequestError(
                "validation_code is missing: a GovernmentCommunityCloud request needs one",
                hint=f"give a validation id of the partner's codes, or {AUTO!r} and their 'organization'",
            )
        chosen = given(organization, "organization")
        automatic = government and code is not None and key_of(code) == AUTO
        if automatic and chosen is None:
            raise PartnerCenterInvalidRequestError(
                f"organization is missing: validation_code {AUTO!r} chooses one of its codes",
                hint="give the organization's name as PartnerCenterHook.get_validation_codes shows it",
            )
        return cls(
            customer,
            wanted,
            segment if education else None,
            to_host(website) if education else None,
            AUTO if automatic else code if government else None,
            given(resubmit_denied_of, "resubmit_denied_of"),
            by_person,
            tuple(success_statuses),
            tuple(failure_statuses),
            chosen if automatic else None,
        )


def plan(request: SubmissionRequest, entries: Sequence[CustomerQualification]) -> Verdict | None:
    """
    Decide whether to submit.

    :param request: what is asked for.
    :param entries: the customer's qualifications as just read.
    :return: ``None`` to submit; otherwise the verdict that is there already, and nothing is to be sent.
    :raises PartnerCenterInvalidRequestError: if what the customer holds excludes what is asked for.
    """
    wanted = request.qualification
    verdict = request.judge(entries)
    if verdict.outcome in (Outcome.APPROVED, Outcome.IN_REVIEW):
        return verdict
    rival = EXCLUDES.get(wanted)
    if rival and judge(entries, rival).outcome in (Outcome.APPROVED, Outcome.IN_REVIEW):
        raise PartnerCenterInvalidRequestError(
            f"Customer {request.customer_id} holds {rival} or has it in review, which excludes {wanted}",
            hint="nothing was submitted; decide with the customer which of the two it needs",
        )
    if verdict.entry is None:
        return None
    if not names(request.resubmit_denied_of, verdict.entry):
        remark = f"resubmit_denied_of {request.resubmit_denied_of!r} does not name this denial, but another or none"
        return replace(verdict, remark=remark) if request.resubmit_denied_of else verdict
    if request.by_person or is_unmistakable(verdict.entry):
        return None
    remark = (
        f"{request.resubmit_denied_of!r} may name a later denial too, so only a run that a person starts may use it"
    )
    return replace(verdict, remark=remark)


def is_unmistakable(denial: CustomerQualification) -> bool:
    """Tell whether a later denial is sure to be named otherwise: it has a date, and not only the day."""
    date = denial.vetting_created_date
    return isinstance(date, datetime) and date.time() != time()


def names(resubmit_denied_of: str | None, denial: CustomerQualification) -> bool:
    """Tell whether a person named exactly this denial: by its date or, where it has none, its reason."""
    if resubmit_denied_of is None:
        return False
    if isinstance(denial.vetting_created_date, datetime):
        return parse_date(resubmit_denied_of) == denial.vetting_created_date
    # A date that cannot be read is a text like the reason; of a denial with neither, only the status can be named.
    texts = [text for text in (denial.vetting_created_date, denial.vetting_reason) if text] or [name_of(denial)]
    return key_of(resubmit_denied_of) in map(key_of, texts)


def name_of(denial: CustomerQualification) -> str:
    """Return what names a denial in ``resubmit_denied_of``."""
    date = denial.vetting_created_date
    if isinstance(date, datetime):
        return format_date(date)
    return date or denial.vetting_reason or str(denial.vetting_status)


# Texts of the pages api-change-log and sell-to-education-customers, which differ in letter case.
_ADVICE = {
    "notaneducationcustomer": "the customer must prove that it is a school: correct its legal name, address and e-mail",
    "nolongeraneducationcustomer": "Microsoft withdrew the status: ask Microsoft's support before anything else",
    "notaneducationcustomerafterreview": "Microsoft's reviewers decided: ask its support before a new request",
    "restrictedbeinganeducationcustomer": "Microsoft bars this customer: ask Microsoft's support",
    "notanacademicdomain": "the customer's domain is not academic: verify the school's own domain in its tenant",
    "notaneligiblelibrary": "the library does not meet Microsoft's rules for academic customers; check them with it",
    "notaneligiblemuseum": "the museum does not meet Microsoft's rules for academic customers; check them with it",
}


def advice(denial: CustomerQualification, left: int) -> str:
    """
    Say who must do what about a denial.

    :param left: how many verification requests are left at the most.
    """
    if not left:
        return "all verification requests are spent: ask Microsoft's support"
    known = _ADVICE.get(key_of(denial.vetting_reason or ""), "correct what the reason names, in the customer's account")
    return f"{known}; then a person may resubmit with resubmit_denied_of={name_of(denial)!r}"


def attempts_left(entries: Collection[CustomerQualification], wanted: Qualification) -> int:
    """Count down from three by the denials among these entries."""
    denials = {e for e in entries if e.qualification is wanted and e.vetting_status is VettingStatus.DENIED}
    return max(0, MAX_ATTEMPTS - max(1, len(denials)))


def describe(customer_id: str, verdict: Verdict, wanted: Qualification) -> dict[str, Any]:
    """
    Put a verdict into the plain dictionary that goes into XCom.

    :return: ``customer_id``, the members of :meth:`.CustomerQualification.to_dict` and ``outcome``; of a denial also
        ``hint`` (who must do what), ``resubmit_denied_of`` (what names it) and ``attempts_left``, an upper bound.
    """
    entry = verdict.entry or CustomerQualification(wanted)
    result = {"customer_id": customer_id, **entry.to_dict(), "outcome": verdict.outcome.value}
    if verdict.outcome is Outcome.DENIED:
        left = verdict.attempts_left
        result |= {"hint": advice(entry, left), "resubmit_denied_of": name_of(entry), "attempts_left": left}
    return result
