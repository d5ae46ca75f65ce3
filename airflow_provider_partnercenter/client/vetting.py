"""
What a customer's list of qualifications means for the one that is wanted: pure decisions.

The rules are those of the page ``update-customer-qualification-asynchronous`` and of the portal page
``sell-to-education-customers``: at most three verification requests in a customer's life, reviewed by name, address and
e-mail domain.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.arguments import customer_guid, given, to_qualification, to_segment
from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import (
    Customer,
    CustomerQualification,
    EducationSegment,
    Qualification,
    VettingStatus,
)
from airflow_provider_partnercenter.client.wire import format_date, key_of, parse_date

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MAX_ATTEMPTS = 3
# Microsoft reviews these; a StateOwnedEntity is granted as it is requested.
VETTED = frozenset({Qualification.EDUCATION, Qualification.GOVERNMENT_COMMUNITY_CLOUD})
SUBMITTABLE = VETTED | {Qualification.STATE_OWNED_ENTITY}
_EXCLUDES = {
    Qualification.EDUCATION: Qualification.GOVERNMENT_COMMUNITY_CLOUD,
    Qualification.GOVERNMENT_COMMUNITY_CLOUD: Qualification.EDUCATION,
}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


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
    """

    outcome: Outcome
    entry: CustomerQualification | None = None
    remark: str | None = None


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
        return Verdict(Outcome.ABSENT if entry in before else Outcome.DENIED, entry)
    if status is VettingStatus.IN_REVIEW:
        return Verdict(Outcome.IN_REVIEW, entry)
    remark = f"vetting status {status!r} is unknown; taken as in review (success_statuses and failure_statuses map it)"
    return Verdict(Outcome.IN_REVIEW, entry, remark)


def current_entry(entries: Sequence[CustomerQualification], wanted: Qualification) -> CustomerQualification | None:
    """
    Choose the entry that counts when there are several of the wanted qualification.

    The newest date wins and of equals the last. Not every entry has a date, though: an undated one that is no denial
    beats a denial, but not an approval that is *no longer* true.
    """
    mine = [entry for entry in entries if entry.qualification is wanted]
    if not mine:
        return None

    def age(numbered: tuple[int, CustomerQualification]) -> tuple[datetime, int]:
        date = numbered[1].vetting_created_date
        return (date if isinstance(date, datetime) else _LONG_AGO, numbered[0])

    newest = max(enumerate(mine), key=age)[1]
    if newest.vetting_status is not VettingStatus.DENIED:
        return newest
    outdone = {VettingStatus.DENIED, VettingStatus.APPROVED} if _is_revocation(newest) else {VettingStatus.DENIED}
    undated = (e for e in mine if e.vetting_status not in outdone and not isinstance(e.vetting_created_date, datetime))
    return next(undated, newest)


def _is_revocation(entry: CustomerQualification) -> bool:
    return (entry.vetting_reason or "").strip().casefold().startswith("no longer")


@dataclass(frozen=True, slots=True)
class SubmissionRequest:
    """
    A qualification that a partner asks for; made by :meth:`checked`.

    :param customer_id: the customer's tenant, a GUID.
    :param qualification: ``Education``, ``GovernmentCommunityCloud`` or ``StateOwnedEntity``.
    :param education_segment: goes with ``Education``.
    :param website: the school's host name, optional with ``Education``.
    :param validation_code: goes with ``GovernmentCommunityCloud``.
    :param resubmit_denied_of: names the denial that may be followed by a new request: its ``vetting_created_date``, or
        its reason where it has no date.
    """

    customer_id: str
    qualification: Qualification
    education_segment: EducationSegment | None = None
    website: str | None = None
    validation_code: str | None = None
    resubmit_denied_of: str | None = None

    @classmethod
    def checked(
        cls,
        customer_id: object,
        qualification: Qualification | str,
        *,
        education_segment: EducationSegment | str | None = None,
        website: str | None = None,
        validation_code: object = None,
        resubmit_denied_of: object = None,
        legacy: bool = False,
    ) -> SubmissionRequest:
        """
        Check what a caller asks for, before anything is sent. What does not belong to the qualification is left out.

        :param legacy: whether the legacy endpoint is to be used, which knows neither segment nor StateOwnedEntity.
        :raises PartnerCenterInvalidRequestError: naming the argument that is wrong or missing.
        """
        customer, wanted = customer_guid(customer_id), to_qualification(qualification)
        segment, code = to_segment(education_segment), given(validation_code)
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
                hint="give a validation id of the partner's codes (PartnerCenterHook.get_validation_codes)",
            )
        return cls(
            customer,
            wanted,
            segment if education else None,
            given(website) if education else None,
            code if government else None,
            given(resubmit_denied_of),
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
    verdict = judge(entries, wanted)
    if verdict.outcome in (Outcome.APPROVED, Outcome.IN_REVIEW):
        return verdict
    rival = _EXCLUDES.get(wanted)
    if rival and judge(entries, rival).outcome in (Outcome.APPROVED, Outcome.IN_REVIEW):
        raise PartnerCenterInvalidRequestError(
            f"Customer {request.customer_id} holds {rival} or has it in review, which excludes {wanted}",
            hint="nothing was submitted; decide with the customer which of the two it needs",
        )
    if verdict.outcome is Outcome.DENIED and not (verdict.entry and names(request.resubmit_denied_of, verdict.entry)):
        return verdict
    return None


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


_FREE_MAIL = frozenset(
    [
        "aol.com",
        "fastmail.com",
        "gmail.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "web.de",
        "yahoo.com",
        "yandex.com",
        "yandex.ru",
        "zoho.com",
    ]
)


def preflight(customer: Customer) -> list[str]:
    """
    Find what gets an Education request denied: Microsoft reviews it by legal name, address and e-mail domain.

    :param customer: as read from the API.
    :return: the problems in words, none if there are none.
    """
    if customer.allow_delegated_access is False and not customer.email and not customer.address.address_line1:
        return ["address and e-mail cannot be checked: the partner has no delegated access to the customer"]
    problems = []
    if not customer.company_name:
        problems.append("the customer has no company name")
    address = customer.address
    if not (address.address_line1 and address.city and address.country):
        problems.append("the customer's address is missing or incomplete (street, city and country are reviewed)")
    domain = (customer.email or "").rpartition("@")[2].lower()
    if not domain:
        problems.append("the customer has no e-mail address")
    elif domain in _FREE_MAIL:
        problems.append(f"the customer's e-mail address is at {domain}, a free mail service")
    elif domain.endswith(".onmicrosoft.com"):
        problems.append(f"the customer's e-mail address is at {domain}; an own domain is expected")
    domains = [name.lower() for name in (customer.domain, *customer.custom_domains) if name]
    if domains and all(name.endswith(".onmicrosoft.com") for name in domains):
        problems.append("the customer has no domain of its own, only onmicrosoft.com")
    return problems


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


def advice(denial: CustomerQualification) -> str:
    """Say who must do what about a denial."""
    known = _ADVICE.get(key_of(denial.vetting_reason or ""), "correct what the reason names, in the customer's account")
    return f"{known}; then a person may resubmit with resubmit_denied_of={name_of(denial)!r}"


def attempts_left(entries: Collection[CustomerQualification], wanted: Qualification) -> int:
    """Return how many verification requests are left at the most; the API shows denials, not the count itself."""
    denials = {e for e in entries if e.qualification is wanted and e.vetting_status is VettingStatus.DENIED}
    return max(0, MAX_ATTEMPTS - len(denials))


def describe(
    customer_id: str, verdict: Verdict, wanted: Qualification, earlier: Collection[CustomerQualification] = ()
) -> dict[str, Any]:
    """
    Put a verdict into the plain dictionary that goes into XCom.

    :param earlier: what was read before a submission; denials in it are attempts that were spent.
    :return: ``customer_id``, the members of :meth:`.CustomerQualification.to_dict` and ``outcome``; of a denial also
        ``hint`` (who must do what) and ``attempts_left``, which is an upper bound.
    """
    entry = verdict.entry or CustomerQualification(wanted)
    result = {"customer_id": customer_id, **entry.to_dict(), "outcome": verdict.outcome.value}
    if verdict.outcome is Outcome.DENIED:
        result |= {"hint": advice(entry), "attempts_left": attempts_left({entry, *earlier}, wanted)}
    return result
