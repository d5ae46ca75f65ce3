"""What the routes answer about customers: JSON, and the cells of a spreadsheet. Pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.clouds import DEFAULT_CLOUD
from airflow_provider_partnercenter.links.partnercenter import customer_page

if TYPE_CHECKING:
    from airflow_provider_partnercenter.database.page import (
        BulkRow,
        CustomerPage,
        CustomerRow,
        History,
        PastVerdict,
        Stories,
    )

HEAD = (
    "company_name",
    "customer_id",
    "qualification",
    "state",
    "vetting_status",
    "requested_at",
    "waiting_since",
    "next_look",
    "until",
    "reason",
    "who",
    "hint",
    "attempts_left",
    "connection_id",
    "dag_id",
    "run_id",
    "task_id",
    "map_index",
    "request_id",
    "correlation_id",
    "link",
)
"""The columns of the file, by the names of the JSON members."""


def customer(row: CustomerRow) -> dict[str, Any]:
    """Return the members of a customer, with those of its task beside them and a link to Partner Center's page."""
    members = asdict(row)
    return {**members.pop("task"), **members, "link": _link(row.customer_id, row.cloud)}


def customers(page: CustomerPage, offset: int) -> dict[str, Any]:
    """Return some customers, how many are before them, and how many there are."""
    return {"rows": [customer(row) for row in page.rows], "offset": offset, "total": page.total}


def cells(row: CustomerRow) -> list[object]:
    """Return the cells of a customer, in the order of :data:`HEAD`."""
    members = customer(row)
    return [members[name] for name in HEAD]


def stories(found: Stories) -> dict[str, Any]:
    """Return the stories of a run or a task."""
    told = [{**customer(story.row), "entries": [asdict(each) for each in story.entries]} for story in found.stories]
    return {"stories": told, "total": found.total, "bulk": [bulk(row) for row in found.bulk]}


def history(found: History) -> dict[str, Any]:
    """Return the verdicts of the past."""
    return {"assets": found.assets, "verdicts": [_verdict(each) for each in found.verdicts], "more": found.more}


def bulk(row: BulkRow) -> dict[str, Any]:
    """Return a task for many customers, without the customers."""
    members = asdict(row)
    del members["customers"]
    return {**members.pop("task"), **members}


def _verdict(verdict: PastVerdict) -> dict[str, Any]:
    members = asdict(verdict)
    return {**(members.pop("task") or {}), **members}


def _link(customer_id: str | None, cloud: str | None) -> str:
    return customer_page(customer_id, cloud or DEFAULT_CLOUD)
