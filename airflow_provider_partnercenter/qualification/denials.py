"""How a denial is named, whether a later one could be mistaken for it, and what to do about it."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.wire import format_date, key_of, parse_date

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.models import CustomerQualification


def is_unmistakable(denial: CustomerQualification) -> bool:
    """Return whether a later denial cannot have the same name, because this one has a date with a time of day."""
    date = denial.vetting_created_date
    return isinstance(date, datetime) and date.time() != time()


def is_named_by(resubmit_denied_of: str | None, denial: CustomerQualification) -> bool:
    """Return whether a person named exactly this denial: by its date or, if it has none, by its reason."""
    if resubmit_denied_of is None:
        return False
    if isinstance(denial.vetting_created_date, datetime):
        return parse_date(resubmit_denied_of) == denial.vetting_created_date
    # An unreadable date is compared as a string, like the reason. A denial with neither is named by its status.
    texts = [text for text in (denial.vetting_created_date, denial.vetting_reason) if text] or [name_of(denial)]
    return key_of(resubmit_denied_of) in map(key_of, texts)


def name_of(denial: CustomerQualification) -> str:
    """Return the value of ``resubmit_denied_of`` that names a denial."""
    date = denial.vetting_created_date
    if isinstance(date, datetime):
        return format_date(date)
    return date or denial.vetting_reason or str(denial.vetting_status)


# Reasons from the pages api-change-log and sell-to-education-customers, which differ in letter case.
_ADVICE = {
    "notaneducationcustomer": "the customer must prove that it is a school: correct its legal name, address and e-mail",
    "nolongeraneducationcustomer": "Microsoft withdrew the status: ask Microsoft's support before anything else",
    "notaneducationcustomerafterreview": (
        "Microsoft's reviewers denied the request: ask Microsoft's support before a new request"
    ),
    "restrictedbeinganeducationcustomer": "Microsoft bars this customer: ask Microsoft's support",
    "notanacademicdomain": "the customer's domain is not academic: verify the school's own domain in its tenant",
    "notaneligiblelibrary": (
        "the library does not meet Microsoft's rules for academic customers: check the rules with the library"
    ),
    "notaneligiblemuseum": (
        "the museum does not meet Microsoft's rules for academic customers: check the rules with the museum"
    ),
}


def remedy(denial: CustomerQualification) -> str:
    """Return who must do what before a new request makes sense."""
    return _ADVICE.get(key_of(denial.vetting_reason or ""), "correct what the reason names in the customer's account")


def advice(denial: CustomerQualification, left: int, remark: str | None = None) -> str:
    """
    Return who must do what about a denial.

    :param left: how many verification requests are left at most.
    :param remark: why a request that named a denial was not sent; it comes first.
    """
    before = f"{remark}; " if remark else ""
    if not left:
        return f"{before}all verification requests are used up: ask Microsoft's support"
    return f"{before}{remedy(denial)}; then a person may resubmit with resubmit_denied_of={name_of(denial)!r}"
