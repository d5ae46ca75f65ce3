"""How a task for many customers goes to sleep, wakes up and ends, on Airflow's side; its decisions are elsewhere."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from airflow_provider_partnercenter.deferral import (
    BACKSTOP,
    EVENT_VERSION,
    MIN_DEFERRAL,
    permanent_errors_fail,
    read_event,
)
from airflow_provider_partnercenter.exceptions import CustomersNotQualifiedError, TriggerEventError
from airflow_provider_partnercenter.qualification.bulk.progress import in_words
from airflow_provider_partnercenter.qualification.bulk.report import Entry, Result, counts_of
from airflow_provider_partnercenter.qualification.waiting import moment
from airflow_provider_partnercenter.storage import EntryFolder, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import BaseOperator, Context

    from airflow_provider_partnercenter.qualification.bulk.watching import Watch

OnBulkDenied = Literal["report", "fail"]
DONE = "done"
# So many problems are written into the task's log; the others are in the report.
_SHOWN = 20


def defer_for_all(
    operator: BaseOperator,
    entries: Sequence[Entry],
    watch: Watch,
    *,
    partnercenter_conn_id: str,
    max_concurrency: int,
    folder: EntryFolder | None,
) -> NoReturn:
    """
    Hand the wait for all verdicts to the triggerer; the task's worker is free from here on.

    :param folder: where the entries are kept; in the trigger's arguments if there is none.
    :raises TaskDeferred: always; it is how Airflow does this.
    """
    from airflow_provider_partnercenter.triggers.bulk import PartnerCenterBulkQualificationTrigger

    now = time.time()
    if folder:
        folder = EntryFolder(folder.path, f"{now:.3f}")
        with permanent_errors_fail():
            folder.write_requests(entries)
    waiting = sum(entry.outcome == Result.IN_REVIEW for entry in entries)
    operator.log.info(
        "Waiting for %d of %d customers in the triggerer, until %s at the latest.",
        waiting,
        len(entries),
        moment(watch.deadline),
    )
    operator.defer(
        trigger=PartnerCenterBulkQualificationTrigger(
            partnercenter_conn_id=partnercenter_conn_id,
            watch=watch.to_dict(),
            not_before=now + MIN_DEFERRAL,
            max_concurrency=max_concurrency,
            entries=None if folder else shortened(entries),
            path=folder.path if folder else None,
            generation=folder.generation if folder else "",
            total=len(entries),
        ),
        method_name="execute_complete",
        timeout=timedelta(seconds=max(watch.deadline - now, MIN_DEFERRAL) + BACKSTOP),
    )


def make_bulk_event(entries: Sequence[Entry], folder: EntryFolder | None) -> dict[str, Any]:
    """
    Return the event for the end of the wait.

    :param folder: what holds the entries; the event holds them itself if there is none.
    """
    return {
        "version": EVENT_VERSION,
        "status": DONE,
        "counts": counts_of(entries),
        "path": folder.path if folder else None,
        "generation": folder.generation if folder else "",
        "total": len(entries),
        "entries": None if folder else shortened(entries),
    }


def read_bulk_event(event: object) -> tuple[list[Entry], EntryFolder | None]:
    """
    Return what the trigger found.

    :raises TriggerEventError: if the event is missing, of another version, or says something unknown.
    :raises PermanentFailureError: if the trigger ended with an error that no retry cures.
    :raises PartnerCenterError: if it ended with another one.
    """
    members = read_event(event)
    status, entries, path = members.get("status"), members.get("entries"), members.get("path")
    if status != DONE or not isinstance(members.get("total"), int) or not (path or isinstance(entries, list)):
        raise TriggerEventError(f"The trigger's event, with the status {status!r}, is not one that this version knows.")
    if path:
        folder = EntryFolder(str(path), str(members.get("generation")))
        with permanent_errors_fail():
            found = folder.read(members["total"])
        if counts_of(found) != members.get("counts"):
            # Another triggerer that runs the same trigger may just be writing.
            raise TriggerEventError(f"What is kept in {path!r} is not what the trigger's event says.")
        return found, folder
    try:
        return [Entry.from_dict(entry) for entry in entries or ()], None
    except (TypeError, AttributeError) as problem:
        raise TriggerEventError("The trigger's event holds customers that this version cannot read.") from problem


def conclude_all(
    context: Context,
    operator: BaseOperator,
    entries: Sequence[Entry],
    folder: EntryFolder | None,
    *,
    on_denied: OnBulkDenied,
    waited: bool,
) -> dict[str, Any]:
    """
    End the task with its report.

    :param folder: where the report is written to; it is returned if there is none.
    :param waited: whether a customer that is still in review is one too many.
    :return: the report: ``counts``, ``customers`` (``None`` if they are at ``path``) and ``path``.
    :raises CustomersNotQualifiedError: with ``on_denied="fail"`` if anybody is not qualified; the report is pushed as
        XCom first.
    """
    counts, customers = counts_of(entries), [entry.reported() for entry in entries]
    report: dict[str, Any] = {"counts": counts, "customers": customers, "path": None}
    if folder:
        with permanent_errors_fail():
            path = folder.write_report({"counts": counts, "customers": customers})
        report |= {"customers": None, "path": path}
    good = {Result.APPROVED.value} if waited else {Result.APPROVED.value, Result.IN_REVIEW.value}
    bad = [customer for customer in customers if customer["outcome"] not in good]
    operator.log.info("%d customers: %s.%s", len(entries), in_words(counts), f" {report['path']}" if folder else "")
    for customer in bad[:_SHOWN]:
        operator.log.warning(
            "Customer %s, %s: %s. %s. What to do: %s.",
            customer["customer_id"],
            customer["qualification"],
            customer["outcome"].replace("_", " "),
            (customer["reason"] or "no reason given").rstrip("."),
            (customer["hint"] or "see the report").rstrip("."),
        )
    if len(bad) > _SHOWN:
        operator.log.warning("… and %d others, see the report.", len(bad) - _SHOWN)
    if bad and on_denied == "fail":
        if operator.do_xcom_push and "ti" in context:
            context["ti"].xcom_push(key="return_value", value=report)
        raise CustomersNotQualifiedError(
            f"{len(bad)} of {len(entries)} customers are not qualified: {in_words(counts)}. What to do: see the report "
            f"({report['path'] or 'the XCom of this task'}), which says it for each"
        )
    return report
