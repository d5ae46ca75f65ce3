"""Tell each change of the customers' qualifications in one digest."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterConfigurationError,
    PartnerCenterInvalidRequestError,
)
from airflow_provider_partnercenter.client.plain import from_plain
from airflow_provider_partnercenter.client.wire import parse_date
from airflow_provider_partnercenter.compat import AirflowSkipException
from airflow_provider_partnercenter.exceptions import permanent_errors_fail, tell
from airflow_provider_partnercenter.qualification.bulk.findings import Finding, Standing
from airflow_provider_partnercenter.qualification.digest import Digest, LastDigest, compare
from airflow_provider_partnercenter.storage.entries import read_report
from airflow_provider_partnercenter.storage.memory import Memory, variable_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from airflow.sdk import Context

log = logging.getLogger(__name__)


@contextlib.contextmanager
def since_last_digest(report: Mapping[str, Any], context: Context | Mapping[str, Any]) -> Iterator[Digest]:
    """
    Compare a reconciliation with what the last digest told. Call this in a task, and tell the digest inside of it.

    What was told is remembered in an Airflow Variable of the task, ``partnercenter_digest.<DAG id>.<task id>.<hash>``,
    when the ``with`` block has ended without an exception. So a digest that could not be told is part of the next one,
    and a task that is cleared tells only what no digest has told yet. If the worker dies between the two, the same is
    told again. Let one run of the DAG be active at a time.

    All news are in the task's log, too.

    :param report: the result of a ``PartnerCenterReconcileQualificationsOperator`` with ``report_all=True``.
    :param context: the task's context.
    :return: a context manager that gives the digest.
    :raises AirflowSkipException: if a digest of the same or of a later reconciliation has been told already.
    :raises PermanentFailureError: if the report has not all findings, or the Variable contains something else.
    :raises PartnerCenterServiceUnavailableError: if the report or the Variable cannot be read or written at the moment.
    """
    memory = _memory(context)
    with permanent_errors_fail():
        read_at = _read_at(report)
        last = memory.read()
    if last and read_at <= last.read_at:
        raise AirflowSkipException(
            tell(
                f"There is nothing to tell: the digest of {last.read_at:%Y-%m-%d %H:%M} UTC has told all of this.",
                "What to do: nothing; to read the customers again, clear the task that made the report too.",
                level=logging.INFO,
            )
        )
    with permanent_errors_fail():
        digest = compare(_all_findings(report), read_at, last)
    for line in digest.lines(most=sys.maxsize):
        log.info("%s", line)
    yield digest
    with permanent_errors_fail():
        memory.write(digest.known)


def _memory(context: Context | Mapping[str, Any]) -> Memory[LastDigest]:
    ti = context["ti"]
    return Memory(
        variable_name("partnercenter_digest", ti.dag_id, ti.task_id, -1 if ti.map_index is None else ti.map_index),
        LastDigest,
        what="What the last digest told",
        whose="a digest",
        anew="the next digest then takes what is there as known",
        description="What the digests of a task have told. Delete it, and the next one begins anew.",
    )


def _read_at(report: Mapping[str, Any]) -> datetime:
    if (date := parse_date(str(report.get("read_at") or ""))) is None:
        raise PartnerCenterInvalidRequestError(
            "the report is not that of a reconciliation",
            hint="give the output of a PartnerCenterReconcileQualificationsOperator",
        )
    return date


def _all_findings(report: Mapping[str, Any]) -> list[Finding]:
    """Return all findings, from the report's file if it has one."""
    counts = report["counts"]
    findings = read_report(report["path"])["findings"] if report["path"] else report["findings"]
    if len(findings) < counts["acknowledged"] + sum(counts[state.value] for state in Standing):
        if report["omitted"] and not report["path"]:
            raise PartnerCenterConfigurationError(
                f"storage_path is missing: {len(findings) + report['omitted']} qualifications are too many for "
                "Airflow's database, and a digest needs all of them; nothing was told",
                hint="give the reconciliation a folder that workers can reach, for example s3://connection@bucket/folder",
            )
        raise PartnerCenterInvalidRequestError(
            "the report does not contain what is granted or in review; nothing was told",
            hint="set report_all=True in the reconciliation",
        )
    return [from_plain(Finding, finding) for finding in findings]
