"""
Magic customers: fixed ids with a predictable outcome, like the test cards of a payment provider.

This table is the only place that lists them, including those of :mod:`.magic_faults`. ``--help``,
``GET /emulator/magic``, the state and the tests read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.emulator.scenario import magic_faults
from airflow_provider_partnercenter.emulator.scenario.behaviour import (
    NO_LONGER_EDUCATION,
    NOT_EDUCATION,
    After,
    Behaviour,
    Dates,
    Held,
    Shape,
    Step,
    Verdict,
    WhenEmpty,
    approved,
    course,
    denied,
    withdrawn,
)
from airflow_provider_partnercenter.emulator.scenario.faults import throttled
from airflow_provider_partnercenter.emulator.scenario.ids import ordinary_id

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "BY_ID",
    "BY_NAME",
    "EDUCATION",
    "FAMILIES",
    "GCC",
    "LONG_AGO",
    "MAX_NUMBER",
    "TABLE",
    "Family",
    "MagicCustomer",
    "approved_after",
    "customer_id",
    "denied_after",
    "describe",
    "find",
    "id_of",
    "ordinary_id",
    "propagates_after",
    "rows",
    "throttled_times",
    "withdrawn_after",
]

EDUCATION, GCC = Qualification.EDUCATION, Qualification.GOVERNMENT_COMMUNITY_CLOUD
LONG_AGO = datetime(2026, 1, 15, 9, 30, 0, 885000, UTC)


@dataclass(frozen=True, slots=True)
class MagicCustomer:
    """
    One row of the table.

    :param name: the unique name, for example ``"approved-after-5s"``.
    :param customer_id: the GUID, in lower case.
    :param summary: what happens, for the help text.
    :param behaviour: how the emulator treats the customer.
    """

    name: str
    customer_id: str
    summary: str
    behaviour: Behaviour


def _row(number: int, name: str, summary: str, behaviour: Behaviour) -> MagicCustomer:
    return MagicCustomer(name, f"00000000-0000-4000-8000-{number:012d}", summary, behaviour)


def _denied(number: int, name: str, reason: str) -> MagicCustomer:
    return _row(number, name, f"a request is denied at once: {reason}", Behaviour(denied(0, reason)))


def _shape(number: int, name: str, summary: str, **members: Any) -> MagicCustomer:
    # One read shows the request in review and the next one approved, so that each stage is seen in this shape.
    one_read = course(After(None, 1), Verdict())
    return _row(number, name, summary, Behaviour(one_read, **members))


def _company(number: int, name: str, summary: str, **company: str | bool | None) -> MagicCustomer:
    behaviour = Behaviour(denied(0, "Not an Academic Domain"), company=tuple(company.items()))
    return _row(number, name, f"{summary}; a request is denied at once", behaviour)


_WITHDRAWN = Held(EDUCATION, course=(Step(After(None, 2), Verdict("Denied", NO_LONGER_EDUCATION)),), created=LONG_AGO)

TABLE: tuple[MagicCustomer, ...] = (
    # Vetting
    _row(1, "approved-at-once", "a request is approved at once", Behaviour(approved(0))),
    _row(2, "approved-after-5s", "a request is approved after 5 seconds", Behaviour(approved(5))),
    _row(3, "approved-after-20s", "a request is approved after 20 seconds", Behaviour(approved(20))),
    _row(4, "denied-after-5s", f"a request is denied after 5 seconds: {NOT_EDUCATION}", Behaviour(denied(5))),
    _row(5, "never-decided", "a request stays in review forever", Behaviour(())),
    _row(
        6,
        "unknown-status",
        "a request gets the unknown status Escalated at once and keeps it",
        Behaviour(course(After(), Verdict("Escalated"))),
    ),
    _row(
        7,
        "unknown-status-then-approved",
        "a request gets the unknown status Escalated at once and is approved after 5 seconds",
        Behaviour((*course(After(), Verdict("Escalated")), *approved(5))),
    ),
    _row(
        8,
        "slow-propagation",
        "reads show a request only after 5 seconds; it is approved after 7 seconds",
        Behaviour(approved(7), propagation=5),
    ),
    _row(9, "approval-withdrawn", f"a request is approved at once and denied 5 seconds later: {NO_LONGER_EDUCATION}",
         Behaviour(withdrawn(5))),
    # Denials, with every reason that Microsoft has published
    _denied(10, "denied-not-education", NOT_EDUCATION),
    _denied(11, "denied-no-longer-education", NO_LONGER_EDUCATION),
    _denied(12, "denied-after-review", "Not an Education Customer - After Review"),
    _denied(13, "denied-restricted", "Restricted being an Education Customer"),
    _denied(14, "denied-not-academic-domain", "Not an Academic Domain"),
    _denied(15, "denied-not-library", "Not an eligible Library"),
    _denied(16, "denied-not-museum", "Not an eligible Museum"),
    # Held from the start
    _row(20, "education-held", "has an approved Education request",
         Behaviour(held=(Held(EDUCATION, created=LONG_AGO),))),
    _row(
        21,
        "education-in-review",
        "has an Education request in review that is never decided",
        Behaviour(held=(Held(EDUCATION, "InReview", created=LONG_AGO),)),
    ),
    _row(
        22,
        "education-denied",
        "has a denied Education request; a new request is approved at once",
        Behaviour(approved(0), (Held(EDUCATION, "Denied", NOT_EDUCATION, LONG_AGO),), spent_attempts=1),
    ),
    _row(
        23,
        "education-denied-undated",
        "has a denied Education request without a date; a new request is approved at once",
        Behaviour(approved(0), (Held(EDUCATION, "Denied", NOT_EDUCATION, LONG_AGO, dated=False),), spent_attempts=1),
    ),
    _row(
        24,
        "education-denied-again",
        "has a denied Education request; a new request is denied at once",
        Behaviour(denied(0), (Held(EDUCATION, "Denied", NOT_EDUCATION, LONG_AGO),), spent_attempts=1),
    ),
    _row(
        25,
        "attempts-used-up",
        "has a denied Education request and no attempt left",
        Behaviour(held=(Held(EDUCATION, "Denied", NOT_EDUCATION, LONG_AGO),), spent_attempts=3),
    ),
    _row(
        26,
        "keeps-old-entries",
        "has a denied Education request that stays listed next to a new request; a new request is approved at once",
        Behaviour(
            approved(0),
            (Held(EDUCATION, "Denied", NOT_EDUCATION, LONG_AGO),),
            keep_old_entries=True,
            spent_attempts=1,
        ),
    ),
    _row(27, "education-withdrawn", f"has an approved Education request, denied after two reads: {NO_LONGER_EDUCATION}",
         Behaviour(approved(0), (_WITHDRAWN,))),
    _row(28, "gcc-held", "has an approved GovernmentCommunityCloud request",
         Behaviour(held=(Held(GCC, created=LONG_AGO),))),
    _row(
        29,
        "state-owned-held",
        "has StateOwnedEntity, which is not vetted",
        Behaviour(approved(0), (Held(Qualification.STATE_OWNED_ENTITY, None, created=LONG_AGO),)),
    ),
    # Shapes of the answer
    _shape(30, "shape-wrapper", 'answers have the shape {"qualifications": [...]}', shape=Shape.WRAPPER),
    _row(
        31,
        "shape-pascal-case",
        "has a denied Education request of 07/09/2020: 00:00:00; answers are one PascalCase object; "
        "a new request is approved after one read",
        Behaviour(
            course(After(None, 1), Verdict()),
            (Held(EDUCATION, "Denied", "Not an education customer", datetime(2020, 7, 9, tzinfo=UTC)),),
            shape=Shape.PASCAL_OBJECT,
            spent_attempts=1,
        ),
    ),
    _shape(32, "shape-byte-order-mark", "answers begin with a byte-order mark", shape=Shape.BYTE_ORDER_MARK),
    _shape(33, "unqualified-none-entry", 'reads before a request are answered with [{"qualification":"None"}]',
           when_empty=WhenEmpty.NONE_ENTRY),
    _shape(34, "unqualified-no-content", "reads before a request are answered with 204",
           when_empty=WhenEmpty.NO_CONTENT),
    _shape(39, "shape-collection", "answers are a collection with items and totalCount", shape=Shape.COLLECTION),
    # Dates and reads that mislead
    _row(35, "denied-undated", f"a request is denied after one read, without a date: {NOT_EDUCATION}",
         Behaviour(course(After(None, 1), Verdict("Denied", NOT_EDUCATION)), dates=Dates.NONE)),
    _row(36, "denied-year-one", "a request is denied after one read; its date is 0001-01-01T00:00:00, as if never set",
         Behaviour(course(After(None, 1), Verdict("Denied", NOT_EDUCATION)), dates=Dates.YEAR_ONE)),
    _row(37, "approved-year-one",
         "has a denied Education request; a new one is approved after one read; all dates are 0001-01-01T00:00:00",
         Behaviour(course(After(None, 1), Verdict()), (Held(EDUCATION, "Denied", NOT_EDUCATION, LONG_AGO),),
                   dates=Dates.YEAR_ONE, spent_attempts=1)),
    _row(38, "empty-read", "the second read of a request shows nothing; it is approved after four reads",
         Behaviour(course(After(None, 3), Verdict()), empty_reads=(2,))),
    # Company data
    _company(40, "no-address", "has no address", address_line1=None),
    _company(41, "onmicrosoft-domain", "has only an onmicrosoft.com domain", domain="contososchool41.onmicrosoft.com"),
    _company(42, "free-mail", "has an e-mail address of a free mail service", email="contososchool42@outlook.com"),
    _row(
        43,
        "no-delegated-access",
        "shows no address, e-mail or domains; a request is approved at once",
        Behaviour(approved(0), company=(("allow_delegated_access", False),)),
    ),
    _row(
        44,
        "account-status-missing",
        "has no account status (404, 600074); a request is approved at once",
        Behaviour(approved(0), account_status=None),
    ),
    # Refusals
    _row(50, "no-relationship", "has no relationship with the partner (403, 20002)", Behaviour(has_relationship=False)),
    _row(51, "unknown-customer", "does not exist (404, 1000)", Behaviour(exists=False)),
    # Faults, which strike only /qualification and /qualifications
    *(_row(*row) for row in magic_faults.ROWS),
)  # fmt: skip

BY_NAME = {row.name: row for row in TABLE}
BY_ID = {row.customer_id: row for row in TABLE}
MAX_NUMBER = 1_000_000


@dataclass(frozen=True, slots=True)
class Family:
    """
    Customers whose id ends in a number below :data:`MAX_NUMBER`, written with twelve decimal digits.

    A member that is listed appears in the partner's list of customers after its id was first used.

    :param name: the first part of a member's name.
    :param prefix: the id without the number.
    :param summary: what happens, for the help text.
    :param behaviour: returns the behaviour of the member with this number.
    :param unit: the text that follows the number in a member's name, for example ``s`` for seconds.
    """

    name: str
    prefix: str
    summary: str
    behaviour: Callable[[int], Behaviour]
    unit: str = "s"

    def member(self, number: int) -> str:
        """Return the id of the member with this number."""
        return f"{self.prefix}{number:012d}"

    @property
    def pattern(self) -> str:
        """The pattern of the ids, for the help text."""
        return f"{self.prefix}0000000000SS"


def _family(number: int, name: str, summary: str, behaviour: Callable[[int], Behaviour], unit: str = "s") -> Family:
    return Family(name, f"00000000-0000-4000-800{number}-", summary, behaviour, unit)


_APPROVED = _family(1, "approved-after", "a request is approved after SS seconds", lambda n: Behaviour(approved(n)))
_DENIED = _family(2, "denied-after", "a request is denied after SS seconds", lambda n: Behaviour(denied(n)))
_PROPAGATES = _family(3, "propagates-after",
                      "reads show a request only after SS seconds; it is approved 2 seconds later",
                      lambda n: Behaviour(approved(n + 2), propagation=n))  # fmt: skip
_THROTTLED = _family(4, "throttled-times",
                     "the first SS requests of each method get a 429, Retry-After 1 (not in GET /customers)",
                     lambda n: Behaviour(approved(0), faults=(throttled(1, n),), listed=False), unit="x")  # fmt: skip
_WITHDRAWN_AFTER = _family(5, "withdrawn-after", "a request is approved at once and denied after SS seconds",
                           lambda n: Behaviour(withdrawn(n)))  # fmt: skip
FAMILIES = (_APPROVED, _DENIED, _PROPAGATES, _THROTTLED, _WITHDRAWN_AFTER)


def customer_id(name: str) -> str:
    """
    Return the id of a magic customer.

    :param name: its name in the table, for example ``"approved-after-5s"``.
    :raises KeyError: if no magic customer has that name.
    """
    return BY_NAME[name].customer_id


def approved_after(seconds: int) -> str:
    """Return the id of a customer whose request is approved after ``seconds`` (0 to 999999)."""
    return _APPROVED.member(seconds)


def denied_after(seconds: int) -> str:
    """Return the id of a customer whose request is denied after ``seconds`` (0 to 999999)."""
    return _DENIED.member(seconds)


def propagates_after(seconds: int) -> str:
    """Return the id of a customer whose request appears in reads only after ``seconds`` (0 to 999999)."""
    return _PROPAGATES.member(seconds)


def throttled_times(number: int) -> str:
    """Return the id of a customer whose first ``number`` (0 to 999999) requests of each method get a 429."""
    return _THROTTLED.member(number)


def withdrawn_after(seconds: int) -> str:
    """Return the id of a customer whose request is approved at once and denied after ``seconds`` (0 to 999999)."""
    return _WITHDRAWN_AFTER.member(seconds)


def find(wanted_id: str) -> MagicCustomer | None:
    """
    Look up a customer id in the table and in the families.

    :param wanted_id: a GUID in lower case.
    :return: the magic customer, or ``None`` if the id is not magic.
    """
    if row := BY_ID.get(wanted_id):
        return row
    prefix, digits = wanted_id[:-12], wanted_id[-12:]
    family = next((family for family in FAMILIES if family.prefix == prefix), None)
    if family is None or not digits.isdecimal() or int(digits) >= MAX_NUMBER:
        return None
    number = int(digits)
    return MagicCustomer(f"{family.name}-{number}{family.unit}", wanted_id, family.summary, family.behaviour(number))


def rows() -> list[tuple[str, str, str]]:
    """Return the name, id and summary of every magic customer and family; a family's id is a pattern."""
    return [(row.name, row.customer_id, row.summary) for row in TABLE] + [
        (family.name, family.pattern, family.summary) for family in FAMILIES
    ]


def describe(indent: str = "  ") -> str:
    """Describe the magic customers as text: one line for each row of the table, and one for each family of ids."""
    width = max(len(name) for name, _, _ in rows())
    return "\n".join(f"{indent}{name:<{width}}  {row_id:<36}  {summary}" for name, row_id, summary in rows())


def id_of(customer: str) -> str:
    """Return the id of a magic customer that is given by its name; anything else stays as it is."""
    row = BY_NAME.get(customer)
    return row.customer_id if row else customer
