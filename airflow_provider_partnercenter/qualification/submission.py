"""
Submit a request once. No I/O, no Airflow.

Microsoft allows three verification attempts in a customer's life. So if an answer is lost, the request is sent again
at most once, and only if reads do not show it. If reads cannot tell, a person decides.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterInvalidRequestError,
    PartnerCenterPermissionError,
    PartnerCenterUnknownOutcomeError,
)
from airflow_provider_partnercenter.client.models import CustomerQualification
from airflow_provider_partnercenter.client.protocol.commands import Call, Procedure
from airflow_provider_partnercenter.client.wire import moment
from airflow_provider_partnercenter.qualification import outcome
from airflow_provider_partnercenter.qualification.denials import is_named_by, name_of
from airflow_provider_partnercenter.qualification.generations import Entries, Generation, generation
from airflow_provider_partnercenter.qualification.preparation import Preflight, check_first, code_to_send, tell_about
from airflow_provider_partnercenter.qualification.records import (
    Submission,
    SubmissionEnded,
    SubmissionNote,
    SubmissionNotes,
)
from airflow_provider_partnercenter.qualification.request import SubmissionRequest, plan
from airflow_provider_partnercenter.qualification.vetting import VETTED, Judgement, Outcome
from airflow_provider_partnercenter.qualification.waiting.wait import PROPAGATION_GRACE

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.auth import Credentials
    from airflow_provider_partnercenter.client.protocol.exchange import Exchange

log = logging.getLogger(__name__)

P = ParamSpec("P")
Submit = Callable[Concatenate["Exchange", SubmissionRequest, SubmissionNotes, P], Procedure[Submission]]

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "airflow-provider-partnercenter")
_MAX_POSTS = 2


def require_user(credentials: Credentials, conn_id: str, what: str) -> None:
    """
    Refuse an App-only connection before anything is sent; Microsoft would refuse the request.

    :param credentials: the credentials of the connection.
    :param conn_id: the id of the connection, for the message.
    :param what: the beginning of the message, for example ``"The customers were"``.
    :raises PartnerCenterPermissionError: if the connection is App-only.
    """
    if credentials.app_only:
        raise PartnerCenterPermissionError(
            f"{what} not submitted: connection {conn_id!r} is App-only and can only read",
            hint="add the 'refresh_token' of a partner user to the connection (App+User); on Airflow 3.2 and newer, "
            "'airflow partnercenter sign-in --replace --conn-id ID' does that",
        )


def submission_id(tenant_id: str, request: SubmissionRequest, baseline: Entries, decision: str) -> str:
    """
    Derive the ``MS-RequestId``. The same decision has the same id in every try, on every worker and host.

    :param tenant_id: the partner's tenant.
    :param request: the request.
    :param baseline: the qualifications that were read before the submission. Only those of the requested kind count:
        a new denial makes a new id.
    :param decision: a key that distinguishes this decision from a later one about the same customer.
    """
    mine = (entry.to_dict() for entry in baseline if entry.qualification is request.qualification)
    before = sorted(json.dumps(entry, sort_keys=True) for entry in mine)
    denial = request.judge(baseline).entry
    named = name_of(denial) if denial and is_named_by(request.resubmit_denied_of, denial) else None
    parts = [tenant_id.lower(), request.payload, before, named, decision]
    return str(uuid.uuid5(_NAMESPACE, json.dumps(parts, sort_keys=True)))


def _observed(procedure: Submit[P]) -> Submit[P]:
    @wraps(procedure)
    def observed(
        exchange: Exchange, request: SubmissionRequest, notes: SubmissionNotes, /, *args: P.args, **kwargs: P.kwargs
    ) -> Procedure[Submission]:
        exchange = exchange.scoped()
        vetted = request.qualification in VETTED and not kwargs.get("legacy")
        ended = partial(_ended, exchange.correlation_id, request, vetted)
        return exchange.told(procedure(exchange, request, notes, *args, **kwargs), ended)

    return observed


def _ended(
    correlation_id: str | None,
    request: SubmissionRequest,
    vetted: bool,
    result: Submission | PartnerCenterError,
    began_at: float,
    seconds: float,
) -> SubmissionEnded:
    """Return the event of a submission that has ended."""
    ended = SubmissionEnded(
        began_at=began_at,
        seconds=seconds,
        customer_id=request.customer_id,
        qualification=str(request.qualification),
        request_id=result.request_id,
        correlation_id=correlation_id,
    )
    if isinstance(result, PartnerCenterError):
        unknown = isinstance(result, PartnerCenterUnknownOutcomeError)
        return replace(ended, error=type(result).__name__, unknown=unknown)
    sent = result.found_carried_out
    return replace(ended, outcome=result.verdict.outcome.value, sent=sent, attempt=sent and vetted)


@_observed
def submit(
    exchange: Exchange,
    request: SubmissionRequest,
    notes: SubmissionNotes,
    *,
    tenant_id: str,
    decision: str | None = None,
    began: float | None = None,
    legacy: bool = False,
    preflight_mode: Preflight = "warn",
    propagation_grace: float = PROPAGATION_GRACE,
    confirm: bool = True,
    clearable: bool = True,
) -> Procedure[Submission]:
    """
    Read, decide, and submit if needed.

    :param exchange: sends the calls.
    :param request: what to submit.
    :param notes: the note of earlier tries of the same task.
    :param tenant_id: the partner's tenant.
    :param decision: see :func:`submission_id`; in Airflow, the DAG and the run. By default each call is a new decision.
    :param began: when this try began by this host's clock, in seconds since the epoch; by default now.
    :param legacy: use synchronous validation.
    :param preflight_mode: ``"warn"`` checks an Education request first and logs problems, ``"fail"`` also stops the
        submission, ``"off"`` does not check.
    :param propagation_grace: seconds after which a submission is sure to be visible to reads.
    :param confirm: read once more after the answer; not needed if the caller polls again anyway.
    :param clearable: whether a task whose outcome is unknown runs again only if a person clears it, so that the next
        try may start from scratch. A task for many customers is also retried for the sake of the other customers.
    :raises PartnerCenterInvalidRequestError: if the customer's qualifications exclude the request, if the preflight
        found problems and ``preflight_mode`` is ``"fail"``, or if no validation code is left.
    :raises PartnerCenterUnknownOutcomeError: if the answer is missing and reads do not show what came of the request.
    :raises PartnerCenterError: if the service cannot be reached or refuses the request.
    """
    exchange = exchange.scoped()
    began = exchange.now() if began is None else began
    api = generation(exchange, request, legacy=legacy)
    note: SubmissionNote | None = yield Call(notes.load)
    if note and not note.is_about(request):
        note = None
    baseline = yield from api.read()
    decision = decision or (note and note.decision) or str(uuid.uuid4())
    request_id = submission_id(tenant_id, request, baseline, decision)
    verdict = plan(request, baseline)
    sent = Submission(
        request,
        Judgement(Outcome.IN_REVIEW),
        tuple(baseline),
        submitted=True,
        request_id=request_id,
        correlation_id=exchange.correlation_id,
    )
    if verdict is None and note:
        # An earlier try may have sent the request, and the service may not show it yet. The note was written before the
        # request waited for its turn, perhaps by another host's clock. Only this try's beginning is certainly later.
        since = began if note.may_be_out else note.posted_at
        entries = yield from outcome.settle(exchange, api, request, baseline, since + propagation_grace)
        verdict = plan(request, entries) or outcome.carried_out(sent, note, entries)
        if verdict is None and note.may_be_out and outcome.may_have_been_denied_again(request, entries):
            raise (yield from outcome.give_up(exchange, notes, sent, decision, clearable=clearable))
    if verdict is not None:
        return as_found(exchange, request, verdict, baseline, note)
    try:
        problems, customer = yield from check_first(exchange, request, preflight_mode)
        code = yield from code_to_send(exchange, request)
    except PartnerCenterInvalidRequestError as error:
        if note and note.may_be_out:
            why = error.message
            raise (yield from outcome.give_up(exchange, notes, sent, decision, clearable=clearable, why=why)) from error
        raise

    posts = note.posts if note and note.request_id == request_id else 0
    # If notes cannot be stored, an earlier try may have sent the request once.
    most = _MAX_POSTS - (note is not None and not note.request_id)
    sent = replace(sent, problems=tuple(problems), company_name=customer.company_name if customer else None)
    refusal: PartnerCenterError | None = None
    while posts < most:
        posts += 1
        posted_at = exchange.now()
        sent = replace(sent, submitted_at=moment(posted_at))
        note = SubmissionNote(
            request_id,
            posts,
            posted_at,
            tuple(entry.to_dict() for entry in baseline),
            payload=request.payload,
            decision=decision,
        )
        yield Call(partial(notes.save, note))
        try:
            answer = yield from api.write(request_id, code)
        except PartnerCenterError as error:
            if error.contradictory:
                # It is not sent again, even if the read below fails.
                yield from outcome.keep(partial(notes.save, replace(note, posts=_MAX_POSTS)))
            elif not error.outcome_unknown:
                # This request was not carried out, but an earlier one may have been.
                if posts == 1:
                    yield from outcome.keep(notes.forget)
                    return (yield from _submitted_by_another(exchange, api, request, error))
                note = replace(note, posts=posts - 1)
                yield from outcome.keep(partial(notes.save, note))
                if error.retryable:
                    raise
            # The first request may be the reason why the second one is refused, so one read decides.
            grace = propagation_grace if error.outcome_unknown else 0.0
            log.warning(
                "%s Reading the customer's qualifications for up to %.0f s: was the request carried out?",
                error,
                grace,
            )
            until = exchange.now() + grace
            verdict = yield from outcome.find_out(exchange, api, sent, until, noted=notes.lasting)
            if verdict.outcome is not Outcome.ABSENT:
                yield from outcome.keep(partial(notes.save, replace(note, carried_out=True)))
                return replace(sent, verdict=verdict, found_carried_out=True)
            if error.contradictory and posts == 1:
                yield from outcome.keep(notes.forget)
                raise
            if not error.outcome_unknown:
                # The first request may still be the reason, if reads show it later than they should.
                refusal = error
                break
            if outcome.may_have_been_denied_again(request, baseline):
                break
        else:
            yield from outcome.keep(partial(notes.save, replace(note, carried_out=True)))
            tell_about(
                exchange, logging.INFO, f"Customer {request.customer_id}: {request.qualification} was submitted."
            )
            verdict = yield from outcome.confirm(api, sent, answer, read=confirm)
            return replace(sent, verdict=verdict, found_carried_out=True)
    raise (yield from outcome.give_up(exchange, notes, sent, decision, refusal, clearable=clearable)) from refusal


def as_found(
    exchange: Exchange, request: SubmissionRequest, verdict: Judgement, baseline: Entries, note: SubmissionNote | None
) -> Submission:
    """Return the existing verdict. It is that of this task's own submission if an earlier try noted one."""
    customer, state = f"Customer {request.customer_id}", verdict.outcome.replace("_", " ")
    tell_about(exchange, logging.INFO, f"{customer}: {request.qualification} is already {state}; nothing is submitted.")
    if verdict.remark:
        tell_about(exchange, logging.WARNING, f"{customer}: {verdict.remark}.")
    found = Submission(request, verdict, tuple(baseline), correlation_id=exchange.correlation_id)
    if note is None or note.posts == 0:
        return found
    return replace(
        found,
        submitted=True,
        submitted_at=moment(note.posted_at),
        request_id=note.request_id,
        baseline=tuple(CustomerQualification.from_dict(entry) for entry in note.baseline),
        # A note without an id only says that an earlier try may have sent a request.
        found_carried_out=note.may_be_out and bool(note.request_id),
    )


def _submitted_by_another(
    exchange: Exchange, api: Generation, request: SubmissionRequest, refusal: PartnerCenterError
) -> Procedure[Submission]:
    """Return what another task has submitted since this one has read, if that is why this one's request was refused."""
    if isinstance(refusal, PartnerCenterInvalidRequestError):
        try:
            entries = yield from api.read()
        except PartnerCenterError:
            # The refusal says more.
            raise refusal from None
        if verdict := plan(request, entries):
            return as_found(exchange, request, verdict, entries, None)
    raise refusal
