"""Find out by reads what came of a request: whether it was carried out, and what the service says now."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterUnknownOutcomeError
from airflow_provider_partnercenter.client.protocol.commands import Call, Procedure, Sleep
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.protocol.exchange import Exchange
    from airflow_provider_partnercenter.qualification.generations import Entries, Generation
    from airflow_provider_partnercenter.qualification.records import Submission, SubmissionNote, SubmissionNotes
    from airflow_provider_partnercenter.qualification.request import SubmissionRequest

log = logging.getLogger(__name__)

GO_ON = "run the task again to find out what came of the request; it is sent again only if reads do not show it"
"""The hint for an error of the reads after a request was sent."""


def is_kept(note: SubmissionNote, notes: SubmissionNotes) -> Procedure[bool]:
    """Return whether a later try will find the note; below Airflow 3.3 there is no place to keep it."""
    found: SubmissionNote | None = yield Call(notes.load)
    return found is not None and (found.request_id, found.posts) == (note.request_id, note.posts)


def settle(
    exchange: Exchange, api: Generation, request: SubmissionRequest, baseline: Entries, until: float
) -> Procedure[Entries]:
    """
    Read until the requested qualification differs from the baseline, or a read begun after ``until`` shows no change.

    :param until: a time in seconds since the epoch.
    :return: the entries of the last read.
    :raises PartnerCenterError: if a read fails permanently. A temporary error is raised only after more time: as long
        again as until ``until``, and at least a minute.
    """
    began, pause = exchange.now(), 2.0
    patience = until + max(60.0, until - began)
    while True:
        now = exchange.now()
        if now < until:
            yield Sleep(min(pause, until - now))
        pause = min(2 * pause, 15.0)
        asked_at = exchange.now()
        try:
            entries = yield from api.read()
        except PartnerCenterError as error:
            if not error.retryable or exchange.now() > patience:
                raise
            yield Sleep(pause)
            continue
        changed = request.judge(entries, baseline).outcome is not Outcome.ABSENT
        if changed or asked_at >= until:
            return entries


def find_out(
    exchange: Exchange, api: Generation, sent: Submission, until: float, *, noted: bool
) -> Procedure[Judgement]:
    """
    Read whether a submission was carried out. The outcome is ``ABSENT`` if it was not.

    :param noted: whether a later try of the task will know about the submission and can continue to read.
    :raises PartnerCenterUnknownOutcomeError: if the reads fail and a later try cannot continue.
    :raises PartnerCenterError: if the reads fail and a later try can continue.
    """
    try:
        entries = yield from settle(exchange, api, sent.request, sent.baseline, until)
    except PartnerCenterError as error:
        if error.retryable and noted:
            error.hint = GO_ON
            raise
        raise unknown(sent) from error
    return sent.request.judge(entries, sent.baseline)


def confirm(api: Generation, sent: Submission, answer: Entries, *, read: bool) -> Procedure[Judgement]:
    """Read after a submission. A new read counts more than the answer, but may not show the submission yet."""
    entries: Entries = []
    try:
        entries = (yield from api.read()) if read else []
    except PartnerCenterError as error:
        log.warning("%s The submission itself succeeded.", error)
    # Like a read, the answer may still list an old denial.
    verdicts = (sent.request.judge(found, sent.baseline) for found in (entries, answer))
    return next((v for v in verdicts if v.outcome is not Outcome.ABSENT), Judgement(Outcome.IN_REVIEW))


def unknown(
    sent: Submission, refusal: PartnerCenterError | None = None, *, clearable: bool = True
) -> PartnerCenterUnknownOutcomeError:
    """
    Return the error for an outcome that only a person can find out.

    :param sent: the submission.
    :param refusal: the refusal of the request when it was sent again, if it was.
    :param clearable: whether clearing the task submits the request again.
    """
    again = "clear the task" if clearable else "use PartnerCenterUpdateQualificationOperator in another run"
    request = sent.request
    repeated = ", and the request was refused when it was sent again" if refusal else ""
    return PartnerCenterUnknownOutcomeError(
        f"It is unknown whether {request.qualification} was submitted for customer {request.customer_id}: the answer "
        f"is missing, and reads cannot tell{repeated}",
        status=refusal.status if refusal else None,
        code=refusal.code if refusal else None,
        description=refusal.description if refusal else None,
        request_id=sent.request_id,
        correlation_id=sent.correlation_id,
        hint=f"check the customer in Partner Center; only if there is no request, {again} to submit it again",
    )
