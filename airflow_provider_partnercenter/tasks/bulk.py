"""Defer and end a task for many customers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.client.wire import format_date, moment
from airflow_provider_partnercenter.exceptions import (
    CustomersNotQualifiedError,
    SubmissionsFailedError,
    permanent_errors_fail,
    tell,
)
from airflow_provider_partnercenter.qualification.bulk.acknowledgements import Acknowledgement, mark
from airflow_provider_partnercenter.qualification.bulk.batches import first_seen
from airflow_provider_partnercenter.qualification.bulk.findings import FINE, Standing, sentence, sentences
from airflow_provider_partnercenter.qualification.bulk.progress import in_words
from airflow_provider_partnercenter.qualification.bulk.report import Entry, Result, counts_of
from airflow_provider_partnercenter.storage.entries import EntryFolder, fitting, shortened
from airflow_provider_partnercenter.tasks.deferral import MIN_DEFERRAL, defer_until
from airflow_provider_partnercenter.tasks.endings import push_result
from airflow_provider_partnercenter.tasks.telling.many import many
from airflow_provider_partnercenter.tasks.telling.pushing import tell_customers

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from airflow.sdk import BaseOperator, Context

    from airflow_provider_partnercenter.qualification.bulk.batches import Rest
    from airflow_provider_partnercenter.qualification.bulk.reconcile import Reading
    from airflow_provider_partnercenter.qualification.bulk.watching import Watch

OnBulkDenied = Literal["report", "fail"]
OnFindings = Literal["report", "fail"]
# How many problems the task's log contains at most. The report contains all of them.
_LOGGED = 20
# How many of them the message of a failure contains, for those who see nothing else of the task.
_TOLD = 3


def leave_to_retry(context: Context, entries: Sequence[Entry]) -> None:
    """
    Leave customers that failed temporarily to a retry, if Airflow has a try left; else they are reported.

    :raises SubmissionsFailedError: to fail for that retry.
    """
    troubled = [entry for entry in entries if entry.retryable]
    unknown = any(entry.outcome == Result.FAILED and not entry.retryable for entry in entries)
    if unknown and not context.get("task_state_store"):
        # Before Airflow 3.3 no notes are stored: the next try would submit the customers of unknown outcome again.
        return
    ti = context.get("ti")
    if troubled and ti is not None and ti.try_number <= getattr(ti, "max_tries", 0):
        raise SubmissionsFailedError(
            tell(
                f"{len(troubled)} of {len(entries)} customers could not be submitted yet.",
                f"First error: {troubled[0].error}.",
                "What to do: nothing. The next try continues with them; nothing is submitted twice.",
            )
        )


def defer_for_all(
    context: Context,
    operator: BaseOperator,
    entries: Sequence[Entry],
    watch: Watch,
    *,
    partnercenter_conn_id: str,
    max_concurrency: int,
    folder: EntryFolder | None,
) -> NoReturn:
    """
    Tell who is waited for, and hand the wait for all verdicts to the triggerer, which frees the worker.

    :param folder: the folder to write the entries to; if ``None``, they go into the trigger's arguments.
    :raises TaskDeferred: always, because this is how Airflow defers a task.
    """
    from airflow_provider_partnercenter.triggers.bulk import PartnerCenterBulkQualificationTrigger

    now = clock.now()
    if folder:
        folder = EntryFolder(folder.path, f"{now:.3f}")
        with permanent_errors_fail():
            folder.write_requests(entries)
    tell_waiting(context, operator, entries, watch, folder)
    waiting = sum(entry.outcome == Result.IN_REVIEW for entry in entries)
    operator.log.info(
        "Waiting in the triggerer for %d of %d customers until %s at the latest.",
        waiting,
        len(entries),
        moment(watch.deadline),
    )
    trigger = PartnerCenterBulkQualificationTrigger(
        partnercenter_conn_id=partnercenter_conn_id,
        watch=to_plain(replace(watch, batch_since=first_seen(entries, watch.batch_since, now))),
        not_before=now + MIN_DEFERRAL,
        max_concurrency=max_concurrency,
        entries=None if folder else shortened(entries),
        path=folder.path if folder else None,
        deferral_id=folder.deferral_id if folder else "",
        total=len(entries),
    )
    defer_until(operator, trigger, watch.deadline, now)


def tell_waiting(
    context: Context, operator: BaseOperator, entries: Sequence[Entry], watch: Watch, folder: EntryFolder | None = None
) -> None:
    """
    Tell for whom a task for many waits.

    :param folder: the folder with the entries, if they are in one.
    """
    state = many(
        entries,
        connection_id=_connection_of(operator),
        path=folder.path if folder else None,
        deferral_id=folder.deferral_id if folder else "",
        waiting_since=watch.started_at,
        until=watch.deadline,
        waits=True,
    )
    tell_customers(context, operator, state)


def _connection_of(operator: BaseOperator) -> str | None:
    return str(found) if (found := getattr(operator, "partnercenter_conn_id", None)) else None


def conclude_all(
    context: Context,
    operator: BaseOperator,
    entries: Sequence[Entry],
    folder: EntryFolder | None,
    *,
    on_denied: OnBulkDenied,
    waited: bool,
    rest: Rest | None = None,
) -> dict[str, Any]:
    """
    End the task with its report.

    :param folder: the folder to write the report to; if ``None``, the customers are returned.
    :param waited: whether the task waited for verdicts, so that a customer still in review counts as a problem.
    :param rest: what is left to the next run of a chain, and not in the report.
    :return: the report: ``counts``, ``customers`` (``None`` if they are in the file ``path``), ``path`` and ``rest``.
    :raises CustomersNotQualifiedError: if ``on_denied`` is ``"fail"`` and any customer is not qualified. The report is
        pushed as XCom first.
    """
    counts = counts_of(entries) | {"rest": rest.total if rest else 0}
    customers = [entry.reported() for entry in entries]
    report: dict[str, Any] = {"counts": counts, "customers": customers, "path": None}
    if folder:
        with permanent_errors_fail():
            path = folder.write_report(
                {"counts": counts, "customers": customers}, hands_on=rest is not None and rest.path is not None
            )
        report |= {"customers": None, "path": path}
    report["rest"] = to_plain(rest, complete=True) if rest else None
    path = report["path"]
    state = many(entries, connection_id=_connection_of(operator), path=path, waits=False, counts=counts)
    tell_customers(context, operator, state)
    bad = [customer for customer in customers if not is_good(customer["outcome"], waited=waited)]
    where = f" The report is in {report['path']}." if folder else ""
    left = f" {rest.total} more are left to run {rest.run_id}." if rest else ""
    operator.log.info("%d customers: %s.%s%s", len(entries), in_words(counts), where, left)
    return _end_with_report(
        context,
        operator,
        report,
        [_problem(customer) for customer in bad],
        fail=on_denied == "fail",
        failure=f"{len(bad)} of {len(entries)} customers are not qualified ({in_words(counts)})",
    )


def is_good(outcome: str, *, waited: bool) -> bool:
    """Return whether an outcome is as it should be: approved, or in review if the task did not wait."""
    return outcome == Result.APPROVED or (outcome == Result.IN_REVIEW and not waited)


def conclude_reconciliation(
    context: Context,
    operator: BaseOperator,
    reading: Reading,
    acknowledged: Collection[Acknowledgement],
    folder: EntryFolder | None,
    *,
    on_findings: OnFindings,
    report_all: bool = False,
) -> dict[str, Any]:
    """
    End the task with the findings of the reconciliation.

    :param reading: what was read.
    :param acknowledged: what a person has acknowledged. It is reported, but counted apart and no reason to fail.
    :param folder: the folder to write all findings to, if any. As many as fit into Airflow's database are returned.
    :param report_all: whether what is granted or in review is reported too.
    :return: the report: ``counts``, ``findings``, ``omitted``, ``path`` and ``read_at``.
    :raises CustomersNotQualifiedError: if ``on_findings`` is ``"fail"`` and there are any findings that are not
        acknowledged. The report is pushed as XCom first.
    """
    marked, unneeded = mark([finding for finding in reading.findings if finding.state not in FINE], acknowledged)
    # What does not fit into Airflow's database is rather what somebody knows already.
    marked.sort(key=lambda finding: finding.acknowledged)
    new = [finding for finding in marked if not finding.acknowledged]
    fine = [finding for finding in reading.findings if finding.state in FINE]
    states = Counter(finding.state for finding in fine + new)
    counts = {
        "customers": reading.customers,
        "without_id": reading.without_id,
        **{state.value: states[state.value] for state in Standing},
        "acknowledged": len(marked) - len(new),
    }
    findings = [to_plain(finding, complete=True) for finding in marked + (fine if report_all else [])]
    report = {"counts": counts, "findings": findings, "read_at": format_date(reading.read_at)}
    with permanent_errors_fail():
        path = folder.write_report(report) if folder else None
    kept = fitting(findings)
    operator.log.info(
        "%s", ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if number)
    )
    if unneeded:
        operator.log.info(
            "%d rows of 'acknowledged' match no finding of this run and can be removed once the matter is settled: %s",
            len(unneeded),
            "; ".join(map(str, unneeded[:_LOGGED])),
        )
    if len(kept) < len(findings):
        where = path or "not stored; give storage_path to store it"
        operator.log.warning(
            "%d findings are too many for Airflow's database. The complete list: %s.", len(findings), where
        )
    return _end_with_report(
        context,
        operator,
        {**report, "findings": kept, "omitted": len(findings) - len(kept), "path": path},
        [sentence(to_plain(finding, complete=True)) for finding in new],
        fail=on_findings == "fail",
        failure=f"The reconciliation has {len(new)} findings",
    )


def _problem(customer: Mapping[str, Any]) -> str:
    what = f"Customer {customer['customer_id']}: {customer['qualification']} is {customer['outcome'].replace('_', ' ')}"
    reason = customer["reason"] and f"Reason: {customer['reason']}"
    return sentences(what, reason, f"What to do: {customer['hint'] or 'read the report'}")


def _end_with_report(
    context: Context,
    operator: BaseOperator,
    report: dict[str, Any],
    problems: Sequence[str],
    *,
    fail: bool,
    failure: str,
) -> dict[str, Any]:
    """
    Log the first problems, then end the task.

    :param fail: whether the task fails if there are any problems.
    :param failure: the beginning of that failure's message, which goes on with the first problems.
    """
    for problem in problems[:_LOGGED]:
        operator.log.warning(problem)
    if len(problems) > _LOGGED:
        operator.log.warning("The report contains %d more problems.", len(problems) - _LOGGED)
    if problems and fail:
        push_result(context, operator, report)
        where = report["path"] or "the XCom of this task"
        tell(f"{failure}.", f"What to do: follow the hints above and in the report ({where}).")
        first, others = " ".join(problems[:_TOLD]), len(problems) - _TOLD
        rest = f"{others} more are in the report" if others > 0 else "Everything else is in the report"
        raise CustomersNotQualifiedError(f"{failure}. {first} {rest} ({where}).")
    return report
