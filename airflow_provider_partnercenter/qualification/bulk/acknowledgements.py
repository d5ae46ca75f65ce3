"""Findings that a person has acknowledged, so that they are not news again until something changes. No I/O."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid, for_message, to_qualification
from airflow_provider_partnercenter.client.wire import format_date, key_of, parse_date
from airflow_provider_partnercenter.qualification.bulk.findings import FINE, Standing
from airflow_provider_partnercenter.qualification.bulk.rows import read_each

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from airflow_provider_partnercenter.qualification.bulk.findings import Finding


class Acknowledgement(NamedTuple):
    """
    What must stay the same for a finding to stay acknowledged.

    The members are those of :class:`.Finding`, in one spelling. The company's name and the hint are not among them.
    """

    customer_id: str
    qualification: str | None
    state: str
    since: str | None
    reason: str | None

    @classmethod
    def of(cls, finding: Finding) -> Acknowledgement:
        """Return what acknowledges a finding."""
        reason = finding.reason and key_of(finding.reason)
        return cls(finding.customer_id, finding.qualification, finding.state, _date(finding.since), reason)

    def __str__(self) -> str:
        return f"{self.customer_id} {self.qualification or ''} {self.state}".replace("  ", " ")


_MEMBERS = "customer_id, qualification, state, since and reason"
_COPY = f"copy {_MEMBERS} from the finding; those that are empty there are null"
_STATES = [standing.value for standing in Standing if standing not in FINE]


def read_acknowledged(rows: object) -> frozenset[Acknowledgement]:
    """
    Read the findings that a person has acknowledged.

    :param rows: a list of findings, copied from a report. Only ``customer_id``, ``qualification``, ``state``, ``since``
        and ``reason`` matter, and all of them must be there.
    :raises PartnerCenterInvalidRequestError: if it is something else. The message names the row.
    """
    return frozenset(read_each("acknowledged", rows, _read, keys=_MEMBERS))


def mark(
    findings: Sequence[Finding], acknowledged: Collection[Acknowledgement]
) -> tuple[list[Finding], list[Acknowledgement]]:
    """
    Mark the findings that are acknowledged.

    :return: the findings, and the acknowledgements that no finding needs any more.
    """
    marked = [replace(finding, acknowledged=Acknowledgement.of(finding) in acknowledged) for finding in findings]
    needed = {Acknowledgement.of(finding) for finding in marked if finding.acknowledged}
    return marked, sorted(set(acknowledged) - needed, key=str)


def _read(row: Mapping[str, Any]) -> Acknowledgement:
    for name in Acknowledgement._fields:
        if name not in row:
            raise PartnerCenterInvalidRequestError(f"{name} is missing", hint=_COPY)
        if row[name] is not None and not isinstance(row[name], str):
            raise PartnerCenterInvalidRequestError(
                f"{name} must be a string or null, not {for_message(row[name])}", hint=_COPY
            )
    customer_id, qualification, state, since, reason = (row[name] for name in Acknowledgement._fields)
    if state not in _STATES:
        raise PartnerCenterInvalidRequestError(
            f"state {for_message(state)} is not that of a finding", hint=f"use one of {', '.join(_STATES)}"
        )
    # Only a customer that could not be read has a finding without a qualification.
    unreadable = state == Standing.UNREADABLE and qualification is None
    return Acknowledgement(
        customer_guid(customer_id),
        None if unreadable else str(to_qualification(qualification or "")),
        state,
        _date(since),
        reason and key_of(reason),
    )


def _date(text: str | None) -> str | None:
    date = parse_date(text) if text else None
    return format_date(date) if date else text
