"""Find out by reads what came of a request: whether it was carried out, and what the service says now."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterUnknownOutcomeError
from airflow_provider_partnercenter.client.protocol.commands import Call, Procedure, Sleep
from airflow_provider_partnercenter.qualification.denials import is_unmistakable
from airflow_provider_partnercenter.qualification.records import SubmissionNote
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.client.protocol.exchange import Exchange
    from airflow_provider_partnercenter.qualification.generations import Entries, Generation
    from airflow_provider_partnercenter.qualification.records import Submission, SubmissionNotes
    from airflow_provider_partnercenter.qualification.request import SubmissionRequest

log = logging.getLogger(__name__)

GO_ON = "run the task again to find out what came of the request; it is sent again only if reads do not show it"
"""The hint for an error of the reads after a request was sent."""


def keep(write: Callable[[], None]) -> Procedure[None]:
    """Change a note after the fact. If that fails, the result of the task stays what it is."""
    try:
        yield Call(write)
    except PartnerCenterError as error:
        log.warning("%s The result of this task does not depend on it.", error)


def settle(
    exchange: Exchange, api: Generation, request: SubmissionRequest, baseline: Entries, until: float
) -> Procedure[Entries]:
    """
    Read until the requested qualification differs from the baseline, or a read begun after ``until`` shows no change.

    :param until: a time in seconds since the epoch.
    :return: the entries of the last read.
    :raises PartnerCenterError: if a read fails permanently, or if reads still fail temporarily long after ``until``: as
        long again, and at least a minute.
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
            yield Sleep(max(pause, error.retry_after or 0.0))
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


def carried_out(sent: Submission, note: SubmissionNote, entries: Entries) -> Judgement | None:
    """Return the verdict on a request that an earlier try sent, if the entries alone would allow another request."""
    if not note.carried_out or note.request_id != sent.request_id:
        return None
    verdict = sent.request.judge(entries)
    return verdict if verdict.outcome is not Outcome.ABSENT else Judgement(Outcome.IN_REVIEW)


def may_have_been_denied_again(request: SubmissionRequest, entries: Entries) -> bool:
    """
    Return whether the denial among the entries could be the answer to a request that may have been sent.

    The service may deny a request at once, for the same reason as before and without a date or with the day only. Reads
    cannot distinguish such a denial from the one that a person named.
    """
    denial = request.judge(entries).entry
    return denial is not None and not is_unmistakable(denial)


def give_up(
    exchange: Exchange,
    notes: SubmissionNotes,
    sent: Submission,
    decision: str,
    refusal: PartnerCenterError | None = None,
    *,
    clearable: bool,
    why: str | None = None,
) -> Procedure[PartnerCenterError]:
    """
    Return the error for a request whose outcome is unknown.

    :param why: why the request was not sent again, if it was not.
    """
    if clearable:
        # A person who has checked Partner Center may clear the task. Then the count of attempts starts again.
        note = SubmissionNote(sent.request_id or "", 0, exchange.now(), payload=sent.request.payload, decision=decision)
        yield from keep(partial(notes.save, note))
    return unknown(sent, refusal, clearable=clearable, why=why)


def unknown(
    sent: Submission,
    refusal: PartnerCenterError | None = None,
    *,
    clearable: bool = True,
    why: str | None = None,
) -> PartnerCenterUnknownOutcomeError:
    """
    Return the error for an outcome that only a person can find out.

    :param sent: the submission.
    :param refusal: the refusal of the request when it was sent again, if it was.
    :param clearable: whether clearing the task submits the request again.
    :param why: why the request was not sent again, if it was not.
    """
    again = "clear the task" if clearable else "use PartnerCenterUpdateQualificationOperator in another run"
    request = sent.request
    repeated = ", and the request was refused when it was sent again" if refusal else ""
    if why:
        repeated = f". The request was not sent again: {why}"
    return PartnerCenterUnknownOutcomeError(
        f"Customer {request.customer_id}: it is unknown whether {request.qualification} was submitted: the answer "
        f"is missing, and reads cannot tell{repeated}",
        status=refusal.status if refusal else None,
        code=refusal.code if refusal else None,
        description=refusal.description if refusal else None,
        request_id=sent.request_id,
        correlation_id=sent.correlation_id,
        hint=f"check the customer in Partner Center; only if there is no request, {again} to submit it again",
    )
