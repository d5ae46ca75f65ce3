"""What a reconciliation finds about a qualification, and the sentence about it for people. No I/O."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.wire import parse_date

if TYPE_CHECKING:
    from collections.abc import Mapping


class Standing(enum.StrEnum):
    """The state of one qualification of one customer."""

    GRANTED = "granted"
    IN_REVIEW = "in_review"
    STUCK = "stuck"
    """In review for too long."""
    DENIED = "denied"
    LOST = "lost"
    """It was granted once, and Microsoft withdrew it ("No longer …")."""
    MISSING = "missing"
    """Wanted, but there is neither the qualification nor a request for it."""
    UNLISTED = "unlisted"
    """Granted, but not wanted."""
    UNKNOWN_CUSTOMER = "unknown_customer"
    """Wanted for a customer that is not in the partner's list."""
    UNREADABLE = "unreadable"
    """The customer's qualifications could not be read."""


FINE = frozenset({Standing.GRANTED, Standing.IN_REVIEW})
_WORDS: dict[str, str] = {
    Standing.GRANTED: "is granted",
    Standing.IN_REVIEW: "is in review",
    Standing.STUCK: "has been in review for too long",
    Standing.DENIED: "was denied",
    Standing.LOST: "was withdrawn by Microsoft",
    Standing.MISSING: "is wanted, but neither granted nor requested",
    Standing.UNLISTED: "is granted, but not wanted",
    Standing.UNKNOWN_CUSTOMER: "is wanted for a customer that is not in the partner's list",
    Standing.UNREADABLE: "could not be read",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One qualification of one customer; every member is a plain JSON type.

    :param customer_id: the customer's tenant.
    :param company_name: the customer's name; ``None`` if it is not known.
    :param qualification: the qualification; ``None`` if the customer's qualifications could not be read.
    :param state: a :class:`Standing`.
    :param since: the date of the request, ISO 8601; ``None`` if there is none.
    :param reason: Microsoft's reason, or why the customer could not be read.
    :param hint: who must do what.
    :param correlation_id: of the call that failed, if the customer could not be read; Microsoft's support asks for it.
    :param acknowledged: whether a person has acknowledged exactly this.
    """

    customer_id: str
    company_name: str | None
    qualification: str | None
    state: str
    since: str | None = None
    reason: str | None = None
    hint: str | None = None
    correlation_id: str | None = None
    acknowledged: bool = False


def sentences(*parts: str | None) -> str:
    """Return the parts of a text as sentences; empty ones are left out."""
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)


def sentence(finding: Mapping[str, Any]) -> str:
    """
    Tell a person about a finding: the customer, what is wrong since when, Microsoft's reason, and what to do.

    :param finding: a dictionary of the report's ``findings``.
    """
    customer_id, name, state = finding["customer_id"], finding["company_name"], finding["state"]
    text = f"Customer {customer_id} ({name})" if name else f"Customer {customer_id}"
    text += f": {finding['qualification'] or 'its list of qualifications'} {_WORDS.get(state, state)}"
    if since := finding["since"]:
        day = since[:10] if parse_date(since) else since
        text += f", since {day}" if state == Standing.STUCK else f" (request of {day})"
    # Why a customer could not be read, this package says.
    whose = "Reason" if state == Standing.UNREADABLE else "Microsoft's reason"
    parts = (
        text,
        finding["reason"] and f"{whose}: {finding['reason']}",
        finding["hint"] and f"What to do: {finding['hint']}",
    )
    told = sentences(*parts)
    return f"{told} [correlation id {finding['correlation_id']}]" if finding.get("correlation_id") else told
