"""Which customers are known already, so that each new one is reported. No I/O."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_partnercenter.client.models import Customer

_VERSION = 1
#: The most that a report may contain, in bytes of JSON. A trigger's event stays below 32 KB.
LARGEST_REPORT = 24_000
_LONGEST_NAME = 256
_BYTES_OF_ID = 16

# The states of a run that Airflow names.
_SUCCESS = "success"
_ACTIVE = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Report:
    """
    The customers that a run has reported as new.

    :param at: when, in seconds since the epoch.
    :param customers: their ids.
    """

    at: float
    customers: frozenset[str]


@dataclass(frozen=True, slots=True)
class KnownCustomers:
    """
    The customers that need no report, or have one.

    A report counts only once its run has succeeded, because then everything that the run starts exists. Until then, the
    same customers may be reported again, but none is left out.

    :param scope: whose customers they are, and how they are looked for. Another scope begins with a first look.
    :param looked_at: when all new customers were last reported, in seconds since the epoch. The next look comes one
        interval later. 0 if there are more of them.
    :param settled: the ids of the customers that were there from the beginning, or whose report has succeeded.
    :param reports: the other reports, by the id of their run.
    """

    scope: str
    looked_at: float = 0.0
    settled: frozenset[str] = frozenset()
    reports: Mapping[str, Report] = field(default_factory=dict)

    def at_start_of(self, run_id: str, states: Mapping[str, str | None]) -> KnownCustomers:
        """
        Return what a run knows when it begins, or is tried again.

        The customers of a run that has failed, or is gone, are no longer known. Such a report counts as a look, so that
        a DAG whose runs always fail pauses between them. What an earlier try of this run has reported is not known
        either, and is looked for at once.

        :param run_id: the run that begins.
        :param states: the states of the other runs with reports; ``None`` for a run that does not exist.
        """
        done = [report.customers for run, report in self.reports.items() if states.get(run) == _SUCCESS]
        active = {run: report for run, report in self.reports.items() if states.get(run) in _ACTIVE}
        failed = [report.at for run, report in self.reports.items() if states.get(run) not in (_SUCCESS, *_ACTIVE)]
        looked_at = 0.0 if run_id in self.reports else max([self.looked_at, *failed])
        return replace(self, settled=self.settled.union(*done), reports=active, looked_at=looked_at)

    def seen(self, looked_at: float) -> KnownCustomers:
        """Add a complete look without a new customer."""
        return replace(self, looked_at=max(self.looked_at, looked_at))

    def with_report(self, run_id: str, customer_ids: Iterable[str], at: float, looked_at: float) -> KnownCustomers:
        """Add the report of a run."""
        reports = {**self.reports, run_id: Report(at, frozenset(customer_ids))}
        return replace(self, reports=reports, looked_at=looked_at)

    def to_text(self) -> str:
        """Return this as JSON. 50,000 customers are about 1.1 MB."""
        reports = {run: {"at": found.at, "customers": _packed(found.customers)} for run, found in self.reports.items()}
        document = {
            "version": _VERSION,
            "scope": self.scope,
            "looked_at": self.looked_at,
            "customers": _packed(self.settled),
            "reports": reports,
        }
        return json.dumps(document)

    @classmethod
    def from_text(cls, text: str) -> KnownCustomers:
        """
        Read what :meth:`to_text` wrote.

        :raises ValueError: if it is something else.
        """
        try:
            document = json.loads(text)
            if document["version"] != _VERSION:
                raise ValueError("another version wrote it")
            reports = {
                str(run): Report(float(found["at"]), _unpacked(found["customers"]))
                for run, found in document["reports"].items()
            }
            settled = _unpacked(document["customers"])
            return cls(str(document["scope"]), float(document["looked_at"]), settled, reports)
        except (KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as problem:
            raise ValueError(f"not a list of known customers ({type(problem).__name__})") from None


def guid_of(customer: Customer) -> str | None:
    """Return the id of a listed customer as a GUID in lower case; ``None`` if it is not a GUID."""
    with contextlib.suppress(PartnerCenterInvalidRequestError):
        return customer_guid(customer.id)
    return None


def new_customers(listed: Iterable[Customer], known: KnownCustomers) -> tuple[list[dict[str, Any]], bool]:
    """
    Return the customers to report.

    :param listed: all customers of the partner.
    :return: the new ones as dictionaries with ``customer_id``, ``company_name`` and ``domain``, in the order of the
        list; and whether they are all of them. What exceeds ``LARGEST_REPORT`` is left for the next report.
    """
    reported = frozenset().union(known.settled, *(report.customers for report in known.reports.values()))
    found: list[dict[str, Any]] = []
    room = LARGEST_REPORT
    for customer in listed:
        customer_id = guid_of(customer)
        if customer_id is None or customer_id in reported:
            continue
        row = {
            "customer_id": customer_id,
            "company_name": customer.company_name and customer.company_name[:_LONGEST_NAME],
            "domain": customer.domain and customer.domain[:_LONGEST_NAME],
        }
        room -= len(json.dumps(row).encode()) + 2
        if room < 0:
            return found, False
        found.append(row)
    return found, True


def _packed(customer_ids: Iterable[str]) -> str:
    return base64.b64encode(b"".join(sorted(uuid.UUID(customer_id).bytes for customer_id in customer_ids))).decode()


def _unpacked(text: str) -> frozenset[str]:
    packed = base64.b64decode(text, validate=True)
    if len(packed) % _BYTES_OF_ID:
        raise ValueError("an id is incomplete")
    return frozenset(
        str(uuid.UUID(bytes=packed[start : start + _BYTES_OF_ID])) for start in range(0, len(packed), _BYTES_OF_ID)
    )
