"""
Magic customers: fixed ids with a predictable fate, like the test cards of a payment provider.

This table is the only place that lists them. ``--help``, ``GET /emulator/magic``, the state and the tests read it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.emulator.behaviour import (
    NO_LONGER_EDUCATION,
    NOT_EDUCATION,
    After,
    Behaviour,
    Fault,
    FaultKind,
    Held,
    Shape,
    Step,
    Verdict,
    WhenEmpty,
    approved,
    course,
    denied,
)

EDUCATION, GCC = Qualification.EDUCATION, Qualification.GOVERNMENT_COMMUNITY_CLOUD
LONG_AGO = datetime(2026, 1, 15, 9, 30, 0, 885000, UTC)


@dataclass(frozen=True, slots=True)
class MagicCustomer:
    """
    One row of the table.

    :param summary: what happens, for readers of the documentation.
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
    # One read shows the request in review, the next one approved: every stage is seen in that shape.
    one_read = course(After(None, 1), Verdict())
    return _row(number, name, summary, Behaviour(one_read, **members))


def _company(number: int, name: str, summary: str, **company: str | bool | None) -> MagicCustomer:
    behaviour = Behaviour(denied(0, "Not an Academic Domain"), company=tuple(company.items()))
    return _row(number, name, f"{summary}; a request is denied at once", behaviour)


def _faulty(number: int, name: str, summary: str, fault: Fault, propagation: float = 0) -> MagicCustomer:
    return _row(number, name, summary, Behaviour(approved(0), faults=(fault,), propagation=propagation))


def _answer(status: int, body: str = "", **members: Any) -> Fault:
    return Fault(FaultKind.ANSWER, status=status, body=body, **members)


def _throttled(seconds: int, times: int | None) -> Fault:
    message = f"Rate limit is exceeded. Try again in {seconds} seconds."
    return _answer(429, f'{{"statusCode":429,"message":"{message}"}}', times=times, retry_after=seconds)


_WRITES = ("POST", "PUT")
_LOST = Fault(FaultKind.LOST_ANSWER, _WRITES)
_UNEXPECTED = '{"code":800003,"description":"Unexpected error, please try again later.","data":[],"source":"PartnerFD"}'
_HTML = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
_WITHDRAWN = Held(EDUCATION, course=(Step(After(None, 2), Verdict("Denied", NO_LONGER_EDUCATION)),), created=LONG_AGO)

TABLE: tuple[MagicCustomer, ...] = (
    # Vetting
    _row(1, "approved-at-once", "a request is approved at once", Behaviour(approved(0))),
    _row(2, "approved-after-5s", "a request is approved after 5 seconds", Behaviour(approved(5))),
    _row(3, "approved-after-20s", "a request is approved after 20 seconds", Behaviour(approved(20))),
    _row(4, "denied-after-5s", f"a request is denied after 5 seconds: {NOT_EDUCATION}", Behaviour(denied(5))),
    _row(5, "never-decided", "a request stays in review for ever", Behaviour(())),
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
        "a request is shown by reads only 5 seconds later, approved after 7",
        Behaviour(approved(7), propagation=5),
    ),
    # Denials, with every reason that Microsoft has published
    _denied(10, "denied-not-education", NOT_EDUCATION),
    _denied(11, "denied-no-longer-education", NO_LONGER_EDUCATION),
    _denied(12, "denied-after-review", "Not an Education Customer - After Review"),
    _denied(13, "denied-restricted", "Restricted being an Education Customer"),
    _denied(14, "denied-not-academic-domain", "Not an Academic Domain"),
    _denied(15, "denied-not-library", "Not an eligible Library"),
    _denied(16, "denied-not-museum", "Not an eligible Museum"),
    # Held from the start
    _row(20, "education-held", "holds Education, approved", Behaviour(held=(Held(EDUCATION, created=LONG_AGO),))),
    _row(
        21,
        "education-in-review",
        "has an Education request in review that is never decided",
        Behaviour(held=(Held(EDUCATION, "InReview", created=LONG_AGO),)),
    ),
    _row(
        22,
        "education-denied",
        "has a denied Education request; another one is approved at once",
        Behaviour(approved(0), (Held(EDUCATION, "Denied", NOT_EDUCATION, LONG_AGO),), spent_attempts=1),
    ),
    _row(
        23,
        "education-denied-undated",
        "has a denied Education request that shows no date; another one is approved at once",
        Behaviour(approved(0), (Held(EDUCATION, "Denied", NOT_EDUCATION, LONG_AGO, dated=False),), spent_attempts=1),
    ),
    _row(
        24,
        "education-denied-again",
        "has a denied Education request; another one is denied at once",
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
        "has a denied Education request that stays listed next to another one, which is approved at once",
        Behaviour(
            approved(0),
            (Held(EDUCATION, "Denied", NOT_EDUCATION, LONG_AGO),),
            keep_old_entries=True,
            spent_attempts=1,
        ),
    ),
    _row(27, "education-withdrawn", f"holds Education for two reads, then: {NO_LONGER_EDUCATION}",
         Behaviour(approved(0), (_WITHDRAWN,))),
    _row(28, "gcc-held", "holds GovernmentCommunityCloud, approved", Behaviour(held=(Held(GCC, created=LONG_AGO),))),
    _row(
        29,
        "state-owned-held",
        "holds StateOwnedEntity, which has no vetting",
        Behaviour(approved(0), (Held(Qualification.STATE_OWNED_ENTITY, None, created=LONG_AGO),)),
    ),
    # Shapes of the answer
    _shape(30, "shape-wrapper", 'answers {"qualifications": [...]}', shape=Shape.WRAPPER),
    _row(
        31,
        "shape-pascal-case",
        "answers one PascalCase object with the date 07/09/2020: 00:00:00; was denied, another request is approved",
        Behaviour(
            course(After(None, 1), Verdict()),
            (Held(EDUCATION, "Denied", "Not an education customer", datetime(2020, 7, 9, tzinfo=UTC)),),
            shape=Shape.PASCAL_OBJECT,
            spent_attempts=1,
        ),
    ),
    _shape(32, "shape-byte-order-mark", "answers with a byte-order mark", shape=Shape.BYTE_ORDER_MARK),
    _shape(33, "unqualified-none-entry", 'answers [{"qualification":"None"}] first', when_empty=WhenEmpty.NONE_ENTRY),
    _shape(34, "unqualified-no-content", "answers 204 first", when_empty=WhenEmpty.NO_CONTENT),
    # Company data
    _company(40, "no-address", "has no address", address_line1=None),
    _company(41, "onmicrosoft-domain", "has only an onmicrosoft.com domain", domain="contososchool41.onmicrosoft.com"),
    _company(42, "free-mail", "has an address of a free mail service", email="contososchool42@outlook.com"),
    _row(
        43,
        "no-delegated-access",
        "shows no address, e-mail and domains; a request is approved at once",
        Behaviour(approved(0), company=(("allow_delegated_access", False),)),
    ),
    _row(
        44,
        "account-status-missing",
        "has no account status (404, 600074); a request is approved at once",
        Behaviour(approved(0), account_status=None),
    ),
    # Refusals
    _row(50, "no-relationship", "is not a customer of the partner (403, 20002)", Behaviour(has_relationship=False)),
    _row(51, "unknown-customer", "does not exist (404, 1000)", Behaviour(exists=False)),
    # Faults; they strike /qualification and /qualifications only
    _faulty(60, "lost-answer", "the first write is carried out and its answer lost", _LOST),
    _faulty(
        61,
        "lost-answer-slow-propagation",
        "the first write is carried out, its answer lost, and reads show it 5 seconds later",
        _LOST,
        propagation=5,
    ),
    _faulty(
        62,
        "reset-before-write",
        "the first write meets a closed connection and is not carried out",
        Fault(FaultKind.RESET, _WRITES),
    ),
    _faulty(
        63,
        "reset-before-every-write",
        "every write meets a closed connection, none is carried out",
        Fault(FaultKind.RESET, _WRITES, times=None),
    ),
    _faulty(64, "error-500-once", "the first request of each method gets a 500", _answer(500, _UNEXPECTED)),
    _faulty(65, "error-503-once", "the first request of each method gets an empty 503", _answer(503)),
    _faulty(66, "throttled-once", "the first request of each method gets a 429, Retry-After 1", _throttled(1, 1)),
    _faulty(67, "throttled", "every request gets a 429, Retry-After 600", _throttled(600, None)),
    _faulty(
        68, "error-bare-string", "every request gets a 400 with a bare string",
        _answer(400, '"The request could not be understood."', times=None),
    ),
    _faulty(
        69, "error-html", "every request gets a 502 with an HTML page",
        _answer(502, _HTML, times=None, content_type="text/html; charset=utf-8"),
    ),
)  # fmt: skip

BY_NAME = {row.name: row for row in TABLE}
BY_ID = {row.customer_id: row for row in TABLE}

_FAMILY = re.compile(r"^00000000-0000-4000-800([123])-0{6}(\d{6})$")
_FAMILY_NAMES = {"1": "approved-after", "2": "denied-after", "3": "propagates-after"}
FAMILIES: tuple[tuple[str, str, str], ...] = (
    ("approved-after", "00000000-0000-4000-8001-0000000000SS", "a request is approved after SS seconds"),
    ("denied-after", "00000000-0000-4000-8002-0000000000SS", "a request is denied after SS seconds"),
    (
        "propagates-after",
        "00000000-0000-4000-8003-0000000000SS",
        "a request is shown after SS seconds, approved 2 seconds later",
    ),
)
"""
Customers with a number in their id: twelve decimal digits, below a million. They are listed once they were addressed.
"""


def customer_id(name: str) -> str:
    """
    Return the id of a magic customer.

    :param name: its name in the table, for example ``"approved-after-5s"``.
    :raises KeyError: if there is none of that name.
    """
    return BY_NAME[name].customer_id


def approved_after(seconds: int) -> str:
    """Return the id of a customer whose request is approved after so many seconds."""
    return f"00000000-0000-4000-8001-{seconds:012d}"


def denied_after(seconds: int) -> str:
    """Return the id of a customer whose request is denied after so many seconds."""
    return f"00000000-0000-4000-8002-{seconds:012d}"


def propagates_after(seconds: int) -> str:
    """Return the id of a customer whose request is shown by reads only after so many seconds."""
    return f"00000000-0000-4000-8003-{seconds:012d}"


def find(wanted_id: str) -> MagicCustomer | None:
    """
    Look up a customer id in the table and in the families.

    :param wanted_id: a GUID in lower case.
    """
    if row := BY_ID.get(wanted_id):
        return row
    if not (match := _FAMILY.match(wanted_id)):
        return None
    family, seconds = match[1], int(match[2])
    behaviour = {
        "1": Behaviour(approved(seconds)),
        "2": Behaviour(denied(seconds)),
        "3": Behaviour(approved(seconds + 2), propagation=seconds),
    }[family]
    return MagicCustomer(f"{_FAMILY_NAMES[family]}-{seconds}s", wanted_id, FAMILIES[int(family) - 1][2], behaviour)


def describe(indent: str = "  ") -> str:
    """Return the table as text."""
    rows = [(row.name, row.customer_id, row.summary) for row in TABLE] + list(FAMILIES)
    width = max(len(name) for name, _, _ in rows)
    return "\n".join(f"{indent}{name:<{width}}  {row_id:<36}  {summary}" for name, row_id, summary in rows)
