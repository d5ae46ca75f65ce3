"""Find out what a submission would send, without sending it, and whether it goes on with an earlier one. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.models import CustomerQualification
from airflow_provider_partnercenter.qualification.generations import generation
from airflow_provider_partnercenter.qualification.preparation import Preflight, check_first, code_to_send
from airflow_provider_partnercenter.qualification.request import SubmissionRequest, plan
from airflow_provider_partnercenter.qualification.submission import submission_id
from airflow_provider_partnercenter.qualification.vetting import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.client.protocol.commands import Procedure
    from airflow_provider_partnercenter.client.protocol.endpoints import Endpoint
    from airflow_provider_partnercenter.client.protocol.exchange import Exchange
    from airflow_provider_partnercenter.qualification.generations import Entries
    from airflow_provider_partnercenter.qualification.records import SubmissionNote
    from airflow_provider_partnercenter.qualification.vetting import Judgement


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """
    What a submission would do.

    :param baseline: the customer's qualifications, just read.
    :param verdict: why nothing would be sent; ``None`` if something would.
    :param sends: what would be sent; ``None`` if nothing would.
    :param problems: what the preflight found.
    """

    baseline: Entries
    verdict: Judgement | None = None
    sends: Endpoint[Any] | None = None
    problems: tuple[str, ...] = ()


def rehearse(
    exchange: Exchange,
    request: SubmissionRequest,
    *,
    tenant_id: str,
    decide: Callable[[Entries], str],
    legacy: bool = False,
    preflight_mode: Preflight = "warn",
) -> Procedure[Rehearsal]:
    """
    Read and decide as :func:`.submission.submit` does, and send nothing but reads.

    The other parameters are those of :func:`.submission.submit`, and so are the errors.

    :param decide: takes the qualifications that were read, and returns the key of the decision.
    """
    exchange = exchange.scoped()
    api = generation(exchange, request, legacy=legacy)
    baseline = yield from api.read()
    decision = decide(baseline)
    if verdict := plan(request, baseline):
        return Rehearsal(baseline, verdict)
    problems, _ = yield from check_first(exchange, request, preflight_mode)
    code = yield from code_to_send(exchange, request)
    request_id = submission_id(tenant_id, request, baseline, decision)
    return Rehearsal(baseline, sends=api.request(request_id, code), problems=tuple(problems))


def goes_on(
    note: SubmissionNote | None, request: SubmissionRequest, entries: Entries, now: float, grace: float
) -> bool:
    """
    Return whether a new request would go on with the submission that was noted, and so have its ``MS-RequestId``.

    In Airflow, the tries of a run do. A person who repeats a command may mean the submission whose outcome is not
    known, or another one, long after.

    :param note: the note of an earlier call; ``None`` if there is none.
    :param request: the request.
    :param entries: the customer's qualifications, just read.
    :param now: the present, in seconds since the epoch.
    :param grace: seconds after which a submission is sure to be visible to reads.
    """
    if note is None or not note.is_about(request):
        return False
    if note.carried_out:
        return now < note.posted_at + grace
    before = [CustomerQualification.from_dict(entry) for entry in note.baseline]
    return not note.may_be_out or request.judge(entries, before).outcome is Outcome.ABSENT


def seconds_to_wait(note: SubmissionNote | None, request: SubmissionRequest, now: float, grace: float) -> float:
    """
    Return for how many seconds reads may not show yet that a different request for the same was sent.

    The parameters are those of :func:`goes_on`.

    :return: the seconds; 0 if none was noted.
    """
    if note is None or note.is_about(request):
        return 0.0
    return max(0.0, note.posted_at + grace - now)
