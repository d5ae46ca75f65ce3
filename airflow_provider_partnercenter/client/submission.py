"""
Submitting a request once. No I/O, no Airflow.

A customer has three verification attempts in its life, so nothing here sends twice what a read could have told; where
reading does not tell, a person decides.
"""

from __future__ import annotations

import json
import logging
import uuid
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterInvalidRequestError,
    PartnerCenterPermissionError,
    PartnerCenterUnknownOutcomeError,
)
from airflow_provider_partnercenter.client.generations import (
    Entries,
    Generation,
    asynchronous_validation,
    synchronous_validation,
)
from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification
from airflow_provider_partnercenter.client.preflight import preflight, unseen
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.client.protocol.commands import Call, Procedure, Sleep
from airflow_provider_partnercenter.client.validation_codes import choose_code
from airflow_provider_partnercenter.client.vetting import (
    Outcome,
    SubmissionRequest,
    Verdict,
    describe,
    is_unmistakable,
    plan,
)
from airflow_provider_partnercenter.client.waiting import PROPAGATION_GRACE, moment

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.auth import Credentials
    from airflow_provider_partnercenter.client.protocol.exchange import Exchange

log = logging.getLogger(__name__)

Preflight = Literal["warn", "fail", "off"]

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "airflow-provider-partnercenter")
_MAX_POSTS = 2
GO_ON = "run the task again to find out what came of the request; it is sent once more only if reads show nothing of it"
"""What to do when nothing can be read after a request was sent."""


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

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {**asdict(self), "baseline": list(self.baseline)}


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
    verdict: Verdict
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
        entries = yield from _settle(exchange, api, request, baseline, note.posted_at + propagation_grace)
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
        Verdict(Outcome.IN_REVIEW),
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
            noted = yield from _is_kept(note, notes)
            verdict = yield from _find_out(exchange, api, done, until, noted=noted)
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
            return replace(done, verdict=(yield from _confirm(api, done, answer, read=confirm)))
    if clearable:
        # A person who has looked in the portal may clear the task: then it counts from the beginning.
        yield Call(partial(notes.save, SubmissionNote(request_id, 0, exchange.now())))
    raise _unknown_outcome(done, refusal, clearable=clearable) from refusal


def _is_kept(note: SubmissionNote, notes: SubmissionNotes) -> Procedure[bool]:
    """Tell whether another try will find the note; below Airflow 3.3 there is no place to keep it."""
    found: SubmissionNote | None = yield Call(notes.load)
    return found is not None and (found.request_id, found.posts) == (note.request_id, note.posts)


def _tell(exchange: Exchange, level: int, message: str) -> None:
    log.log(level, "%s [correlation id %s]", message, exchange.correlation_id)


def _carried_out(request: SubmissionRequest, request_id: str, note: SubmissionNote, entries: Entries) -> Verdict | None:
    """
    Return what came of a request that an earlier try sent, where reading alone would allow another one.

    The service may deny the same thing again for the same reason and without a date: nothing but the note tells that
    denial from the one that a person named.

    :raises PartnerCenterUnknownOutcomeError: if there is no note of the request, only the chance that there was one.
    """
    verdict = request.judge(entries)
    if note.carried_out and note.request_id == request_id:
        return verdict if verdict.outcome is not Outcome.ABSENT else Verdict(Outcome.IN_REVIEW)
    if not note.request_id and verdict.entry and not is_unmistakable(verdict.entry):
        raise _unknown_outcome(Submission(request, verdict))
    return None


def _as_found(
    exchange: Exchange, request: SubmissionRequest, verdict: Verdict, baseline: Entries, note: SubmissionNote | None
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


def _settle(
    exchange: Exchange, api: Generation, request: SubmissionRequest, baseline: Entries, until: float
) -> Procedure[Entries]:
    """
    Read until the wanted qualification differs from the baseline, or a read begun after ``until`` still does not.

    :raises PartnerCenterError: if the reads fail for good, or for as long again.
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


def _find_out(
    exchange: Exchange, api: Generation, sent: Submission, until: float, *, noted: bool
) -> Procedure[Verdict]:
    """
    Read whether a submission was carried out; ``ABSENT`` if it was not.

    :param noted: whether another try of the task will know of the submission, so that it may go on reading.
    """
    try:
        entries = yield from _settle(exchange, api, sent.request, sent.baseline, until)
    except PartnerCenterError as error:
        if error.retryable and noted:
            error.hint = GO_ON
            raise
        raise _unknown_outcome(sent) from error
    return sent.request.judge(entries, sent.baseline)


def _confirm(api: Generation, sent: Submission, answer: Entries, *, read: bool) -> Procedure[Verdict]:
    """Read after a submission: a fresh read counts more than its answer, but may not show it yet."""
    entries: Entries = []
    try:
        entries = (yield from api.read()) if read else []
    except PartnerCenterError as error:
        log.warning("%s The submission itself was answered.", error)
    # The answer may still list an old denial, as reads do.
    verdicts = (sent.request.judge(found, sent.baseline) for found in (entries, answer))
    return next((v for v in verdicts if v.outcome is not Outcome.ABSENT), Verdict(Outcome.IN_REVIEW))


def _unknown_outcome(
    sent: Submission, refusal: PartnerCenterError | None = None, *, clearable: bool = True
) -> PartnerCenterUnknownOutcomeError:
    """
    Say that only a person can find out.

    :param refusal: what the service said when the request was sent again.
    :param clearable: whether clearing the task submits again.
    """
    again = "clear the task" if clearable else "use PartnerCenterUpdateQualificationOperator, in another run,"
    request = sent.request
    repeated = ", and the request was refused when it was sent again" if refusal else ""
    return PartnerCenterUnknownOutcomeError(
        f"Whether {request.qualification} was submitted for customer {request.customer_id} is unknown: the answer was "
        f"lost and reading does not tell{repeated}",
        status=refusal.status if refusal else None,
        code=refusal.code if refusal else None,
        description=refusal.description if refusal else None,
        request_id=sent.request_id,
        correlation_id=sent.correlation_id,
        hint=f"look at the customer in Partner Center; {again} to submit again only if nothing is there",
    )
