"""
The behaviour of one customer, as data: its vetting, its initial qualifications, the shape of its answers, its faults.

The magic customers, the server's defaults and the control API all use these types. This module only describes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_provider_partnercenter.client.models import Qualification
    from airflow_provider_partnercenter.emulator.scenario.faults import Fault

NOT_EDUCATION = "Not an Education Customer"
NO_LONGER_EDUCATION = "No longer an Education Customer"
MAX_SECONDS = 10**9
"""The longest accepted time, about thirty years; longer ones could lead to dates that Python cannot represent."""


@dataclass(frozen=True, slots=True)
class After:
    """
    A point in the life of a request, in seconds or in reads.

    :param seconds: the seconds since the request was made; ``None`` if ``reads`` is given.
    :param reads: the number of reads of the customer's qualifications that still show the earlier state.
    """

    seconds: float | None = 0
    reads: int | None = None

    @classmethod
    def parse(cls, text: str) -> After | None:
        """
        Parse ``at-once``, ``seconds:5``, ``reads:2`` or ``never``.

        :return: the point, or ``None`` for ``never``.
        :raises ValueError: if the string is none of these.
        """
        kind, _, number = text.strip().partition(":")
        try:
            if kind in ("at-once", "never") and not number:
                return cls() if kind == "at-once" else None
            if kind == "seconds" and 0 <= float(number) <= MAX_SECONDS:
                return cls(seconds=float(number))
            if kind == "reads" and int(number) >= 0:
                return cls(seconds=None, reads=int(number))
        except ValueError:
            pass
        raise ValueError(f"must be at-once, seconds:NUMBER, reads:NUMBER or never, not {text[:100]!r}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Microsoft's decision: a status, and the reason of a denial."""

    status: str = "Approved"
    reason: str | None = None

    @classmethod
    def parse(cls, text: str) -> Verdict:
        """
        Parse ``approve``, ``deny`` or ``deny:REASON``.

        :raises ValueError: if the string is none of these.
        """
        kind, _, reason = text.strip().partition(":")
        if kind == "approve" and not reason:
            return cls()
        if kind == "deny":
            return cls("Denied", reason.strip() or NOT_EDUCATION)
        raise ValueError(f"must be approve, deny or deny:REASON, not {text[:100]!r}")


@dataclass(frozen=True, slots=True)
class Step:
    """A change of a request's verdict: from the point ``after`` on, the request has ``verdict``."""

    after: After
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Held:
    """
    A qualification that the customer has from the start.

    :param qualification: the qualification.
    :param status: the vetting status; ``None`` if the qualification is not vetted.
    :param reason: the vetting reason.
    :param created: the date of the request; ``None`` for the current time.
    :param dated: whether answers contain the date; ``None`` for what Microsoft's samples do (see :mod:`.render`).
    :param course: later changes of the verdict; seconds count from the start of the emulator or its last reset.
    """

    qualification: Qualification
    status: str | None = "Approved"
    reason: str | None = None
    created: datetime | None = None
    dated: bool | None = None
    course: tuple[Step, ...] = ()


class Shape(enum.StrEnum):
    """The shapes of the list of qualifications that have been documented or observed."""

    ARRAY = "array"
    WRAPPER = "wrapper"
    PASCAL_OBJECT = "pascal-object"
    BYTE_ORDER_MARK = "byte-order-mark"
    COLLECTION = "collection"


class WhenEmpty(enum.StrEnum):
    """The answer for a customer without any qualification; the real service's answer is not known."""

    LIST = "empty-list"
    NONE_ENTRY = "none-entry"
    NO_CONTENT = "no-content"


class Dates(enum.StrEnum):
    """Which dates answers contain: as in Microsoft's samples, none, or .NET's value of a date that was never set."""

    SAMPLES = "samples"
    NONE = "none"
    YEAR_ONE = "year-one"


@dataclass(frozen=True, slots=True)
class Company:
    """The customer's company data; a customer without ``address_line1`` has no address at all."""

    company_name: str
    domain: str
    email: str
    address_line1: str | None = "1 School Street"
    city: str = "Springfield"
    state: str = "IL"
    postal_code: str = "62701"
    country: str = "US"
    relationship: str = "reseller"
    allow_delegated_access: bool = True


@dataclass(frozen=True, slots=True)
class Behaviour:
    """
    A customer's behaviour; the defaults are those of an ordinary customer.

    :param course: the verdicts of a vetted request, in order; ``None`` for the server's default. With an empty course,
        a request is never decided.
    :param held: the qualifications that the customer has from the start.
    :param shape: the shape of the answers about qualifications.
    :param when_empty: the answer to a read if the customer has no qualification.
    :param dates: which dates the answers to reads contain.
    :param empty_reads: the numbers of the reads that show nothing although a request was submitted, as if a server
        with outdated data answered. Read 1 is the first one that would otherwise show the request.
    :param propagation: the seconds after a submission for which reads still show the earlier state.
    :param keep_old_entries: whether a resubmission is listed next to the denied request instead of replacing it.
    :param spent_attempts: the number of Education requests made before the emulator started.
    :param account_status: the answer of the anti-fraud check ``validationStatus``; ``None`` for a 404.
    :param has_relationship: whether the customer has a relationship with the partner.
    :param exists: whether the customer exists.
    :param listed: whether the list of the partner's customers contains it. Customers whose answers are about the caller
        are not listed: whoever reads all customers would be held up by them, or stop.
    :param faults: the faults that the customer's requests meet.
    :param company: the members of :class:`Company` that differ from the generated ones.
    """

    course: tuple[Step, ...] | None = None
    held: tuple[Held, ...] = ()
    shape: Shape = Shape.ARRAY
    when_empty: WhenEmpty = WhenEmpty.LIST
    dates: Dates = Dates.SAMPLES
    empty_reads: tuple[int, ...] = ()
    propagation: float = 0
    keep_old_entries: bool = False
    spent_attempts: int = 0
    account_status: str | None = "Allowed"
    has_relationship: bool = True
    exists: bool = True
    listed: bool = True
    faults: tuple[Fault, ...] = ()
    company: tuple[tuple[str, Any], ...] = ()


def course(after: After | None, verdict: Verdict) -> tuple[Step, ...]:
    """Return the course of a request with one verdict; if ``after`` is ``None``, it is never decided."""
    return () if after is None else (Step(after, verdict),)


def approved(seconds: float) -> tuple[Step, ...]:
    """Return the course of a request that is approved after ``seconds``."""
    return course(After(seconds), Verdict())


def denied(seconds: float, reason: str = NOT_EDUCATION) -> tuple[Step, ...]:
    """Return the course of a request that is denied after ``seconds``."""
    return course(After(seconds), Verdict("Denied", reason))


def withdrawn(seconds: float) -> tuple[Step, ...]:
    """Return the course of a request that is approved at once and denied ``seconds`` later."""
    return *approved(0), *denied(seconds, NO_LONGER_EDUCATION)
