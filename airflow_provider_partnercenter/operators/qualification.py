"""Operators that read and request a customer's qualification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid
from airflow_provider_partnercenter.compat import conf
from airflow_provider_partnercenter.exceptions import permanent_errors_fail
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.links.partnercenter import PartnerCenterCustomerLink
from airflow_provider_partnercenter.qualification.request import SubmissionRequest
from airflow_provider_partnercenter.qualification.submission import require_user, submit
from airflow_provider_partnercenter.qualification.vetting import Outcome
from airflow_provider_partnercenter.qualification.waiting.intervals import MAX_WAIT
from airflow_provider_partnercenter.qualification.waiting.polling import wait_for_verdict
from airflow_provider_partnercenter.qualification.waiting.wait import PROPAGATION_GRACE, WAIT_TIMEOUT, begin_wait
from airflow_provider_partnercenter.storage.submission_notes import submission_notes
from airflow_provider_partnercenter.tasks.arguments import (
    OnDenied,
    decision_of,
    one_of,
    read_wait_options,
    started_by_person,
)
from airflow_provider_partnercenter.tasks.deferral import NO_LAST_WORD, defer, ends_as_sensor_timeout
from airflow_provider_partnercenter.tasks.endings import conclude, conclude_wait
from airflow_provider_partnercenter.tasks.stopping import Stoppable, stoppable
from airflow_provider_partnercenter.tasks.telling.failures import failures_told
from airflow_provider_partnercenter.tasks.telling.pushing import source_of, tell_customer
from airflow_provider_partnercenter.tasks.telling.states import waiting
from airflow_provider_partnercenter.tasks.verdicts import refuse_early_end, require_wait
from airflow_provider_partnercenter.triggers.payloads import ending_of, read_ending

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from airflow.sdk import Context, XComArg

    from airflow_provider_partnercenter.qualification.preparation import Preflight

_VALIDATIONS = ("asynchronous", "synchronous")


class PartnerCenterGetQualificationOperator(Stoppable, BaseOperator):
    """
    Read a customer's qualifications.

    The result is a list with one dictionary for each qualification, empty for an unqualified customer. The keys are
    ``customer_id``, ``qualification``, ``vetting_status``, ``vetting_reason`` and ``vetting_created_date`` (ISO 8601,
    UTC). The last three may be ``None``.

    :param customer_id: the customer's tenant id, a GUID. (templated)
    :param validation: ``"asynchronous"`` (default, GET ``/qualifications``) or ``"synchronous"`` (the legacy GET
        ``/qualification``, which returns no vetting).
    :param partnercenter_conn_id: the connection id; ``partnercenter_default`` by default. App-only is enough.
        (templated)
    :raises ValueError: when the DAG is parsed, if ``validation`` is invalid.
    :raises PermanentFailureError: if an error occurs that no retry can cure.
    :raises PartnerCenterError: if an error occurs that a retry may cure.
    """

    template_fields: Sequence[str] = ("customer_id", "partnercenter_conn_id")
    operator_extra_links = (PartnerCenterCustomerLink(),)
    ui_color = "#e3eefa"

    def __init__(
        self,
        *,
        customer_id: str | XComArg,
        validation: str = "asynchronous",
        partnercenter_conn_id: str | XComArg = PartnerCenterHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        # What is templated may be another task's output until Airflow renders it, hence Any.
        self.customer_id: Any = customer_id
        self.validation = one_of("validation", validation, _VALIDATIONS)
        self.partnercenter_conn_id: Any = partnercenter_conn_id

    @stoppable
    def execute(self, context: Context) -> list[dict[str, Any]]:
        with permanent_errors_fail():
            client = PartnerCenterHook(self.partnercenter_conn_id).get_conn()
            if self.validation == "synchronous":
                held = client.get_qualification(self.customer_id)
                entries = [] if held is Qualification.NONE else [CustomerQualification(held)]
            else:
                entries = client.get_qualifications(self.customer_id)
        return [{"customer_id": customer_guid(self.customer_id), **entry.to_dict()} for entry in entries]


class PartnerCenterUpdateQualificationOperator(Stoppable, BaseOperator):
    """
    Request a qualification for a customer, once, and optionally wait for the verdict.

    The operator reads first. It requests nothing that is already approved or in review. It requests a denied
    qualification again only if ``resubmit_denied_of`` names the denial, because Microsoft allows three verification
    requests in a customer's life. A retry, a cleared task or the next scheduled run never submits a second time.

    The result is a dictionary with these keys:

    * ``customer_id``, ``qualification``, ``vetting_status``, ``vetting_reason`` and ``vetting_created_date`` (ISO 8601,
      UTC).
    * ``outcome``: ``"approved"``, ``"in_review"`` or ``"denied"``.
    * ``submitted``: whether this task sent a request.
    * ``submitted_at`` (ISO 8601, UTC), ``request_id`` and ``correlation_id``.
    * ``baseline``: a list of the entries that were read before.
    * ``preflight``: a list of the problems found, as strings.
    * For a denial also ``hint`` (who must do what), ``resubmit_denied_of`` (the value that names this denial) and
      ``attempts_left`` (an upper bound).

    An outlet that is the asset of :func:`~airflow_provider_partnercenter.assets.verdicts_asset` gets an event with the
    verdict whenever the task succeeds. It needs ``wait_for_approval`` (see ``docs/guides/verdicts.md``).

    :param customer_id: the customer's tenant id, a GUID. (templated)
    :param qualification: ``"Education"``, ``"GovernmentCommunityCloud"`` or ``"StateOwnedEntity"``. (templated)
    :param education_segment: ``"K12"`` or ``"HigherEducation"``; required for Education. (templated)
    :param website: the school's host name; optional, for Education. (templated)
    :param validation_code: required for GovernmentCommunityCloud: a validation id, or ``"auto"`` for the code of
        ``organization`` with the most remaining creates, which is read right before it is used. (templated)
    :param organization: the name of the organization that the partner's codes were issued for; required if
        ``validation_code`` is ``"auto"``. (templated)
    :param validation: ``"asynchronous"`` (default, POST ``/qualifications``) or ``"synchronous"`` (the legacy PUT
        ``/qualification``, which sets Education or GovernmentCommunityCloud without vetting).
    :param partnercenter_conn_id: the connection id; ``partnercenter_default`` by default. The connection must be
        App+User. (templated)
    :param resubmit_denied_of: names the one denial that a new request may follow. The value is ``resubmit_denied_of``
        of the denial's result: its ``vetting_created_date``, or its reason if it has no date. A value that a later
        denial may share (a reason, or a date without a time) is accepted only in a run that a person started.
        (templated)
    :param preflight: whether to check, before an Education request, for what gets it denied (no name, no address, no
        e-mail domain of its own): ``"warn"`` (default) logs it, ``"fail"`` fails the task before the attempt is spent,
        ``"off"`` does not check.
    :param wait_for_approval: whether to wait for the verdict; ``False`` by default. Without it the outcome may be
        ``"in_review"``; a
        :class:`~airflow_provider_partnercenter.sensors.qualification.PartnerCenterQualificationSensor` can wait for it.
    :param on_denied: what to do if the qualification is denied. ``"fail"`` (default): push the result as XCom and fail
        without a retry. ``"return"``: succeed with the result.
    :param success_statuses: list of vetting statuses that mean approval, in addition to ``Approved``; empty by default.
    :param failure_statuses: list of vetting statuses that mean denial, in addition to ``Denied``; empty by default.
    :param propagation_grace: seconds, or a ``timedelta``, after which reads are sure to show a submitted request; 120 s
        by default.
    :param poke_interval: seconds, or a ``timedelta``, between two polls of the wait, ± 20 %. By default the first poll
        comes after 30 s and the second after another 300 s; then the interval grows up to ``max_wait``.
    :param max_wait: the longest interval between two polls if ``poke_interval`` is not given, in seconds or as a
        ``timedelta``; one hour by default.
    :param timeout: how long one try waits, in seconds or as a ``timedelta``; seven days by default.
    :param deferrable: whether to wait in the triggerer, without a worker; ``[operators] default_deferrable`` by
        default.
    :param end_from_trigger: whether the triggerer ends the task after an approval, without a worker; ``False`` by
        default. Outlets then emit no asset event, so an outlet for verdicts is refused, and the next task pulls the
        result as JSON text (Airflow 3.3.2 stores values pushed by a trigger as JSON text). Has an effect only with
        ``deferrable``.
    :raises ValueError: when the DAG is parsed, if an argument that is not templated is invalid.
    :raises QualificationDeniedError: if the qualification is denied and ``on_denied`` is ``"fail"``.
    :raises QualificationAbsentError: if a wait ends because the request is not visible after ``propagation_grace``.
    :raises AirflowSensorTimeout: if a wait brings no verdict within ``timeout``.
    :raises PermanentFailureError: if another error occurs that no retry can cure.
    :raises PartnerCenterError: if an error occurs that a retry may cure.
    """

    template_fields: Sequence[str] = (
        "customer_id",
        "qualification",
        "education_segment",
        "website",
        "validation_code",
        "organization",
        "resubmit_denied_of",
        "partnercenter_conn_id",
    )
    operator_extra_links = (PartnerCenterCustomerLink(),)
    ui_color = "#e3eefa"

    def __init__(
        self,
        *,
        customer_id: str | XComArg,
        qualification: str | XComArg,
        education_segment: str | XComArg | None = None,
        website: str | XComArg | None = None,
        validation_code: str | XComArg | None = None,
        organization: str | XComArg | None = None,
        validation: str = "asynchronous",
        partnercenter_conn_id: str | XComArg = PartnerCenterHook.default_conn_name,
        resubmit_denied_of: str | XComArg | None = None,
        preflight: Preflight = "warn",
        wait_for_approval: bool = False,
        on_denied: OnDenied = "fail",
        success_statuses: Sequence[str] = (),
        failure_statuses: Sequence[str] = (),
        propagation_grace: timedelta | float = PROPAGATION_GRACE,
        poke_interval: timedelta | float | None = None,
        max_wait: timedelta | float = MAX_WAIT,
        timeout: timedelta | float = WAIT_TIMEOUT,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        end_from_trigger: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if validation == "synchronous" and wait_for_approval:
            raise ValueError("wait_for_approval needs validation='asynchronous': the legacy endpoint has no verdicts.")
        # What is templated may be another task's output until Airflow renders it, hence Any.
        self.customer_id: Any = customer_id
        self.qualification: Any = qualification
        self.education_segment: Any = education_segment
        self.website: Any = website
        self.validation_code: Any = validation_code
        self.organization: Any = organization
        self.validation = one_of("validation", validation, _VALIDATIONS)
        self.partnercenter_conn_id: Any = partnercenter_conn_id
        self.resubmit_denied_of: Any = resubmit_denied_of
        self.preflight = one_of("preflight", preflight, ("warn", "fail", "off"))
        self.wait_for_approval = wait_for_approval
        self.on_denied = one_of("on_denied", on_denied, ("fail", "return"))
        self.wait_options = read_wait_options(
            success_statuses=success_statuses,
            failure_statuses=failure_statuses,
            propagation_grace=propagation_grace,
            poke_interval=poke_interval,
            max_wait=max_wait,
            timeout=timeout,
        )
        self.deferrable = deferrable
        self.end_from_trigger = end_from_trigger
        require_wait(self, wait_for_approval)
        refuse_early_end(self, end_from_trigger)

    @stoppable
    def execute(self, context: Context) -> dict[str, Any]:
        legacy = self.validation == "synchronous"
        with failures_told(context, self), permanent_errors_fail():
            request = SubmissionRequest.validated(
                self.customer_id,
                self.qualification,
                education_segment=self.education_segment,
                website=self.website,
                validation_code=self.validation_code,
                organization=self.organization,
                resubmit_denied_of=self.resubmit_denied_of,
                by_person=started_by_person(context),
                success_statuses=self.wait_options.success_statuses,
                failure_statuses=self.wait_options.failure_statuses,
                legacy=legacy,
            )
            hook = PartnerCenterHook(self.partnercenter_conn_id)
            client = hook.get_conn()
            credentials = client.settings.credentials
            what = f"Customer {request.customer_id}: {request.qualification} was"
            require_user(credentials, self.partnercenter_conn_id, what)
            submission = client.run(
                submit(
                    client.exchange,
                    request,
                    submission_notes(context),
                    tenant_id=credentials.tenant_id,
                    decision=decision_of(context),
                    legacy=legacy,
                    preflight_mode=self.preflight,
                    propagation_grace=self.wait_options.propagation_grace,
                )
            )
            result = submission.to_dict()
            source = source_of(context, self, credentials.cloud, submission.company_name)
            if submission.verdict.outcome is not Outcome.IN_REVIEW or not self.wait_for_approval:
                return conclude(context, self, result, self.on_denied, source)
            wait = begin_wait(
                request.customer_id,
                request.qualification,
                self.wait_options,
                submission=result,
                company_name=source.company_name,
                cloud=source.cloud,
            )
            if self.deferrable:
                defer(
                    context,
                    self,
                    wait,
                    partnercenter_conn_id=self.partnercenter_conn_id,
                    submission=result,
                    end_from_trigger=self.end_from_trigger,
                )
            tell_customer(context, self, waiting(source, wait, submission=result))
            sighting = hook.with_conn(lambda client: client.run(wait_for_verdict(client.exchange, wait)))
            return conclude_wait(context, self, ending_of(wait, sighting, result), self.on_denied)

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> dict[str, Any]:
        """End the task with the result in the trigger's event."""
        return conclude_wait(context, self, read_ending(event), self.on_denied)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        with ends_as_sensor_timeout(*NO_LAST_WORD), failures_told(context, self):
            return super().resume_execution(next_method, next_kwargs, context)
