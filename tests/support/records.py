"""Records that tests judge and wait by: a customer's entries, and the result of a submission."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification
from airflow_provider_partnercenter.qualification.waiting.wait import Wait, WaitOptions, begin_wait
from tests.support.bench import CUSTOMER, EPOCH

EDU, GCC, SOE = (
    Qualification.EDUCATION,
    Qualification.GOVERNMENT_COMMUNITY_CLOUD,
    Qualification.STATE_OWNED_ENTITY,
)


def entry(
    status: str | None = None, day: int | str | None = None, reason: str | None = None, of: Qualification = EDU
) -> CustomerQualification:
    """Return an entry; a day is one of January 2024, a text stands for the date as the service may send it."""
    date = f"2024-01-{day:02}T00:00:00Z" if isinstance(day, int) else day
    return CustomerQualification.from_json(
        {"qualification": str(of), "vettingStatus": status, "vettingReason": reason, "vettingCreatedDate": date}
    )


DENIED_1, DENIED_2 = entry("Denied", 1, "Not an Academic Domain"), entry("Denied", 2, "Not an Academic Domain")
REVIEW_1, REVIEW_2, REVIEW = entry("InReview", 1), entry("InReview", 2), entry("InReview")
APPROVED, APPROVED_1, APPROVED_2 = entry("Approved"), entry("Approved", 1), entry("Approved", 2)
REVOKED_2 = entry("Denied", 2, "no longer an education customer")
UNDATED_DENIAL = entry("Denied", None, "Not an eligible Library")
EARLIER = {
    "qualification": "Education",
    "vetting_status": "Denied",
    "vetting_reason": "Not an Education Customer",
    "vetting_created_date": "2025-01-02T03:04:05+00:00",
}
SUBMISSION: dict[str, Any] = {
    "customer_id": CUSTOMER,
    "qualification": "Education",
    "vetting_status": "InReview",
    "vetting_reason": None,
    "vetting_created_date": "2025-06-15T15:06:40+00:00",
    "outcome": "in_review",
    "submitted": True,
    "submitted_at": datetime.fromtimestamp(EPOCH - 50, UTC).isoformat(),
    "request_id": "request",
    "correlation_id": "correlation",
    "baseline": [EARLIER],
    "preflight": [],
}


def begun(submission: dict[str, Any] | None = None, options: WaitOptions | None = None, **arguments: Any) -> Wait:
    """Return the wait for an Education request that begins now and lasts 1,000 seconds."""
    options = options or WaitOptions(timeout=1000)
    return begin_wait(CUSTOMER, Qualification.EDUCATION, options, submission=submission, **arguments)
