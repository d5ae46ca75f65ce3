"""``airflow partnercenter doctor``: find out what is wrong with a set-up, and what to do about it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.commands.doctor.checks import CHECKS
from airflow_provider_partnercenter.commands.doctor.examination import Result, Status, examine
from airflow_provider_partnercenter.commands.doctor.patient import Patient
from airflow_provider_partnercenter.commands.output import print_rows, say
from airflow_provider_partnercenter.commands.running import FAILED, plain_command

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence


@plain_command
def doctor(arguments: Namespace) -> int:
    """Carry out all checks, print what they find, and fail if one of them failed."""
    with Patient(arguments.conn_id, storage_path=arguments.storage_path, write=arguments.write) as patient:
        results = [*examine(CHECKS, patient, strict=arguments.verbose)]
        rows = [row_of(result) for result in results]
        print_rows([{name: patient.hide(text) for name, text in row.items()} for row in rows], arguments.output)
    say(summary_of(results))
    return FAILED if _count(results)[Status.FAILED] else 0


def row_of(result: Result) -> dict[str, str]:
    """Return a finding as a row."""
    finding = result.finding
    return {"check": result.check, "status": finding.status.value, "finding": finding.text, "remedy": finding.remedy}


def summary_of(results: Sequence[Result]) -> str:
    """Say in a line how the examination ended."""
    count = _count(results)
    failures, warnings, skips = count[Status.FAILED], count[Status.WARNING], count[Status.SKIPPED]
    if not failures and not warnings:
        return "Nothing is wrong, as far as can be seen from this machine."
    parts = (f"{failures} failed", f"{warnings} with a warning", f"{skips} not checked")
    return f"Findings: {', '.join(part for part in parts if not part.startswith('0 '))}."


def _count(results: Sequence[Result]) -> Counter[Status]:
    return Counter(result.finding.status for result in results)
