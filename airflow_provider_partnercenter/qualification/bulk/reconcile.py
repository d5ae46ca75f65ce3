"""Compare what all customers have with what is wanted. Reads keep to the request budget; decisions are pure."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_partnercenter.client.entries import is_revocation
from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import Customer, CustomerQualification, Qualification
from airflow_provider_partnercenter.client.protocol.arguments import REQUESTABLE, customer_guid, to_qualification
from airflow_provider_partnercenter.client.protocol.paging import get_customers
from airflow_provider_partnercenter.client.wire import format_date
from airflow_provider_partnercenter.qualification.bulk.concurrency import (
    CONNECTION_WIDE,
    MAX_CONCURRENCY,
    run_all_or_cancel,
    wait_out_throttling,
)
from airflow_provider_partnercenter.qualification.bulk.findings import Finding, Standing
from airflow_provider_partnercenter.qualification.bulk.report import reason_of
from airflow_provider_partnercenter.qualification.bulk.rows import read_each
from airflow_provider_partnercenter.qualification.denials import advice
from airflow_provider_partnercenter.qualification.vetting import Outcome, judge

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient

log = logging.getLogger(__name__)

Wanted = Mapping[str, frozenset[Qualification]]

_REQUEST = "request it, for example with PartnerCenterQualifyCustomersOperator"
_NO_REQUEST = "a partner cannot request it; ask the customer and Microsoft's support"
_READ_AGAIN = "the next run reads the customer again; if it stays so, ask Microsoft's support with the correlation id"


def read_wanted(rows: object) -> Wanted:
    """
    Read what is wanted.

    :param rows: a list of mappings with ``customer_id`` and ``qualification``; other keys do not matter.
    :return: the wanted qualifications of each customer id.
    :raises PartnerCenterInvalidRequestError: if it is something else. The message names the row.
    """
    wanted: dict[str, frozenset[Qualification]] = defaultdict(frozenset)
    for customer, qualification in read_each("wanted", rows, _read_row, keys="customer_id and qualification"):
        wanted[customer] |= {qualification}
    return wanted


def _read_row(row: Mapping[str, Any]) -> tuple[str, Qualification]:
    customer = customer_guid(row.get("customer_id"))
    qualification = to_qualification(row.get("qualification") or "")
    if qualification is Qualification.NONE:
        raise PartnerCenterInvalidRequestError("qualification must not be None", hint="remove the row")
    return customer, qualification


def compare(
    customer: Customer,
    entries: Sequence[CustomerQualification],
    wanted: Wanted | None,
    now: datetime,
    stuck_after: timedelta,
) -> list[Finding]:
    """
    Compare what one customer has with what is wanted.

    :param customer: the customer.
    :param entries: its qualifications, just read.
    :param wanted: ``None`` if nothing is known about that; then nothing is missing or unlisted.
    :param now: the current time, in UTC.
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
        state, hint = Standing.MISSING, _REQUEST if qualification in REQUESTABLE else _NO_REQUEST
        if verdict.outcome is Outcome.APPROVED:
            listed = wanted is None or qualification in here
            state, hint = (
                (Standing.GRANTED, "") if listed else (Standing.UNLISTED, "add it to wanted if the customer needs it")
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


class Reading(NamedTuple):
    """
    What was read about all customers.

    :param customers: the number of customers.
    :param without_id: how many items of the customer list had no id, so that nothing could be read about them.
    :param findings: what was found.
    :param read_at: when the reading began, in UTC.
    """

    customers: int
    without_id: int
    findings: list[Finding]
    read_at: datetime


async def read_all(
    client: AsyncPartnerCenterClient,
    wanted: Wanted | None,
    *,
    stuck_after: timedelta,
    now: datetime,
    max_concurrency: int = MAX_CONCURRENCY,
) -> Reading:
    """
    Page through all customers and compare each. A customer that cannot be read is a finding of its own.

    :param client: the client.
    :param wanted: see :func:`compare`.
    :param stuck_after: how long a request may be in review.
    :param now: the current time, in UTC.
    :param max_concurrency: how many customers are read at the same time.
    :return: how many customers there are, and the findings.
    :raises PartnerCenterError: if the list cannot be read, or the sign-in is refused.
    """
    findings: list[Finding] = []
    paging = get_customers()
    customers: asyncio.Queue[Customer | None] = asyncio.Queue(2 * max_concurrency)

    async def list_them() -> None:
        while (request := paging.next) is not None:
            for customer in paging.take(await wait_out_throttling(functools.partial(client.send, request))):
                await customers.put(customer)
            log.info("Listed %d customers so far.", len(paging.seen))
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
    findings += _strangers(wanted or {}, paging.seen, paging.unreadable)
    findings.sort(key=lambda finding: (finding.customer_id, finding.qualification or ""))
    return Reading(len(paging.seen), paging.unreadable, findings, now)


def _unreadable(customer: Customer, error: PartnerCenterError) -> Finding:
    return Finding(
        customer.id.lower(),
        customer.company_name,
        None,
        str(Standing.UNREADABLE),
        reason=reason_of(error),
        hint=error.hint or _READ_AGAIN,
        correlation_id=error.correlation_id,
    )


def _strangers(wanted: Wanted, seen: Collection[str], without_id: int) -> Iterator[Finding]:
    hint = "check whether the relationship with the customer has ended or the customer is another partner's"
    if without_id:
        hint += f"; it may also be one of the {without_id} items of the list that came without an id"
    for customer_id, qualifications in wanted.items():
        for qualification in sorted(qualifications, key=lambda q: q.value) if customer_id not in seen else ():
            yield Finding(
                customer_id,
                None,
                str(qualification),
                str(Standing.UNKNOWN_CUSTOMER),
                hint=hint,
            )
