"""What all customers hold, against what is wanted: read within the budget, compared by pure decisions."""

from __future__ import annotations

import asyncio
import enum
import functools
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.entries import is_revocation
from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import Customer, CustomerQualification, Qualification
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid, for_message, to_qualification
from airflow_provider_partnercenter.client.wire import format_date
from airflow_provider_partnercenter.qualification.bulk.concurrency import (
    CONNECTION_WIDE,
    MAX_CONCURRENCY,
    run_all_or_cancel,
    wait_out_throttling,
)
from airflow_provider_partnercenter.qualification.denials import advice
from airflow_provider_partnercenter.qualification.vetting import SUBMITTABLE, Outcome, judge

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient

log = logging.getLogger(__name__)

Wanted = Mapping[str, frozenset[Qualification]]


class Standing(enum.StrEnum):
    """How one qualification of one customer stands."""

    GRANTED = "granted"
    IN_REVIEW = "in_review"
    STUCK = "stuck"
    """In review for longer than it should be."""
    DENIED = "denied"
    LOST = "lost"
    """It was granted once, and Microsoft withdrew it ("No longer …")."""
    MISSING = "missing"
    """Wanted, but there is neither the qualification nor a request for it."""
    UNLISTED = "unlisted"
    """Granted, but not wanted."""
    UNKNOWN_CUSTOMER = "unknown_customer"
    """Wanted for somebody who is none of the partner's customers."""
    UNREADABLE = "unreadable"
    """The customer's qualifications could not be read."""


FINE = frozenset({Standing.GRANTED, Standing.IN_REVIEW})
_REQUEST = "request it, for example with PartnerCenterQualifyCustomersOperator"
_NO_REQUEST = "a partner cannot request it; ask the customer, and Microsoft's support"


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One qualification of one customer; every member is a plain JSON type.

    :param state: a :class:`Standing`.
    :param qualification: ``None`` if the customer's could not be read.
    :param since: the date of the request, ISO 8601; ``None`` if there is none.
    :param reason: Microsoft's reason, or why the customer could not be read.
    :param hint: who must do what.
    """

    customer_id: str
    company_name: str | None
    qualification: str | None
    state: str
    since: str | None = None
    reason: str | None = None
    hint: str | None = None


def read_wanted(rows: object) -> Wanted:
    """
    Read what is wanted.

    :param rows: a list of mappings with ``customer_id`` and ``qualification``; other members do not matter.
    :raises PartnerCenterInvalidRequestError: if it is something else, naming the row.
    """
    if not isinstance(rows, Sequence) or isinstance(rows, str | bytes):
        raise PartnerCenterInvalidRequestError(
            f"wanted is {for_message(rows)}, not a list",
            hint="give a list of dictionaries with customer_id, qualification",
        )
    wanted: dict[str, frozenset[Qualification]] = defaultdict(frozenset)
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise PartnerCenterInvalidRequestError(
                f"row {number} of wanted is {for_message(row)}, no dictionary",
                hint="give customer_id and qualification",
            )
        try:
            customer = customer_guid(row.get("customer_id"))
            qualification = to_qualification(row.get("qualification") or "")
            if qualification is Qualification.NONE:
                raise PartnerCenterInvalidRequestError("None is no qualification", hint="leave the row out")
            wanted[customer] |= {qualification}
        except PartnerCenterInvalidRequestError as error:
            raise PartnerCenterInvalidRequestError(
                f"row {number} of wanted: {error.message}", hint=error.hint
            ) from None
    return wanted


def compare(
    customer: Customer,
    entries: Sequence[CustomerQualification],
    wanted: Wanted | None,
    now: datetime,
    stuck_after: timedelta,
) -> list[Finding]:
    """
    Compare what one customer holds with what is wanted.

    :param wanted: ``None`` if nobody said; then nothing is missing, and nothing unlisted.
    :param now: the present, in UTC.
    :param stuck_after: how long a request may be in review.
    """
    customer_id = customer.id.lower()
    here = frozenset() if wanted is None else wanted.get(customer_id, frozenset())
    held = {entry.qualification for entry in entries if isinstance(entry.qualification, Qualification)}
    found = []
    for qualification in sorted(here | held, key=lambda q: q.value):
        verdict = judge(entries, qualification)
        entry = verdict.entry or CustomerQualification(qualification)
        date = entry.vetting_created_date
        since = format_date(date) if isinstance(date, datetime) else date
        state, hint = Standing.MISSING, _REQUEST if qualification in SUBMITTABLE else _NO_REQUEST
        if verdict.outcome is Outcome.APPROVED:
            listed = wanted is None or qualification in here
            state, hint = (
                (Standing.GRANTED, "") if listed else (Standing.UNLISTED, "add it to what is wanted, if it is")
            )
        elif verdict.outcome is Outcome.IN_REVIEW:
            stuck = isinstance(date, datetime) and now - date > stuck_after
            state, hint = (
                (Standing.STUCK, "ask Microsoft's support about the request") if stuck else (Standing.IN_REVIEW, "")
            )
        elif verdict.outcome is Outcome.DENIED:
            state = Standing.LOST if is_revocation(entry) else Standing.DENIED
            hint = advice(entry, verdict.attempts_left)
        found.append(
            Finding(
                customer_id,
                customer.company_name,
                str(qualification),
                str(state),
                since,
                entry.vetting_reason,
                hint or None,
            )
        )
    return found


async def read_all(
    client: AsyncPartnerCenterClient,
    wanted: Wanted | None,
    *,
    stuck_after: timedelta,
    now: datetime,
    max_concurrency: int = MAX_CONCURRENCY,
) -> tuple[int, list[Finding]]:
    """
    Page through all customers and compare each; trouble with one is a finding of its own.

    :return: how many customers there are, and the findings.
    :raises PartnerCenterError: if the list cannot be read, or the sign-in is refused.
    """
    findings: list[Finding] = []
    seen: set[str] = set()
    customers: asyncio.Queue[Customer | None] = asyncio.Queue(2 * max_concurrency)

    async def list_them() -> None:
        continuation: str | None = ""
        while continuation is not None:
            page = await wait_out_throttling(
                functools.partial(client.get_customers_page, continuation=continuation or None)
            )
            continuation = page.continuation
            # A page that is read while customers come and go may repeat some of the one before.
            fresh = {customer.id.lower(): customer for customer in page.customers if customer.id.lower() not in seen}
            seen.update(fresh)
            for customer in fresh.values():
                await customers.put(customer)
            log.info("%d customers so far.", len(seen))
        for _ in range(max_concurrency):
            await customers.put(None)

    async def compare_them() -> None:
        while (customer := await customers.get()) is not None:
            try:
                entries = await wait_out_throttling(functools.partial(client.get_qualifications, customer.id))
            except CONNECTION_WIDE:
                raise
            except PartnerCenterError as error:
                findings.append(_unreadable(customer, error))
            else:
                findings.extend(compare(customer, entries, wanted, now, stuck_after))

    await run_all_or_cancel([list_them(), *(compare_them() for _ in range(max_concurrency))])
    findings += _strangers(wanted or {}, seen)
    return len(seen), sorted(findings, key=lambda finding: (finding.customer_id, finding.qualification or ""))


def _unreadable(customer: Customer, error: PartnerCenterError) -> Finding:
    return Finding(
        customer.id.lower(),
        customer.company_name,
        None,
        str(Standing.UNREADABLE),
        reason=error.message,
        hint=error.hint,
    )


def _strangers(wanted: Wanted, seen: Collection[str]) -> Iterator[Finding]:
    for customer_id, qualifications in wanted.items():
        for qualification in sorted(qualifications, key=lambda q: q.value) if customer_id not in seen else ():
            yield Finding(
                customer_id,
                None,
                str(qualification),
                str(Standing.UNKNOWN_CUSTOMER),
                hint="the relationship with the customer may have ended, or it is another partner's",
            )
