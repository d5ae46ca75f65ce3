"""``airflow partnercenter qualify``: request a qualification for a customer, once."""

from __future__ import annotations

import contextlib
import sys
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow.configuration import get_airflow_home

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterInvalidRequestError,
    PartnerCenterUnknownOutcomeError,
)
from airflow_provider_partnercenter.client.wire import moment
from airflow_provider_partnercenter.commands.customers.finding import customer_id_of
from airflow_provider_partnercenter.commands.customers.notes import notes_of
from airflow_provider_partnercenter.commands.customers.telling import (
    SUBMISSION_TABLE,
    about_lost,
    about_no_verdict,
    about_result,
    about_sending,
    row_of_lost,
    row_of_submission,
)
from airflow_provider_partnercenter.commands.customers.waiting import refuse_if_waited_for
from airflow_provider_partnercenter.commands.output import print_rows, say
from airflow_provider_partnercenter.commands.running import FAILED, command
from airflow_provider_partnercenter.database.waits import Awaited
from airflow_provider_partnercenter.qualification.rehearsal import goes_on, rehearse, seconds_to_wait
from airflow_provider_partnercenter.qualification.request import SubmissionRequest
from airflow_provider_partnercenter.qualification.submission import as_found, require_user, submit
from airflow_provider_partnercenter.qualification.vetting import Outcome
from airflow_provider_partnercenter.qualification.waiting.polling import wait_for_verdict
from airflow_provider_partnercenter.qualification.waiting.wait import WaitOptions, begin_wait
from airflow_provider_partnercenter.triggers.payloads import TIMED_OUT, ending_of

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

    from airflow_provider_partnercenter.client.models import Customer
    from airflow_provider_partnercenter.client.sync import PartnerCenterClient
    from airflow_provider_partnercenter.qualification.generations import Entries
    from airflow_provider_partnercenter.qualification.records import Submission, SubmissionNotes
    from airflow_provider_partnercenter.qualification.vetting import Judgement

#: The exit status if it is unknown whether the request was carried out.
UNKNOWN = 3
# Seconds between two polls of --wait: a person waits, and for one customer only.
POLL_EVERY = 30.0


@command
def qualify(client: PartnerCenterClient, arguments: Namespace) -> int:
    """Request a qualification, unless it is there, in review, denied and not named, or a task waits for it."""
    what = f"Customer {arguments.customer}: {arguments.qualification} was"
    require_user(client.settings.credentials, arguments.conn_id, what)
    request = _request(client, arguments)
    customer = client.get_customer(request.customer_id)
    try:
        with notes_of(get_airflow_home(), client.settings, request) as notes:
            sent, submission = _submit(client, arguments, request, customer, notes)
    except _NotConfirmedError:
        say(f"Customer {request.customer_id}: nothing was sent.")
        return FAILED
    except _LostError as lost:
        print_rows([row_of_lost(request, customer, lost.ids)], arguments.output, table=SUBMISSION_TABLE)
        say(*about_lost(lost.problem, request, lost.ids, noted=lost.noted))
        return UNKNOWN
    return _conclude(client, arguments, request, customer, submission, sent=sent)


class _NotConfirmedError(Exception):
    """The person does not want the request to be sent."""


class _LostError(Exception):
    """It is unknown whether the request was carried out."""

    def __init__(self, problem: Exception | KeyboardInterrupt, ids: Mapping[str, str | None], *, noted: bool) -> None:
        super().__init__()
        self.problem, self.ids, self.noted = problem, ids, noted


def _request(client: PartnerCenterClient, arguments: Namespace) -> SubmissionRequest:
    return SubmissionRequest.validated(
        customer_id_of(client, arguments.customer),
        arguments.qualification,
        education_segment=arguments.education_segment,
        website=arguments.website,
        validation_code=arguments.validation_code,
        organization=arguments.organization,
        resubmit_denied_of=arguments.resubmit_denied_of,
        by_person=_at_terminal(),
        legacy=arguments.validation == "synchronous",
    )


def _submit(
    client: PartnerCenterClient,
    arguments: Namespace,
    request: SubmissionRequest,
    customer: Customer,
    notes: SubmissionNotes,
) -> tuple[bool, Submission]:
    """Return whether this call has sent the request, and the result."""
    grace, legacy = float(arguments.propagation_grace), arguments.validation == "synchronous"
    # One correlation id for all, which is known even if the command is interrupted.
    tenant_id, exchange = client.settings.credentials.tenant_id, client.exchange.scoped()
    note = notes.load()
    if wait := seconds_to_wait(note, request, exchange.now(), grace):
        raise PartnerCenterInvalidRequestError(
            f"Customer {request.customer_id}: a different request for {request.qualification} was sent just now",
            hint=f"repeat the command in {wait:.0f} s, when reads are sure to show what came of it",
        )
    awaited = Awaited(request.customer_id, str(request.qualification))
    refuse_if_waited_for(awaited, asks=not arguments.yes)

    earlier = note if note and note.is_about(request) else None
    fresh = str(uuid.uuid4())

    def decide(entries: Entries) -> str:
        again = goes_on(note, request, entries, exchange.now(), grace)
        return (note and again and note.decision) or fresh

    rehearsal = client.run(
        rehearse(
            exchange,
            request,
            tenant_id=tenant_id,
            decide=decide,
            legacy=legacy,
            preflight_mode=arguments.preflight,
        )
    )
    decision = decide(rehearsal.baseline)
    if rehearsal.verdict or rehearsal.sends is None:
        assert rehearsal.verdict is not None
        if earlier and earlier.may_be_out and decision == fresh:
            # This read has shown it.
            notes.save(replace(earlier, carried_out=True))
        return False, as_found(exchange, request, rehearsal.verdict, rehearsal.baseline, earlier)

    going_on = earlier if decision != fresh else None
    say(
        *about_sending(
            rehearsal.sends, client.settings.base_url, request, customer, rehearsal.problems, going_on, grace
        )
    )
    if not arguments.yes:
        _ask()
        # The person may have thought for long.
        refuse_if_waited_for(awaited, asks=True, tell=False)
    if note and not going_on:
        notes.forget()
    try:
        submission = client.run(
            submit(
                exchange,
                request,
                notes,
                tenant_id=tenant_id,
                decision=decision,
                legacy=legacy,
                preflight_mode=arguments.preflight,
                propagation_grace=grace,
            )
        )
    except (Exception, KeyboardInterrupt) as problem:
        if (lost := _lost(problem, request, notes, exchange.correlation_id)) is None:
            raise
        raise lost from problem
    # What an earlier call has sent has the time of its note.
    return submission.submitted and submission.submitted_at != (going_on and moment(going_on.posted_at)), submission


def _lost(
    problem: Exception | KeyboardInterrupt,
    request: SubmissionRequest,
    notes: SubmissionNotes,
    correlation_id: str | None,
) -> _LostError | None:
    """Return the error if the request may have been carried out nevertheless."""
    note = None
    with contextlib.suppress(PartnerCenterError):
        note = notes.load()
    may_be_out = note is not None and note.is_about(request) and note.may_be_out
    if not may_be_out and not isinstance(problem, PartnerCenterUnknownOutcomeError):
        return None
    names = ("service_correlation_id", "service_request_id")
    ids = {
        "request_id": (note and note.request_id) or getattr(problem, "request_id", None),
        "correlation_id": getattr(problem, "correlation_id", None) or correlation_id,
        **{name: getattr(problem, name, None) for name in names},
    }
    return _LostError(problem, ids, noted=notes.lasting)


def _conclude(
    client: PartnerCenterClient,
    arguments: Namespace,
    request: SubmissionRequest,
    customer: Customer,
    submission: Submission,
    *,
    sent: bool,
) -> int:
    """Show the result, after the wait if one is wanted, and return the exit status."""
    result, verdict = submission.to_dict(), submission.verdict

    def show(found: Mapping[str, Any], verdict: Judgement) -> None:
        print_rows([row_of_submission(found, customer, verdict, sent=sent)], arguments.output, table=SUBMISSION_TABLE)

    if not arguments.wait or verdict.outcome is not Outcome.IN_REVIEW:
        show(result, verdict)
        say(*about_result(request, verdict, sent=sent))
        return FAILED if verdict.outcome is Outcome.DENIED else 0

    say(f"Customer {request.customer_id}: waiting at most {arguments.wait} s for the verdict.")
    options = WaitOptions(
        propagation_grace=float(arguments.propagation_grace), poke_interval=POLL_EVERY, timeout=float(arguments.wait)
    )
    wait = begin_wait(request.customer_id, request.qualification, options, submission=result)
    try:
        sighting = client.run(wait_for_verdict(client.exchange, wait))
    except BaseException:
        # What was sent is told, however the wait ends.
        show(result, verdict)
        raise
    ending = ending_of(wait, sighting, result)
    found: dict[str, Any] = ending.result
    if ending.status == TIMED_OUT:
        found = {**found, "outcome": Outcome.IN_REVIEW.value}
    show(found, sighting.verdict)
    if ending.status in (TIMED_OUT, Outcome.ABSENT):
        say(*about_no_verdict(request, arguments.wait, ending.summary))
    else:
        say(*about_result(request, sighting.verdict, sent=sent))
    return 0 if ending.status == Outcome.APPROVED else FAILED


def _at_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _ask() -> None:
    """
    Ask whether to send it.

    :raises PartnerCenterInvalidRequestError: if there is nobody to ask.
    """
    if not _at_terminal():
        raise PartnerCenterInvalidRequestError(
            "nothing was sent, because nobody can be asked: the standard input is no terminal",
            hint="run the command at a terminal, or repeat it with --yes if this is what is to be sent",
        )
    # Not input(), which writes the question to the standard output.
    sys.stderr.write("Send it? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise _NotConfirmedError
