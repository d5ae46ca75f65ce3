"""What is written down of a submission: before it is sent, and when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_partnercenter.qualification.vetting import Judgement, describe

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.models import CustomerQualification
    from airflow_provider_partnercenter.qualification.request import SubmissionRequest


@dataclass(frozen=True, slots=True)
class SubmissionNote:
    """
    What is written down before a request is sent, so that another try of the task knows of it.

    :param request_id: the ``MS-RequestId`` of the submission.
    :param posts: how often it was sent, this time included.
    :param posted_at: when, in seconds since the epoch.
    :param baseline: what was read before, as dictionaries.
    :param carried_out: whether the service has taken the request, by its answer or by what reading showed.
    """

    request_id: str
    posts: int
    posted_at: float
    baseline: tuple[dict[str, Any], ...] = ()
    carried_out: bool = False


class SubmissionNotes(Protocol):
    """Where the note is kept. It must outlive the process. Its methods may block."""

    def load(self) -> SubmissionNote | None:
        """Return the note of an earlier try, or ``None`` if nothing can be out."""

    def save(self, note: SubmissionNote) -> None:
        """Write the note: before the request is sent, and when it is known to be carried out."""

    def forget(self) -> None:
        """Remove the note: the service refused the request, so nothing is out."""


@dataclass(frozen=True, slots=True)
class Submission:
    """
    What came of a request.

    :param verdict: what the service says now.
    :param baseline: what was read before.
    :param submitted: whether a request was sent for it, by this task.
    :param submitted_at: when, ISO 8601.
    :param problems: what the preflight found.
    """

    request: SubmissionRequest
    verdict: Judgement
    baseline: tuple[CustomerQualification, ...] = ()
    submitted: bool = False
    submitted_at: str | None = None
    request_id: str | None = None
    correlation_id: str | None = None
    problems: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the plain dictionary that goes into XCom."""
        return {
            **describe(self.request.customer_id, self.verdict, self.request.qualification),
            "submitted": self.submitted,
            "submitted_at": self.submitted_at,
            "request_id": self.request_id,
            "correlation_id": self.correlation_id,
            "baseline": [entry.to_dict() for entry in self.baseline],
            "preflight": list(self.problems),
        }
