"""
Verdicts as what comes after them reads them: the ``extra`` of an asset event. No I/O, no Airflow.

Airflow 3.3 keeps one ``extra`` for each task instance and asset. So a task for one customer puts the verdict itself
there, and a task for many customers ``{"verdicts": {customer: verdict, …}}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.qualification.vetting import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_EXTRA_BYTES = 32_000
"""The largest ``extra`` of a batch, in bytes of JSON text. Airflow keeps it with each customer's event."""

_MEMBERS = (
    "customer_id",
    "qualification",
    "outcome",
    "vetting_status",
    "vetting_reason",
    "vetting_created_date",
    "hint",
    "resubmit_denied_of",
    "attempts_left",
    "submitted_at",
    "request_id",
    "correlation_id",
)
_DECIDED = (Outcome.APPROVED.value, Outcome.DENIED.value)
# What is cut if it is longer, in characters: texts of Microsoft that nobody has promised a length of.
_LONGEST_TEXT = 500


def verdict_of(result: Mapping[str, Any]) -> dict[str, Any] | None:
    """
    Return the verdict in the result of a task, or in a customer's part of a report.

    :param result: the result, for example of a ``PartnerCenterQualificationSensor``.
    :return: its ``customer_id``, ``qualification`` and ``outcome`` (``"approved"`` or ``"denied"``), and as far as they
        are known ``vetting_status``, ``vetting_reason``, ``vetting_created_date``, ``hint`` (who must do what),
        ``resubmit_denied_of``, ``attempts_left``, ``submitted_at``, ``request_id`` and ``correlation_id``. ``None`` if
        there is no verdict.
    """
    if result.get("outcome") not in _DECIDED:
        return None
    found = {name: result[name] for name in _MEMBERS if result.get(name) is not None}
    # The name of a denial without a date is its reason, and must stay complete.
    return {
        name: value[:_LONGEST_TEXT] if isinstance(value, str) and name != "resubmit_denied_of" else value
        for name, value in found.items()
    }


def batch_of(verdicts: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """
    Return the verdicts that one task instance can hand out: one for each customer, as many as fit.

    :param verdicts: verdicts, as of :func:`verdict_of`. The first one fits in any case.
    :return: the verdicts by customer, in the same order.
    """
    batch: dict[str, dict[str, Any]] = {}
    size = len(json.dumps({"verdicts": {}}))
    for verdict in verdicts:
        customer = verdict["customer_id"]
        if customer in batch:
            continue
        size += len(json.dumps({customer: verdict}))
        if size > MAX_EXTRA_BYTES and batch:
            break
        batch[customer] = dict(verdict)
    return batch


def extra_of(batch: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the ``extra`` of the events of a batch."""
    return {"verdicts": dict(batch)}


def verdict_in(extra: object, customer_id: str | None) -> dict[str, Any] | None:
    """
    Return a customer's verdict from the ``extra`` of an event.

    :param extra: the ``extra``, of a task for one customer or for many.
    :param customer_id: the customer, usually the partition key. If it is ``None``, only the verdict of a task for one
        customer is found.
    :return: the verdict, or ``None`` if ``extra`` has none for this customer.
    """
    if not isinstance(extra, Mapping):
        return None
    many = extra.get("verdicts")
    found = many.get(customer_id) if isinstance(many, Mapping) else extra
    if not isinstance(found, Mapping) or found.get("outcome") not in _DECIDED:
        return None
    return dict(found) if customer_id in (None, found.get("customer_id")) else None
