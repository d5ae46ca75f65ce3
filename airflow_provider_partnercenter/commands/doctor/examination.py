"""
An examination: checks in order, each of which finds something, or is skipped because an earlier one failed.

A check is a value. Its ``look`` gathers facts and does the I/O; its ``judge`` is a pure function of these facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from airflow_provider_partnercenter.client.errors import PartnerCenterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

P = TypeVar("P")
F = TypeVar("F")

_REMEDY = "What to do: "


class Status(Enum):
    """What a check came to."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """
    What a check found.

    :param status: what it came to.
    :param text: what is so, or why it is wrong.
    :param remedy: what to do, and who must do it; nothing if all is well.
    """

    status: Status
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Check(Generic[P, F]):
    """
    Something that must be right.

    :param name: what is checked.
    :param look: gathers facts about the patient. It may raise a ``PartnerCenterError``, which is the finding then.
    :param judge: returns the findings, at least one.
    :param needs: the checks without which this one can find nothing.
    """

    name: str
    look: Callable[[P], F]
    judge: Callable[[F], Iterable[Finding]]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """A finding and the name of its check."""

    check: str
    finding: Finding


def ok(text: str) -> Finding:
    """Return the finding that something is right."""
    return Finding(Status.OK, text)


def warning(text: str, remedy: str) -> Finding:
    """Return the finding that something works, but should be looked at."""
    return Finding(Status.WARNING, text, remedy)


def failed(text: str, remedy: str) -> Finding:
    """Return the finding that something is wrong."""
    return Finding(Status.FAILED, text, remedy)


def skipped(text: str, remedy: str = "") -> Finding:
    """Return the finding that something was not checked."""
    return Finding(Status.SKIPPED, text, remedy)


def finding_of(error: PartnerCenterError, status: Status = Status.FAILED) -> Finding:
    """Return what an error says as a finding."""
    text = " ".join(line for line in error.lines if not line.startswith(_REMEDY))
    remedy = next((line for line in error.lines if line.startswith(_REMEDY)), "").removeprefix(_REMEDY)
    return Finding(status, text, sentence(remedy))


def examine(checks: Iterable[Check[P, Any]], patient: P, *, strict: bool = False) -> Iterator[Result]:
    """
    Carry out checks one after the other, and yield what they find.

    :param checks: in an order in which each comes after those that it needs.
    :param patient: what is examined.
    :param strict: whether to raise what nobody expected, so that it can be reported; otherwise it is a finding, and the
        other checks go on.
    """
    useless: dict[str, str] = {}
    for check in checks:
        missing = next((name for name in check.needs if name in useless), None)
        if missing:
            # Not what failed only because of something else: the first cause is the one to mend.
            useless[check.name] = useless[missing]
            yield Result(check.name, skipped(f"Not checked, because {useless[missing]!r} comes first."))
            continue
        findings = [*_findings(check, patient, strict)]
        if any(finding.status is Status.FAILED for finding in findings):
            useless[check.name] = check.name
        yield from (Result(check.name, finding) for finding in findings)


def _findings(check: Check[P, Any], patient: P, strict: bool) -> Iterable[Finding]:
    try:
        return check.judge(check.look(patient))
    except PartnerCenterError as error:
        return [finding_of(error)]
    except Exception as problem:
        if strict:
            raise
        # Not its text, which may contain anything.
        return [failed(f"Unexpected: {type(problem).__name__}.", "Run the command with --verbose and report it.")]


def sentence(text: str) -> str:
    """Return a clause, as the hint of an error is one, as a sentence."""
    text = text.rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""
