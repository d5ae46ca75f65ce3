"""How the customers of one task for many stand: the content of its XCom. No I/O, no Airflow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_MEMBERS = ("customer_id", "qualification", "outcome", "reason", "hint", "submitted_at", "correlation_id")
# In characters; and how many customers there are without a folder at most.
_LONGEST, _MOST = 300, 50


@dataclass(frozen=True, slots=True)
class ManyState:
    """
    How the customers stand.

    :param phase: a :class:`.customer.Phase`.
    :param counts: how many there are, by outcome.
    :param connection_id: the Airflow connection.
    :param path: the folder or the report that has the customers; ``None`` if ``customers`` has them.
    :param deferral_id: which files in the folder are meant; empty for a report.
    :param waiting_since: when the wait began, ISO 8601 UTC.
    :param until: when the wait ends without all verdicts, ISO 8601 UTC.
    :param customers: the customers, as in the report.
    """

    phase: str
    counts: dict[str, int] = field(default_factory=dict)
    connection_id: str | None = None
    path: str | None = None
    deferral_id: str = ""
    waiting_since: str | None = None
    until: str | None = None
    customers: tuple[dict[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the content of the XCom: plain JSON types of a bounded size. What is not known is left out."""
        members = {
            "phase": self.phase,
            "counts": self.counts,
            "connection_id": self.connection_id,
            "path": self.path,
            "deferral_id": self.deferral_id,
            "waiting_since": self.waiting_since,
            "until": self.until,
            "customers": [_shortened(customer) for customer in self.customers[:_MOST]],
        }
        return {name: value for name, value in members.items() if value}


def _shortened(customer: dict[str, Any]) -> dict[str, Any]:
    texts = {name: str(customer[name])[:_LONGEST] for name in _MEMBERS if customer.get(name)}
    left = customer.get("attempts_left")
    return texts if left is None else {**texts, "attempts_left": left}
