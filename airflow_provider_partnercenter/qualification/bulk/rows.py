"""Read, merge and check the rows of a bulk request before anything is sent. No I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import (
    REQUESTABLE,
    customer_guid,
    for_message,
    optional_text,
    to_qualification,
    to_segment,
)
from airflow_provider_partnercenter.qualification.request import SubmissionRequest
from airflow_provider_partnercenter.qualification.vetting import EXCLUDES

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.client.models import Qualification

T = TypeVar("T")

_DETAILS = ("education_segment", "website", "validation_code", "organization", "resubmit_denied_of")
MEMBERS = ("customer_id", "qualification", *_DETAILS)
"""The keys of a row. The first two are required."""


@dataclass(frozen=True, slots=True)
class Row:
    """
    A request for one customer. Several rows of the caller may contain the same request.

    :param numbers: the numbers of the caller's rows, from 0.
    :param customer_id: the customer's tenant. If the row is invalid, its value as the row contains it.
    :param qualification: the qualification. If the row is invalid, its value as the row contains it.
    :param request: what to submit; ``None`` if the row is refused.
    :param error: why the row is refused.
    """

    numbers: tuple[int, ...]
    customer_id: str
    qualification: str
    request: SubmissionRequest | None = None
    error: PartnerCenterInvalidRequestError | None = None


def read_each(name: str, rows: object, read: Callable[[Mapping[str, Any]], T], *, keys: str) -> list[T]:
    """
    Read a list of dictionaries, all of which must be valid.

    :param name: the name of the argument, for the message.
    :param read: reads one of them.
    :param keys: the keys of each, for the message.
    :raises PartnerCenterInvalidRequestError: if ``rows`` is something else. The message names the row, from 0.
    """
    found = []
    for number, row in enumerate(_list(name, rows, keys)):
        if not isinstance(row, Mapping):
            raise PartnerCenterInvalidRequestError(
                f"row {number} of '{name}' is not a dictionary: {for_message(row)}",
                hint=f"give a dictionary with {keys}",
            )
        try:
            found.append(read(row))
        except PartnerCenterInvalidRequestError as error:
            raise PartnerCenterInvalidRequestError(
                f"row {number} of '{name}': {error.message}", hint=error.hint
            ) from None
    return found


def read_rows(customers: object, **options: Any) -> list[Row]:
    """
    Read the rows of a caller. An invalid row is refused without affecting the others.

    Rows for the same customer and qualification are merged. Rows that contradict each other are all refused, because it
    is unclear which one is meant: they have different details, or one is for Education and one for
    GovernmentCommunityCloud.

    :param customers: a list of mappings with the keys :data:`MEMBERS`.
    :param options: other arguments of :meth:`.SubmissionRequest.validated`, the same for all rows.
    :raises PartnerCenterInvalidRequestError: if ``customers`` is not a list.
    """
    rows: list[Row] = []
    groups: dict[tuple[str, Qualification], dict[int, Mapping[str, str | None]]] = defaultdict(dict)
    for number, row in enumerate(_list("customers", customers, ", ".join(MEMBERS))):
        try:
            key, found = _read_row(row)
        except PartnerCenterInvalidRequestError as error:
            members = row if isinstance(row, Mapping) else {"customer_id": row}
            customer, wanted = (
                for_message(members.get(name)).strip("'\"") for name in ("customer_id", "qualification")
            )
            rows.append(Row((number,), customer, wanted, error=error))
        else:
            groups[key][number] = found
    for (customer_id, qualification), details_of in groups.items():
        request, failure = None, None
        try:
            rival = EXCLUDES.get(qualification)
            rivals = groups.get((customer_id, rival), {}) if rival else {}
            details: dict[str, Any] = _merged(customer_id, qualification, details_of, rivals)
            request = SubmissionRequest.validated(customer_id, qualification, **details, **options)
        except PartnerCenterInvalidRequestError as error:
            failure = error
        rows.append(Row(tuple(details_of), customer_id, str(qualification), request, failure))
    return sorted(rows, key=lambda row: row.numbers)


def _list(name: str, rows: object, keys: str) -> Sequence[object]:
    if not isinstance(rows, Sequence) or isinstance(rows, str | bytes):
        text = "; text must be valid JSON" if isinstance(rows, str) else ""
        raise PartnerCenterInvalidRequestError(
            f"{name} must be a list, not {for_message(rows)}",
            hint=f"give a list of dictionaries with {keys}, or the output of a task that returns one{text}",
        )
    return rows


def _read_row(row: object) -> tuple[tuple[str, Qualification], Mapping[str, str | None]]:
    if not isinstance(row, Mapping):
        raise PartnerCenterInvalidRequestError(
            f"the row is not a dictionary: {for_message(row)}", hint=f"give a dictionary with {', '.join(MEMBERS)}"
        )
    if unknown := [name for name in row if name not in MEMBERS]:
        raise PartnerCenterInvalidRequestError(
            f"the row has an unknown key: {for_message(unknown[0])}",
            hint=f"use {', '.join(MEMBERS)}",
        )
    key = customer_guid(row.get("customer_id")), to_qualification(row.get("qualification") or "", REQUESTABLE)
    details = {name: optional_text(row.get(name), name) for name in _DETAILS}
    details["education_segment"] = to_segment(details["education_segment"])
    return key, details


def _merged(
    customer: str,
    wanted: Qualification,
    details_of: Mapping[int, Mapping[str, str | None]],
    rivals: Mapping[int, Mapping[str, str | None]],
) -> dict[str, str | None]:
    if rivals:
        raise PartnerCenterInvalidRequestError(
            f"rows {_listed([*details_of, *rivals])} request both Education and GovernmentCommunityCloud for "
            f"customer {customer}, but these exclude each other",
            hint="decide with the customer which of the two it needs",
        )
    merged: dict[str, str | None] = {}
    for name in _DETAILS:
        values = list(dict.fromkeys(filter(None, (details[name] for details in details_of.values()))))
        if len(values) > 1:
            texts = " and ".join(map(for_message, values))
            raise PartnerCenterInvalidRequestError(
                f"rows {_listed(list(details_of))} request {wanted} for customer {customer} with different values of "
                f"{name}: {texts}",
                hint="keep one of them",
            )
        merged[name] = values[0] if values else None
    return merged


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))
