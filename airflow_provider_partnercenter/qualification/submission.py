"""
Submitting a request once. No I/O, no Airflow.

A customer has three verification attempts in its life, so nothing here sends twice what a read could have told; where
reading does not tell, a person decides.
"""

from __future__ import annotations

import json
import logging
import uuid
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterInvalidRequestError,
    PartnerCenterPermissionError,
)
from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.client.protocol.commands import Call, Procedure
from airflow_provider_partnercenter.client.wire import moment
from airflow_provider_partnercenter.qualification import outcome
from airflow_provider_partnercenter.qualification.denials import is_unmistakable
from airflow_provider_partnercenter.qualification.generations import (
    Entries,
    asynchronous_validation,
    synchronous_validation,
)
from airflow_provider_partnercenter.qualification.preflight import preflight, unseen
from airflow_provider_partnercenter.qualification.records import Submission, SubmissionNote, SubmissionNotes
from airflow_provider_partnercenter.qualification.request import SubmissionRequest, plan
from airflow_provider_partnercenter.qualification.validation_codes import choose_code
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome
from airflow_provider_partnercenter.qualification.waiting import PROPAGATION_GRACE

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.auth import Credentials
    from airflow_provider_partnercenter.client.protocol.exchange import Exchange

log = logging.getLogger(__name__)

Preflight = Literal["warn", "fail", "off"]

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "airflow-provider-partnercenter")
_MAX_POSTS = 2


def require_user(credentials: Credentials, conn_id: str, what: str) -> None:
    """
    Refuse an App-only connection before anything is sent, as Microsoft would afterwards.

    :param what: what is not requested for that reason, and for whom.
    :raises PartnerCenterPermissionError: if the connection is App-only.
    """
    if credentials.app_only:
        raise PartnerCenterPermissionError(
            f"{what} not requested: connection {conn_id!r} is App-only, which may only read",
            hint="add 'refresh_token' of a partner user to the connection (App+User)",
        )


def submission_id(tenant_id: str, request: SubmissionRequest, baseline: Entries) -> str:
    """
    Derive the ``MS-RequestId``: the same decision has the same id, whichever try, worker or run makes it.

    :param tenant_id: the partner's tenant.
    :param baseline: what was read before; of it only the requested qualification makes a difference, as a denial does
        that came in between.
    """
    mine = (entry.to_dict() for entry in baseline if entry.qualification is request.qualification)
    before = sorted(json.dumps(entry, sort_keys=True) for entry in mine)
    return str(uuid.uuid5(_NAMESPACE, json.dumps([tenant_id.lower(), request.payload, before], sort_keys=True)))


def submit(
    exchange: Exchange,
    request: SubmissionRequest,
    notes: SubmissionNotes,
    *,
    tenant_id: str,
    legacy: bool = False,
    preflight_mode: Preflight = "warn",
    propagation_grace: float = PROPAGATION_GRACE,
    confirm: bool = True,
    clearable: bool = True,
) -> Procedure[Submission]:
    """
    Read, decide, and submit if needed.

    :param notes: what earlier tries of the same task did.
    :param tenant_id: the partner's tenant.
    :param legacy: use synchronous validation.
    :param preflight_mode: whether an Education request is checked first, and whether problems stop it.
    :param propagation_grace: seconds after which a submission is sure to be visible to reads.
    :param confirm: read once more after the answer; needless for whoever looks again anyway.
    :param clearable: whether only a person brings a task back whose outcome is unknown, so that the next try may begin
        from the beginning. Where a try is about many customers, it comes back for the others' sake.
    :raises PartnerCenterInvalidRequestError: if the customer's qualifications exclude the request, the preflight found
        problems and is to stop it, or no validation code is left.
    :raises PartnerCenterUnknownOutcomeError: if the answer was lost twice and reading does not tell.
    :raises PartnerCenterError: if the service cannot be asked or refuses.
    """
    exchange = exchange.scoped()
    api = (synchronous_validation if legacy else asynchronous_validation)(exchange, request)
    note: SubmissionNote | None = yield Call(notes.load)
    baseline = yield from api.read()
    request_id = submission_id(tenant_id, request, baseline)
    verdict = plan(request, baseline)
    if verdict is None and note:
        # An earlier try may have sent it and the service may not show it yet.
        entries = yield from outcome.settle(exchange, api, request, baseline, note.posted_at + propagation_grace)
        verdict = plan(request, entries) or _carried_out(request, request_id, note, entries)
    if verdict is not None:
        return _as_found(exchange, request, verdict, baseline, note)
    problems = yield from _preflight(exchange, request, preflight_mode)
    code = yield from _validation_code(exchange, request)

    posts = note.posts if note and note.request_id == request_id else 0
    # Where nobody could note it, an earlier try may have used one.
    most = _MAX_POSTS - (note is not None and not note.request_id)
    done = Submission(
        request,
        Judgement(Outcome.IN_REVIEW),
        tuple(baseline),
        submitted=True,
        request_id=request_id,
        correlation_id=exchange.correlation_id,
        problems=tuple(problems),
    )
    refusal: PartnerCenterError | None = None
    while posts < most:
        posts += 1
        posted_at = exchange.now()
        done = replace(done, submitted_at=moment(posted_at))
        note = SubmissionNote(request_id, posts, posted_at, tuple(entry.to_dict() for entry in baseline))
        yield Call(partial(notes.save, note))
        try:
            answer = yield from api.write(request_id, code)
        except PartnerCenterError as error:
            if not error.outcome_unknown:
                # This one is not out, though an earlier one may be.
                if posts == 1:
                    yield Call(notes.forget)
                    raise
                note = replace(note, posts=posts - 1)
                yield Call(partial(notes.save, note))
                if error.retryable:
                    raise
            # Of a refusal after a lost answer the reason may be the first request, so one read decides.
            grace = propagation_grace if error.outcome_unknown else 0.0
            log.warning("%s Reading for %.0f s whether it was carried out.", error, grace)
            until = exchange.now() + grace
            noted = yield from outcome.is_kept(note, notes)
            verdict = yield from outcome.find_out(exchange, api, done, until, noted=noted)
            if verdict.outcome is not Outcome.ABSENT:
                yield Call(partial(notes.save, replace(note, carried_out=True)))
                return replace(done, verdict=verdict)
            if not error.outcome_unknown:
                # The reason may be the first request all the same, shown by reads later than they should.
                refusal = error
                break
        else:
            yield Call(partial(notes.save, replace(note, carried_out=True)))
            _tell(exchange, logging.INFO, f"Customer {request.customer_id}: {request.qualification} submitted.")
            return replace(done, verdict=(yield from outcome.confirm(api, done, answer, read=confirm)))
    if clearable:
        # A person who has looked in the portal may clear the task: then it counts from the beginning.
        yield Call(partial(notes.save, SubmissionNote(request_id, 0, exchange.now())))
    raise outcome.unknown(done, refusal, clearable=clearable) from refusal


def _tell(exchange: Exchange, level: int, message: str) -> None:
    log.log(level, "%s [correlation id %s]", message, exchange.correlation_id)


def _carried_out(
    request: SubmissionRequest, request_id: str, note: SubmissionNote, entries: Entries
) -> Judgement | None:
    """
    Return what came of a request that an earlier try sent, where reading alone would allow another one.

    The service may deny the same thing again for the same reason and without a date: nothing but the note tells that
    denial from the one that a person named.

    :raises PartnerCenterUnknownOutcomeError: if there is no note of the request, only the chance that there was one.
    """
    verdict = request.judge(entries)
    if note.carried_out and note.request_id == request_id:
        return verdict if verdict.outcome is not Outcome.ABSENT else Judgement(Outcome.IN_REVIEW)
    if not note.request_id and verdict.entry and not is_unmistakable(verdict.entry):
        raise outcome.unknown(Submission(request, verdict))
    return None


def _as_found(
    exchange: Exchange, request: SubmissionRequest, verdict: Judgement, baseline: Entries, note: SubmissionNote | None
) -> Submission:
    """Report what is there already; it is this task's own submission if an earlier try noted one."""
    customer, state = f"Customer {request.customer_id}", verdict.outcome.replace("_", " ")
    _tell(exchange, logging.INFO, f"{customer}: {request.qualification} is {state} already; nothing is submitted.")
    if verdict.remark:
        _tell(exchange, logging.WARNING, f"{customer}: {verdict.remark}.")
    found = Submission(request, verdict, tuple(baseline), correlation_id=exchange.correlation_id)
    if note is None or note.posts == 0:
        return found
    return replace(
        found,
        submitted=True,
        submitted_at=moment(note.posted_at),
        request_id=note.request_id,
        baseline=tuple(CustomerQualification.from_dict(entry) for entry in note.baseline),
    )


def _preflight(exchange: Exchange, request: SubmissionRequest, mode: Preflight) -> Procedure[list[str]]:
    """Return what the preflight has to say; only what is sure to be denied stops the submission."""
    if mode == "off" or request.qualification is not Qualification.EDUCATION:
        return []
    remarks, problems = [], []
    try:
        customer = yield from exchange.send(endpoints.get_customer(request.customer_id))
        problems = preflight(customer)
        if unseen(customer):
            remarks = ["address and e-mail cannot be checked: the partner has no delegated access to the customer"]
    except PartnerCenterError as error:
        if mode == "fail":
            raise
        remarks = [f"the customer could not be checked: {error}"]
    for remark in problems + remarks:
        _tell(exchange, logging.WARNING, f"Customer {request.customer_id}, before submitting: {remark}.")
    if problems and mode == "fail":
        raise PartnerCenterInvalidRequestError(
            f"Customer {request.customer_id} was not submitted, because Microsoft would deny it: {'; '.join(problems)}",
            hint="correct the customer's account in Partner Center, or set preflight='warn' to submit all the same",
            correlation_id=exchange.correlation_id,
        )
    return problems + remarks


def _validation_code(exchange: Exchange, request: SubmissionRequest) -> Procedure[str | None]:
    """Return the code to send: where one is to be chosen, by what is left of each at this moment."""
    if request.organization is None:
        return request.validation_code
    codes = yield from exchange.send(endpoints.get_validation_codes())
    code = choose_code(codes, request.organization)
    _tell(exchange, logging.INFO, f"Customer {request.customer_id}: validation code {code.validation_id} is used.")
    return code.validation_id
