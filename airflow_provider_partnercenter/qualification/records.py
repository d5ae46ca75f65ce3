"""The records of a submission: a note for later tries, stored before it is sent, its result, and its event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_partnercenter.client.observer import Event
from airflow_provider_partnercenter.qualification.vetting import Judgement, describe

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.models import CustomerQualification
    from airflow_provider_partnercenter.qualification.request import SubmissionRequest


@dataclass(frozen=True, slots=True)
class SubmissionNote:
    """
    What is stored before a request is sent, so that a later try of the task knows about it.

    :param request_id: the ``MS-RequestId`` of the submission.
    :param posts: how often the request was sent, including this time.
    :param posted_at: when it was sent, in seconds since the epoch.
    :param baseline: the qualifications that were read before the submission, as dictionaries.
    :param carried_out: whether an answer or a read showed that the service carried out the request.
    :param payload: :attr:`.SubmissionRequest.payload` of the request; ``None`` if it is not known.
    :param decision: the key of the decision, see :func:`.submission.submission_id`.
    """

    request_id: str
    posts: int
    posted_at: float
    baseline: tuple[dict[str, Any], ...] = ()
    carried_out: bool = False
    payload: dict[str, str | None] | None = None
    decision: str | None = None

    @property
    def may_be_out(self) -> bool:
        """Whether a request may have been sent whose outcome is not known."""
        return not self.carried_out and (self.posts > 0 or not self.request_id)

    def is_about(self, request: SubmissionRequest) -> bool:
        """Return whether the note is about this request. A cleared task may render another customer."""
        return self.payload is None or self.payload == request.payload


class SubmissionNotes(Protocol):
    """
    The place where the note is stored. Its methods may block.

    They raise :class:`~airflow_provider_partnercenter.client.errors.PartnerCenterServiceUnavailableError` if the note
    cannot be read or changed at the moment.
    """

    @property
    def lasting(self) -> bool:
        """Whether the note outlives the process, so that a later try of the task finds it."""

    def load(self) -> SubmissionNote | None:
        """Return the note of an earlier try, or ``None`` if no request can have been sent."""

    def save(self, note: SubmissionNote) -> None:
        """Store the note: before the request is sent, and when it is known to be carried out."""

    def forget(self) -> None:
        """Remove the note: the service refused the request, so nothing was submitted."""


@dataclass(frozen=True, slots=True)
class Submission:
    """
    The result of a request.

    :param request: the request.
    :param verdict: what the service says now.
    :param baseline: the qualifications that were read before the submission.
    :param submitted: whether this task sent the request.
    :param submitted_at: when it was sent, ISO 8601; ``None`` if it was not.
    :param request_id: the ``MS-RequestId`` of the submission.
    :param correlation_id: the ``MS-CorrelationId`` of its calls.
    :param problems: what the preflight found.
    :param company_name: the customer's name, if the preflight has read it.
    :param found_carried_out: whether this call found out that a request of this task was carried out: its own, or that
        of an earlier try whose answer was lost. For metrics; not in the result.
    """

    request: SubmissionRequest
    verdict: Judgement
    baseline: tuple[CustomerQualification, ...] = ()
    submitted: bool = False
    submitted_at: str | None = None
    request_id: str | None = None
    correlation_id: str | None = None
    problems: tuple[str, ...] = ()
    company_name: str | None = None
    found_carried_out: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the result as the dictionary of plain JSON types that goes into XCom."""
        return {
            **describe(self.request.customer_id, self.verdict, self.request.qualification),
            "submitted": self.submitted,
            "submitted_at": self.submitted_at,
            "request_id": self.request_id,
            "correlation_id": self.correlation_id,
            "baseline": [entry.to_dict() for entry in self.baseline],
            "preflight": list(self.problems),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionEnded(Event):
    """
    A submission came to an end, whether or not a request was necessary.

    :param customer_id: the customer.
    :param qualification: Microsoft's name of the qualification.
    :param outcome: ``"approved"``, ``"in_review"`` or ``"denied"``; ``None`` after an error.
    :param sent: whether this try has found out that its request, or that of an earlier try, was carried out.
    :param attempt: whether that was one of the customer's three verification attempts.
    :param unknown: whether it stays unknown if a request was carried out, so that a person has to find out.
    :param error: the name of the error's class; ``None`` without an error.
    :param request_id: the ``MS-RequestId`` of the submission; ``None`` if there was none.
    :param correlation_id: the ``MS-CorrelationId`` of its calls.
    """

    customer_id: str
    qualification: str
    outcome: str | None = None
    sent: bool = False
    attempt: bool = False
    unknown: bool = False
    error: str | None = None
    request_id: str | None = None
    correlation_id: str | None = None
