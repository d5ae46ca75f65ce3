"""The result for each customer of a bulk request, and the report about all of them. No I/O."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterInvalidRequestError,
    PartnerCenterNotFoundError,
    PartnerCenterPermissionError,
    PartnerCenterUnknownOutcomeError,
)
from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification
from airflow_provider_partnercenter.client.wire import moment
from airflow_provider_partnercenter.qualification.denials import advice, name_of
from airflow_provider_partnercenter.qualification.outcome import GO_ON
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_partnercenter.qualification.bulk.rows import Row
    from airflow_provider_partnercenter.qualification.records import Submission, SubmissionNote


class Result(enum.StrEnum):
    """
    The outcome for one customer.

    The first three have the values of :class:`.vetting.Outcome`. It is not the same enumeration, because a poll can
    neither refuse nor fail a request, and a report has no ``ABSENT``.
    """

    APPROVED = "approved"
    DENIED = "denied"
    IN_REVIEW = "in_review"
    REFUSED = "refused"
    """Not submitted by this task: the row is invalid, or the service or this package refused the request."""
    FAILED = "failed"
    """An error, for example an outage, or an answer that was lost for good."""


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One customer and qualification. Every member is a plain JSON type.

    :param rows: the numbers of the caller's rows that asked for it, from 0.
    :param customer_id: the customer's tenant.
    :param qualification: Microsoft's name of the qualification.
    :param outcome: a :class:`Result`.
    :param vetting_status: Microsoft's status.
    :param vetting_reason: Microsoft's reason for a denial.
    :param vetting_created_date: the date of the request, ISO 8601.
    :param error: why the request was refused or failed; of a denial, why ``resubmit_denied_of`` allowed no request.
    :param error_hint: who must do what about that.
    :param submitted: whether this task sent a request.
    :param submitted_at: when it was sent, ISO 8601.
    :param request_id: the ``MS-RequestId`` of the submission.
    :param correlation_id: the ``MS-CorrelationId`` of the latest call.
    :param baseline: the customer's entries of the same qualification before the submission, as dictionaries.
    :param attempts_left: after a denial, how many verification requests are left at most.
    :param retryable: after a failure, whether another try of the task may succeed.
    :param due: when the next poll is due, in seconds since the epoch, if another task goes on with the wait.
    :param absent_since: see :class:`.sighting.Sighting`; only with ``due``.
    """

    rows: tuple[int, ...]
    customer_id: str
    qualification: str
    outcome: str
    vetting_status: str | None = None
    vetting_reason: str | None = None
    vetting_created_date: str | None = None
    error: str | None = None
    error_hint: str | None = None
    submitted: bool = False
    submitted_at: str | None = None
    request_id: str | None = None
    correlation_id: str | None = None
    baseline: tuple[dict[str, Any], ...] = ()
    attempts_left: int | None = None
    retryable: bool = False
    due: float | None = None
    absent_since: float | None = None

    def seen(self) -> CustomerQualification:
        """Return what was last seen in Partner Center."""
        return CustomerQualification.from_dict({name: getattr(self, name) for name in ("qualification", *_VETTING)})

    def reported(self) -> dict[str, Any]:
        """Return the entry as it is in the report, always with the same keys."""
        denial = self.seen()
        denied = self.outcome == Result.DENIED
        reason, hint = self.error, self.error_hint
        if denied:
            reason, hint = self.vetting_reason, advice(denial, self.attempts_left or 0, self.error)
        elif self.outcome == Result.IN_REVIEW:
            reason, hint = (
                "no verdict yet",
                "clear the task to keep waiting; ask Microsoft's support if it takes too long",
            )
        return {
            "rows": list(self.rows),
            "customer_id": self.customer_id,
            "qualification": self.qualification,
            "outcome": self.outcome,
            "reason": reason,
            "hint": hint,
            **{name: getattr(self, name) for name in _VETTING},
            "submitted": self.submitted,
            "submitted_at": self.submitted_at,
            "request_id": self.request_id,
            "correlation_id": self.correlation_id,
            "resubmit_denied_of": name_of(denial) if denied else None,
            "attempts_left": self.attempts_left if denied else None,
        }

    def judged(self, verdict: Judgement, correlation_id: str | None) -> Entry:
        """Return this entry with the verdict of a poll."""
        # An old denial that a new request has not replaced yet says nothing about that request.
        absent = verdict.outcome is Outcome.ABSENT
        entry = None if absent else verdict.entry
        found = (entry or CustomerQualification(Qualification(self.qualification))).to_dict()
        denied = verdict.outcome is Outcome.DENIED
        return replace(
            self,
            outcome=str(Result.IN_REVIEW if absent else Result(verdict.outcome.value)),
            **{name: found[name] for name in _VETTING},
            error=verdict.remark if denied else None,
            correlation_id=correlation_id or self.correlation_id,
            attempts_left=verdict.attempts_left if denied else None,
        )

    def failed(self, error: PartnerCenterError) -> Entry:
        """Return this entry with an error as its outcome."""
        refused = isinstance(error, _REFUSALS) and not error.retryable and not self.submitted
        return replace(
            self,
            outcome=str(Result.REFUSED if refused else Result.FAILED),
            error=reason_of(error),
            error_hint=GO_ON if self.submitted and error.retryable else error.hint,
            # Keep the submission's request id: support needs that one, not a later read's.
            request_id=self.request_id or error.request_id,
            correlation_id=error.correlation_id or self.correlation_id,
            retryable=error.retryable,
        )


_VETTING = ("vetting_status", "vetting_reason", "vetting_created_date")
_REFUSALS = (PartnerCenterInvalidRequestError, PartnerCenterPermissionError, PartnerCenterNotFoundError)


def entry_of(row: Row) -> Entry:
    """Return the initial entry of a row; if the row is refused, the entry with the refusal."""
    entry = Entry(row.numbers, row.customer_id, row.qualification, str(Result.FAILED))
    return entry.failed(row.error) if row.error else entry


def submitted_entry(row: Row, submission: Submission) -> Entry:
    """Return the entry of a row that was submitted or needed no submission."""
    entry = replace(
        entry_of(row),
        submitted=submission.submitted,
        submitted_at=submission.submitted_at,
        request_id=submission.request_id,
        # Only a wait after a submission needs the baseline, and only the entries of the same qualification.
        baseline=tuple(
            entry.to_dict()
            for entry in submission.baseline
            if submission.submitted and entry.qualification is submission.request.qualification
        ),
    )
    return entry.judged(submission.verdict, submission.correlation_id)


def failed_entry(row: Row, error: PartnerCenterError, note: SubmissionNote | None) -> Entry:
    """
    Return the entry of a row that ended with an error.

    :param note: the note of its submission, by this try or an earlier one. The error may come from a later read.
    """
    entry = entry_of(row)
    if note and note.posts:
        entry = replace(entry, submitted=True, submitted_at=moment(note.posted_at), request_id=note.request_id)
    elif isinstance(error, PartnerCenterUnknownOutcomeError) and error.request_id:
        # Below Airflow 3.3 there is no note.
        entry = replace(entry, submitted=True)
    return entry.failed(error)


def counts_of(entries: Iterable[Entry]) -> dict[str, int]:
    """Count the entries in total, by outcome (including outcomes that do not occur), and those submitted."""
    entries = list(entries)
    found = Counter(entry.outcome for entry in entries)
    return {
        "total": len(entries),
        **{result.value: found[result.value] for result in Result},
        "submitted": sum(entry.submitted for entry in entries),
    }


def reason_of(error: PartnerCenterError) -> str:
    """Return why something failed: the message, and what the service said. The hint and the ids are not in it."""
    why = PartnerCenterError(error.message, status=error.status, code=error.code, description=error.description)
    return str(why).rstrip(".")
