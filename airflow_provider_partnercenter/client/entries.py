"""Choose the entry of a customer that counts, and tell revocations from other denials."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification, VettingStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def current_entry(entries: Sequence[CustomerQualification], wanted: Qualification) -> CustomerQualification | None:
    """
    Choose the entry that counts when there are several of the wanted qualification.

    The entry with the newest date counts; if dates are equal, the last one. An undated entry that is not a denial takes
    precedence over a denial, but an undated approval does not take precedence over a revocation.
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
    outdone = {VettingStatus.DENIED, VettingStatus.APPROVED} if is_revocation(newest) else {VettingStatus.DENIED}
    undated = (e for e in mine if e.vetting_status not in outdone and not isinstance(e.vetting_created_date, datetime))
    return next(undated, newest)


def is_revocation(entry: CustomerQualification) -> bool:
    """Return whether a denial revokes a qualification that was granted ("No longer an Education Customer")."""
    return (entry.vetting_reason or "").strip().casefold().startswith("no longer")
