"""The operator that asks a person what to do about a denial."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterInvalidRequestError,
    PartnerCenterServiceUnavailableError,
)
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid, optional_text, to_requestable
from airflow_provider_partnercenter.compat import AirflowSkipException
from airflow_provider_partnercenter.exceptions import tell
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.links.partnercenter import customer_page
from airflow_provider_partnercenter.operators.asking import AskingOperator, OnTimeout
from airflow_provider_partnercenter.qualification.asking.answer import MeaninglessAnswerError
from airflow_provider_partnercenter.qualification.asking.looking import look
from airflow_provider_partnercenter.qualification.asking.question import CORRECTABLE, DENIAL, Option, about_denial
from airflow_provider_partnercenter.qualification.asking.steps import Step, next_step
from airflow_provider_partnercenter.qualification.denials import name_of
from airflow_provider_partnercenter.qualification.request import SubmissionRequest
from airflow_provider_partnercenter.qualification.states.customer import State
from airflow_provider_partnercenter.qualification.submission import require_user, submit
from airflow_provider_partnercenter.qualification.vetting import MAX_ATTEMPTS, Outcome
from airflow_provider_partnercenter.qualification.waiting.wait import PROPAGATION_GRACE
from airflow_provider_partnercenter.storage.answers import answers_of
from airflow_provider_partnercenter.storage.submission_notes import notes_of_new_decision, submission_notes
from airflow_provider_partnercenter.tasks.arguments import decision_of, one_of, read_verdict, seconds, statuses
from airflow_provider_partnercenter.tasks.endings import conclude
from airflow_provider_partnercenter.tasks.telling.pushing import source_of, tell_customer
from airflow_provider_partnercenter.tasks.telling.states import asking, ended

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import timedelta

    from airflow.sdk import BaseNotifier, Context, XComArg

    from airflow_provider_partnercenter.client.sync import PartnerCenterClient
    from airflow_provider_partnercenter.qualification.asking.answer import Answer
    from airflow_provider_partnercenter.qualification.asking.steps import Memory
    from airflow_provider_partnercenter.qualification.preparation import Preflight
    from airflow_provider_partnercenter.qualification.records import Submission, SubmissionNotes

_CORRECTIONS = tuple(field.name for fields in CORRECTABLE.values() for field in fields)


class PartnerCenterDenialOperator(AskingOperator):
    """
    Ask a person what to do about a denial, and resubmit the request if the person says so.

    The task reads first. If the qualification is denied, Airflow shows a *Required Action*, and the task waits without
    a worker. *Resubmit* sends the request again with the corrections; who answered counts as the person who names the
    denial, whoever started the run. *Give up* fails the task without a retry, and so the run.

    An answer is good for the denial that was shown, and for one request. If the customer was denied again meanwhile,
    nothing is sent, and the result has the newer denial: Airflow keeps the first question of a task, so the next task
    has to ask. An answer that makes no sense is asked for again. A retry, or a cleared task, reads first too.

    It needs Airflow 3.1, and before 3.3 a running triggerer (see ``docs/guides/denials.md``).

    The result is that of ``PartnerCenterUpdateQualificationOperator``: give it to the sensor that waits for the next
    verdict as ``submission``. It also has ``answered_by``: a dictionary with ``id``, ``name`` and ``at`` (ISO 8601), or
    ``None`` if nobody was asked. A task that is given up has the XCom ``given_up``: a dictionary with ``customer_id``,
    ``qualification`` and ``by``, which is like ``answered_by``, with empty strings if nobody answered.

    :param customer_id: the customer's tenant id, a GUID. (templated)
    :param qualification: ``"Education"`` or ``"GovernmentCommunityCloud"``. (templated)
    :param verdict: the result of the task that waited for the verdict (``wait.output``); optional. If it is not a
        denial, this task is skipped without a call to Partner Center. (templated)
    :param education_segment: what the first request said. An empty field of the form keeps it. (templated)
    :param website: see ``education_segment``. (templated)
    :param validation_code: see ``education_segment``. (templated)
    :param organization: for the validation code ``"auto"``, as for the update operator. (templated)
    :param company_name: the customer's name, for people; optional. (templated)
    :param assigned_users: who may answer: a dictionary with ``id`` and ``name`` of a user of Airflow, or a list of
        them. By default everybody who may edit the DAG's required actions.
    :param notifiers: one or more of Airflow's notifiers, which are called whenever somebody is asked.
    :param response_timeout: how long one try waits for an answer, in seconds or as a ``timedelta``; without end by
        default.
    :param on_timeout: what it means if nobody answers in time. ``"ask_again"`` (default): the try fails, and the next
        one asks again, as long as there are ``retries``. ``"give_up"``: the same as *Give up*.
    :param preflight: as for the update operator; ``"warn"`` by default.
    :param success_statuses: as for the update operator; empty by default.
    :param failure_statuses: as for the update operator; empty by default.
    :param propagation_grace: seconds, or a ``timedelta``, after which reads are sure to show a submitted request; 120 s
        by default.
    :param partnercenter_conn_id: the connection id; ``partnercenter_default`` by default. The connection must be
        App+User. (templated)
    :raises ValueError: when the DAG is parsed, if an argument that is not templated is invalid, or Airflow is too old.
    :raises AirflowSkipException: if ``verdict`` is not a denial.
    :raises GivenUpError: if a person gives up.
    :raises UnansweredError: if nobody answers in time and ``on_timeout`` is ``"ask_again"``.
    :raises QualificationDeniedError: if no verification request is left, so that there is nothing to ask.
    :raises PermanentFailureError: if another error occurs that no retry can cure, for example if Microsoft refuses the
        request. A cleared task then asks again.
    :raises PartnerCenterError: if an error occurs that a retry may cure.
    """

    template_fields: Sequence[str] = (
        "customer_id",
        "qualification",
        "verdict",
        "education_segment",
        "website",
        "validation_code",
        "organization",
        "company_name",
        "partnercenter_conn_id",
    )
    asks_because = State.DENIED
    fields: ClassVar[Collection[str]] = (*_CORRECTIONS, DENIAL, *AskingOperator.fields)

    def __init__(
        self,
        *,
        customer_id: str | XComArg,
        qualification: str | XComArg,
        verdict: dict[str, Any] | str | XComArg | None = None,
        education_segment: str | XComArg | None = None,
        website: str | XComArg | None = None,
        validation_code: str | XComArg | None = None,
        organization: str | XComArg | None = None,
        company_name: str | XComArg | None = None,
        assigned_users: Mapping[str, str] | Sequence[Mapping[str, str]] = (),
        notifiers: BaseNotifier | Sequence[BaseNotifier] = (),
        response_timeout: timedelta | float | None = None,
        on_timeout: OnTimeout = "ask_again",
        preflight: Preflight = "warn",
        success_statuses: Sequence[str] = (),
        failure_statuses: Sequence[str] = (),
        propagation_grace: timedelta | float = PROPAGATION_GRACE,
        partnercenter_conn_id: str | XComArg = PartnerCenterHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            options=(Option.RESUBMIT, Option.GIVE_UP),
            customer_id=customer_id,
            qualification=qualification,
            company_name=company_name,
            assigned_users=assigned_users,
            notifiers=notifiers,
            response_timeout=response_timeout,
            on_timeout=on_timeout,
            **kwargs,
        )
        # What is templated may be another task's output until Airflow renders it, hence Any.
        self.verdict: Any = verdict
        self.education_segment: Any = education_segment
        self.website: Any = website
        self.validation_code: Any = validation_code
        self.organization: Any = organization
        self.preflight = one_of("preflight", preflight, ("warn", "fail", "off"))
        self.success_statuses = statuses("success_statuses", success_statuses)
        self.failure_statuses = statuses("failure_statuses", failure_statuses)
        self.propagation_grace = seconds("propagation_grace", propagation_grace)
        self.partnercenter_conn_id: Any = partnercenter_conn_id

    def begin(self, context: Context, before: Memory | None) -> dict[str, Any]:
        given = read_verdict(self.verdict)
        if given is not None and given["outcome"] != Outcome.DENIED:
            raise AirflowSkipException(f"The verdict is {given['outcome']}, so there is nothing to ask.")
        request = SubmissionRequest(
            customer_guid(self.customer_id),
            to_requestable(self.qualification),
            success_statuses=self.success_statuses,
            failure_statuses=self.failure_statuses,
        )
        client, began = self._client(), clock.now()
        found = client.run(
            look(client.exchange, request, submission_notes(context), propagation_grace=self.propagation_grace)
        )
        # Reads may show the last denial only; then the earlier verdict knows better how many requests are left.
        left = min(found.verdict.attempts_left, (given or {}).get("attempts_left", MAX_ATTEMPTS))
        found = replace(found, verdict=replace(found.verdict, attempts_left=left))
        denial = found.verdict.entry
        source = source_of(context, self, client.settings.credentials.cloud)
        step = next_step(found.verdict, before)
        if step is Step.SEND and before and before.answer:
            return self._send(context, client, before.answer, submission_notes(context), began)
        if step is Step.USED_UP:
            return conclude(context, self, found.to_dict(), "fail", source)
        if step is Step.ABSENT or denial is None:
            raise PartnerCenterServiceUnavailableError(
                f"Customer {request.customer_id}: Partner Center shows no denial of {request.qualification}, about "
                "which a person should be asked",
                hint="retry the task; if that does not help, look at the customer in Partner Center",
                correlation_id=found.correlation_id,
            )
        if step is not Step.ASK:
            if step is Step.NEXT_ROUND:
                tell(
                    f"Customer {request.customer_id}: {request.qualification} was denied again since this task asked.",
                    "What to do: answer the next task that asks. This one can only show its first question.",
                    level=logging.WARNING,
                )
            return self._end(context, client, found, before.answer if before and found.submitted else None)
        self.remember(context, None, asked_about=name_of(denial))
        requested = {name: optional_text(getattr(self, name), name) for name in _CORRECTIONS}
        question = about_denial(
            request.customer_id,
            found.verdict,
            denial,
            requested=requested,
            company=optional_text(self.company_name, "company_name"),
            page=customer_page(request.customer_id),
        )
        state = asking(source, self.asks_because, found.to_dict(), clock.now(), question.subject)
        return self.ask(context, question, state)

    def answered(self, context: Context, answer: Answer) -> dict[str, Any]:
        if not answer.resubmit_denied_of:
            raise MeaninglessAnswerError(f"the field {DENIAL} is missing, which says what denial the answer is about")
        before = answers_of(context).load()
        if before and before.asked_about not in (None, answer.resubmit_denied_of):
            raise MeaninglessAnswerError(f"the field {DENIAL} must be sent back as it is, {before.asked_about!r}")
        correctable = [field.name for field in CORRECTABLE.get(to_requestable(self.qualification), ())]
        if wrong := [name for name in _CORRECTIONS if getattr(answer, name) and name not in correctable]:
            raise MeaninglessAnswerError(f"a request for {self.qualification} has no {wrong[0]}")
        self._request(answer)
        client = self._client()
        # In this order: a note belongs to one answer, and may not be taken for that of the next.
        notes = notes_of_new_decision(context)
        self.remember(context, answer)
        return self._send(context, client, answer, notes, clock.now())

    def _client(self) -> PartnerCenterClient:
        client = PartnerCenterHook(self.partnercenter_conn_id).get_conn()
        what = f"Customer {self.customer_id}: {self.qualification} cannot be"
        require_user(client.settings.credentials, self.partnercenter_conn_id, what)
        return client

    def _request(self, answer: Answer) -> SubmissionRequest:
        """
        Return the request with the corrections of an answer.

        :raises MeaninglessAnswerError: if it is not a valid one.
        """
        try:
            return SubmissionRequest.validated(
                self.customer_id,
                self.qualification,
                **{name: getattr(answer, name) or getattr(self, name) for name in _CORRECTIONS},
                organization=self.organization,
                resubmit_denied_of=answer.resubmit_denied_of,
                # Whoever answered has seen the denial, whatever started the run.
                by_person=True,
                success_statuses=self.success_statuses,
                failure_statuses=self.failure_statuses,
            )
        except PartnerCenterInvalidRequestError as error:
            raise MeaninglessAnswerError(error.message) from None

    def _send(
        self, context: Context, client: PartnerCenterClient, answer: Answer, notes: SubmissionNotes, began: float
    ) -> dict[str, Any]:
        """Send the request that was answered, unless it is out already or its denial is no longer there."""
        try:
            submission: Submission = client.run(
                submit(
                    client.exchange,
                    self._request(answer),
                    notes,
                    tenant_id=client.settings.credentials.tenant_id,
                    # Another answer is another decision, also in the same run and about a denial that looks the same.
                    decision=f"{decision_of(context)} {answer.by_id} {answer.at}",
                    began=began,
                    preflight_mode=self.preflight,
                    propagation_grace=self.propagation_grace,
                )
            )
        except PartnerCenterError as error:
            if not error.retryable:
                self.forget(context)
            raise
        result = self._end(context, client, submission, answer)
        what = "was resubmitted" if submission.submitted else "was not resubmitted; it is"
        state = "" if submission.submitted else f" {submission.verdict.outcome.replace('_', ' ')}"
        tell(
            f"Customer {result['customer_id']}: {result['qualification']} {what}{state}, as {answer.by} answered.",
            f"[correlation id {submission.correlation_id}]",
            level=logging.INFO,
        )
        return result

    def _end(
        self, context: Context, client: PartnerCenterClient, submission: Submission, answer: Answer | None
    ) -> dict[str, Any]:
        """Tell how the task ends, and return its result."""
        result = submission.to_dict()
        source = source_of(context, self, client.settings.credentials.cloud)
        tell_customer(context, self, ended(source, result, clock.now(), answer=answer))
        return {**result, "answered_by": answer and answer.person}
