"""
How one customer behaves, as data: when a verdict comes and which, what is held already, how answers look, what fails.

The magic customers, the server's defaults and the control API all speak in these types; nothing here does anything.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from airflow_provider_partnercenter.client.models import Qualification
    from airflow_provider_partnercenter.emulator.scenario.faults import Fault

NOT_EDUCATION = "Not an Education Customer"
NO_LONGER_EDUCATION = "No longer an Education Customer"
MAX_SECONDS = 10**9
"""The longest time that can be asked for, some thirty years: dates beyond the calendar would fail later."""


@dataclass(frozen=True, slots=True)
class After:
    """
    A point in the life of a request.

    :param seconds: so many seconds after the request was made; ``None`` if reads count.
    :param reads: after so many reads of the customer's qualifications, which still show what was before.
    """

    seconds: float | None = 0
    reads: int | None = None

    @classmethod
    def parse(cls, text: str) -> After | None:
        """
        Read ``at-once``, ``seconds:5``, ``reads:2`` or ``never``.

        :return: the point, or ``None`` for ``never``.
        :raises ValueError: if the text is none of these.
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
        raise ValueError(f"{text!r} is none of at-once, seconds:NUMBER, reads:NUMBER, never")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Microsoft decides: a status, and the reason of a denial."""

    status: str = "Approved"
    reason: str | None = None

    @classmethod
    def parse(cls, text: str) -> Verdict:
        """
        Read ``approve``, ``deny`` or ``deny:REASON``.

        :raises ValueError: if the text is none of these.
        """
        kind, _, reason = text.strip().partition(":")
        if kind == "approve" and not reason:
            return cls()
        if kind == "deny":
            return cls("Denied", reason.strip() or NOT_EDUCATION)
        raise ValueError(f"{text!r} is neither approve nor deny:REASON")


@dataclass(frozen=True, slots=True)
class Step:
    """From this point on the request has this verdict."""

    after: After
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Held:
    """
    A qualification that the customer has from the start.

    :param course: later changes; seconds count from the start of the emulator (or its reset).
    :param dated: whether answers carry the date; by default as Microsoft's samples do (see :mod:`.render`).
    """

    qualification: Qualification
    status: str | None = "Approved"
    reason: str | None = None
    created: datetime | None = None
    dated: bool | None = None
    course: tuple[Step, ...] = ()


class Shape(enum.StrEnum):
    """The forms in which the list of qualifications has been documented or met."""

    ARRAY = "array"
    WRAPPER = "wrapper"
    PASCAL_OBJECT = "pascal-object"
    BYTE_ORDER_MARK = "byte-order-mark"


class WhenEmpty(enum.StrEnum):
    """The answer for a customer without any qualification; what the service really sends is not known."""

    LIST = "empty-list"
    NONE_ENTRY = "none-entry"
    NO_CONTENT = "no-content"


@dataclass(frozen=True, slots=True)
class Company:
    """Who the customer is. A customer without ``address_line1`` has no address at all."""

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
    Everything about a customer that differs from the ordinary one.

    :param course: what becomes of a vetted request, in order; ``None`` for the server's default, empty for never.
    :param held: what the customer holds from the start.
    :param propagation: for so many seconds after a submission, reads still show the state before it.
    :param keep_old_entries: whether a resubmission is listed next to the denied request instead of replacing it.
    :param spent_attempts: Education requests that were made before the emulator started.
    :param account_status: answer of the anti-fraud check ``validationStatus``; ``None`` if there is none.
    :param has_relationship: whether the partner may see the customer.
    :param exists: whether there is such a customer at all.
    :param company: members of :class:`Company` that differ from the generated ones.
    """

    course: tuple[Step, ...] | None = None
    held: tuple[Held, ...] = ()
    shape: Shape = Shape.ARRAY
    when_empty: WhenEmpty = WhenEmpty.LIST
    propagation: float = 0
    keep_old_entries: bool = False
    spent_attempts: int = 0
    account_status: str | None = "Allowed"
    has_relationship: bool = True
    exists: bool = True
    faults: tuple[Fault, ...] = ()
    company: tuple[tuple[str, Any], ...] = ()


def course(after: After | None, verdict: Verdict) -> tuple[Step, ...]:
    """Return the course of a request with one verdict; without a point in time it is never decided."""
    return () if after is None else (Step(after, verdict),)


def approved(seconds: float) -> tuple[Step, ...]:
    """Return the course of a request that is approved after so many seconds."""
    return course(After(seconds), Verdict())


def denied(seconds: float, reason: str = NOT_EDUCATION) -> tuple[Step, ...]:
    """Return the course of a request that is denied after so many seconds."""
    return course(After(seconds), Verdict("Denied", reason))


def withdrawn(seconds: float) -> tuple[Step, ...]:
    """Return the course of a request that is approved at once and denied so many seconds later."""
    return *approved(0), *denied(seconds, NO_LONGER_EDUCATION)


def check_members(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """
    Check that a JSON object names only members of a dataclass.

    :raises ValueError: with the members there are.
    """
    known = [field.name for field in fields(kind)]
    if unknown := sorted(set(values) - set(known)):
        raise ValueError(f"unknown: {', '.join(unknown)}; there are: {', '.join(known)}")
    return dict(values)
