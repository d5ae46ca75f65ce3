"""What a wait waits for, and what it must not forget when another process takes over. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.models import CustomerQualification
from airflow_provider_partnercenter.client.wire import moment, parse_date
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome
from airflow_provider_partnercenter.qualification.waiting.intervals import MAX_WAIT
from airflow_provider_partnercenter.qualification.waiting.sighting import Sighting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_partnercenter.client.models import Qualification

# In seconds.
PROPAGATION_GRACE = 120.0
WAIT_TIMEOUT = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class WaitOptions:
    """
    How long to wait and how often to poll: the options that the operators and the sensor share.

    :param propagation_grace: seconds after which a request, or a new customer, is sure to be visible to reads. Absence
        ends a wait only if two reads this far apart, and all between them, show it.
    :param poke_interval: seconds between two polls; ``None`` for intervals that grow up to ``max_wait``.
    :param max_wait: the longest growing interval, in seconds.
    :param timeout: how many seconds one try of the task waits.
    :param success_statuses: vetting statuses, unknown to this package, that mean approval.
    :param failure_statuses: vetting statuses, unknown to this package, that mean denial.
    """

    propagation_grace: float = PROPAGATION_GRACE
    poke_interval: float | None = None
    max_wait: float = MAX_WAIT
    timeout: float = WAIT_TIMEOUT
    success_statuses: tuple[str, ...] = ()
    failure_statuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """
    A wait for a verdict, fixed when it begins.

    Every member is a plain JSON type. Times are in seconds since the epoch.

    :param customer_id: the customer's tenant.
    :param qualification: Microsoft's name of the qualification.
    :param started_at: when the wait began.
    :param deadline: when the wait ends without a verdict.
    :param propagation_grace: see :class:`WaitOptions`.
    :param baseline: the qualifications that were read before the submission, as dictionaries; ``None`` if nothing was
        submitted.
    :param if_absent: ``"fail"`` ends the wait if the qualification is absent, ``"wait"`` does not.
    :param success_statuses: vetting statuses, unknown to this package, that mean approval.
    :param failure_statuses: vetting statuses, unknown to this package, that mean denial.
    :param poke_interval: seconds between two polls; ``None`` for intervals that grow up to ``max_wait``.
    :param max_wait: the longest growing interval, in seconds.
    :param submitted: when the request was submitted and with which request id, for messages.
    :param seen: what was last seen before the wait, for messages.
    :param company_name: the customer's name, if it is known; for people.
    :param cloud: the national cloud of the connection, a key of :data:`.clouds.CLOUDS`; for people.
    """

    customer_id: str
    qualification: str
    started_at: float
    deadline: float
    propagation_grace: float = PROPAGATION_GRACE
    baseline: tuple[dict[str, Any], ...] | None = None
    if_absent: Literal["fail", "wait"] = "fail"
    success_statuses: tuple[str, ...] = ()
    failure_statuses: tuple[str, ...] = ()
    poke_interval: float | None = None
    max_wait: float = MAX_WAIT
    submitted: str | None = None
    seen: str | None = None
    company_name: str | None = None
    cloud: str | None = None

    @property
    def earlier(self) -> tuple[CustomerQualification, ...]:
        """The entries of the baseline; empty if nothing was submitted."""
        return tuple(CustomerQualification.from_dict(entry) for entry in self.baseline or ())


def begin_wait(
    customer_id: str,
    qualification: Qualification,
    options: WaitOptions,
    *,
    submission: Mapping[str, Any] | None = None,
    started_at: float | None = None,
    if_absent: Literal["fail", "wait"] = "fail",
    company_name: str | None = None,
    cloud: str | None = None,
) -> Wait:
    """
    Return a wait. What it compares against and when it ends must not change when another process takes over.

    :param customer_id: the customer's tenant.
    :param qualification: the qualification to wait for.
    :param options: how long to wait and how often to poll.
    :param submission: the result of the submission to wait for (:meth:`.Submission.to_dict`), if there was one.
    :param started_at: when the wait began, in seconds since the epoch; by default now.
    :param if_absent: ``"fail"`` ends the wait if the qualification is absent, ``"wait"`` does not.
    :param company_name: see :class:`Wait`.
    :param cloud: see :class:`Wait`.
    """
    started_at = clock.now() if started_at is None else started_at
    baseline, submitted, seen = None, None, None
    if submission:
        entry = CustomerQualification.from_dict(submission)
        seen = Sighting(Judgement(Outcome.IN_REVIEW, entry), ended=False).summary()
    if submission and submission["submitted"]:
        baseline = tuple(submission.get("baseline") or ())
        submitted_at = parse_date(str(submission.get("submitted_at") or ""))
        at = moment(submitted_at.timestamp() if submitted_at else started_at)
        submitted = f"at {at} with request id {submission.get('request_id')}"
    return Wait(
        customer_id,
        str(qualification),
        started_at,
        deadline=started_at + options.timeout,
        propagation_grace=options.propagation_grace,
        baseline=baseline,
        if_absent=if_absent,
        success_statuses=options.success_statuses,
        failure_statuses=options.failure_statuses,
        poke_interval=options.poke_interval,
        max_wait=options.max_wait,
        submitted=submitted,
        seen=seen,
        company_name=company_name,
        cloud=cloud,
    )
