"""The sensor that waits for an approved qualification."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from airflow.sdk import PokeReturnValue

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid, to_qualification
from airflow_provider_partnercenter.compat import AirflowFailException, conf
from airflow_provider_partnercenter.exceptions import permanent_errors_fail
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.links.partnercenter import PartnerCenterCustomerLink
from airflow_provider_partnercenter.qualification.waiting.intervals import MAX_WAIT, SECOND_POLL
from airflow_provider_partnercenter.qualification.waiting.polling import next_poll_in, poll
from airflow_provider_partnercenter.qualification.waiting.sighting import NOTHING_YET, Sighting
from airflow_provider_partnercenter.qualification.waiting.telling import WaitLog
from airflow_provider_partnercenter.qualification.waiting.wait import PROPAGATION_GRACE, WAIT_TIMEOUT, Wait, begin_wait
from airflow_provider_partnercenter.sensors.base import WaitingSensor
from airflow_provider_partnercenter.tasks.arguments import OnDenied, one_of, read_submission, read_wait_options
from airflow_provider_partnercenter.tasks.deferral import NO_LAST_WORD, defer
from airflow_provider_partnercenter.tasks.endings import conclude_wait
from airflow_provider_partnercenter.tasks.stopping import stoppable
from airflow_provider_partnercenter.tasks.telling.failures import failures_told
from airflow_provider_partnercenter.tasks.telling.pushing import source_of, tell_customer
from airflow_provider_partnercenter.tasks.telling.states import waiting
from airflow_provider_partnercenter.tasks.verdicts import refuse_early_end
from airflow_provider_partnercenter.triggers.payloads import Ending, ending_of, read_ending

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from airflow.sdk import Context, XComArg

    from airflow_provider_partnercenter.client.sync import PartnerCenterClient


class PartnerCenterQualificationSensor(WaitingSensor):
    """
    Wait until Microsoft has approved a customer's qualification, and fail at once if it is denied.

    Throttling and outages do not end the wait. The task ends in the same way in poke, reschedule and deferrable mode.
    The flags are arguments of Airflow's base sensor:

    =================  ================  =============  =============  ================
    what happens       no flag           soft_fail      never_fail     silent_fail
    =================  ================  =============  =============  ================
    denied, absent     failed, no retry  skipped        skipped        failed, no retry
    permanent error    failed, no retry  skipped        skipped        failed, no retry
    throttled, outage  keeps waiting     keeps waiting  keeps waiting  keeps waiting
    unexpected error   retried           retried        skipped        keeps waiting
    timeout            failed, no retry  skipped        skipped        failed, no retry
    =================  ================  =============  =============  ================

    The result is a dictionary with these keys:

    * ``customer_id``, ``qualification``, ``vetting_status``, ``vetting_reason`` and ``vetting_created_date`` (ISO 8601,
      UTC).
    * ``outcome``: ``"approved"``, or ``"denied"`` if ``on_denied`` is ``"return"``.
    * For a denial also ``hint`` (who must do what), ``resubmit_denied_of`` (the value that names this denial) and
      ``attempts_left`` (an upper bound).

    An outlet that is the asset of :func:`~airflow_provider_partnercenter.assets.verdicts_asset` gets an event with the
    verdict whenever the task succeeds (see ``docs/guides/verdicts.md``).

    :param customer_id: the customer's tenant id, a GUID. (templated)
    :param qualification: the qualification to wait for, for example ``"Education"``. (templated)
    :param submission: the result of the ``PartnerCenterUpdateQualificationOperator`` task whose request this sensor
        waits for; optional. A denial from before that request does not count. (templated)
    :param partnercenter_conn_id: the connection id; ``partnercenter_default`` by default. App-only is enough.
        (templated)
    :param on_denied: what to do if the qualification is denied. ``"fail"`` (default): push the result as XCom and fail
        without a retry. ``"return"``: succeed with the result, for a branch.
    :param if_absent: what to do if the customer does not have the qualification: ``"fail"`` (default), or ``"wait"``
        until it is requested elsewhere. An absent qualification never counts as success.
    :param success_statuses: list of vetting statuses that mean approval, in addition to ``Approved``; empty by default.
    :param failure_statuses: list of vetting statuses that mean denial, in addition to ``Denied``; empty by default.
    :param propagation_grace: seconds, or a ``timedelta``, for which reads may not show a qualification, a request or a
        customer that is there; 120 s by default. Two reads this far apart, and all between them, must show that it is
        absent before the task ends for that reason. In reschedule mode the task keeps its worker between them.
    :param poke_interval: seconds, or a ``timedelta``, between two polls, ± 20 %. By default the first interval is 30 s
        and the second 300 s; then the interval grows up to ``max_wait``. In reschedule mode at least 10 s.
    :param max_wait: the longest interval between two polls if ``poke_interval`` is not given, in seconds or as a
        ``timedelta``; one hour by default.
    :param timeout: how long one try waits, in seconds or as a ``timedelta``; seven days by default. ``None`` means
        Airflow's ``[sensors] default_timeout``.
    :param deferrable: whether to wait in the triggerer, without a worker; ``[operators] default_deferrable`` by
        default. If it is ``True``, ``mode`` has no effect.
    :param end_from_trigger: whether the triggerer ends the task after an approval, without a worker; ``False`` by
        default. Outlets then emit no asset event, so an outlet for verdicts is refused, and the next task pulls the
        result as JSON text (Airflow 3.3.2 stores values pushed by a trigger as JSON text). Has an effect only with
        ``deferrable``.
    :raises ValueError: when the DAG is parsed, if an argument that is not templated is invalid.
    :raises QualificationDeniedError: if the qualification is denied and ``on_denied`` is ``"fail"``.
    :raises QualificationAbsentError: if the qualification is absent and ``if_absent`` is ``"fail"``.
    :raises AirflowSensorTimeout: if there is no verdict within ``timeout``.
    :raises PermanentFailureError: if another error occurs that no retry can cure.
    """

    template_fields: Sequence[str] = ("customer_id", "qualification", "submission", "partnercenter_conn_id")
    operator_extra_links = (PartnerCenterCustomerLink(),)
    ui_color = "#cfe3f5"
    no_last_word = NO_LAST_WORD

    def __init__(
        self,
        *,
        customer_id: str | XComArg,
        qualification: str | XComArg,
        submission: dict[str, Any] | str | XComArg | None = None,
        partnercenter_conn_id: str | XComArg = PartnerCenterHook.default_conn_name,
        on_denied: OnDenied = "fail",
        if_absent: Literal["fail", "wait"] = "fail",
        success_statuses: Sequence[str] = (),
        failure_statuses: Sequence[str] = (),
        propagation_grace: timedelta | float = PROPAGATION_GRACE,
        poke_interval: timedelta | float | None = None,
        max_wait: timedelta | float = MAX_WAIT,
        timeout: timedelta | float | None = WAIT_TIMEOUT,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        end_from_trigger: bool = False,
        **kwargs: Any,
    ) -> None:
        if poke_interval is not None and kwargs.get("exponential_backoff"):
            raise ValueError(
                "exponential_backoff and poke_interval cannot be combined: leave out poke_interval to let the interval "
                "grow."
            )
        if timeout is None:
            timeout = conf.getfloat("sensors", "default_timeout")
        options = read_wait_options(
            success_statuses=success_statuses,
            failure_statuses=failure_statuses,
            propagation_grace=propagation_grace,
            poke_interval=poke_interval,
            max_wait=max_wait,
            timeout=timeout,
        )
        super().__init__(
            poke_interval=options.poke_interval or SECOND_POLL,
            max_wait=options.max_wait,
            timeout=options.timeout,
            **kwargs,
        )
        self.wait_options = options
        # What is templated may be another task's output until Airflow renders it, hence Any.
        self.customer_id: Any = customer_id
        self.qualification: Any = qualification
        self.submission: Any = submission
        self.partnercenter_conn_id: Any = partnercenter_conn_id
        self.on_denied = one_of("on_denied", on_denied, ("fail", "return"))
        self.if_absent = one_of("if_absent", if_absent, ("fail", "wait"))
        self.deferrable = deferrable
        self.end_from_trigger = end_from_trigger
        refuse_early_end(self, end_from_trigger)
        self._wait: Wait | None = None
        self._last: Sighting = NOTHING_YET
        self._told: WaitLog | None = None
        self._has_told = False
        self._cloud: str | None = None

    @stoppable
    def execute(self, context: Context) -> Any:
        with self._endings(), failures_told(context, self):
            self._wait = self._begin(context)
        if not self.deferrable:
            return super().execute(context)
        if found := self.poke(context):
            return found.xcom_value
        defer(
            context,
            self,
            replace(self._wait, cloud=self._cloud),
            partnercenter_conn_id=self.partnercenter_conn_id,
            seen=self._last,
            requested=self._submission(),
            silent_fail=self.silent_fail,
            end_from_trigger=self.end_from_trigger,
        )
        return None

    def poke(self, context: Context) -> PokeReturnValue:
        """Poll once. Apply ``soft_fail``, ``never_fail``, ``silent_fail`` and the timeout here, alike in every mode."""
        with self._endings(), failures_told(context, self):
            wait = self._wait = self._wait or self._begin(context)
            self._poll(wait)
            if self.reschedule and not self.deferrable:
                self._make_sure(wait)
            if not self._last.ended and clock.now() < wait.deadline:
                self._tell_once(context, wait)
                return PokeReturnValue(False)
            ending = ending_of(replace(wait, cloud=self._cloud), self._last)
            return PokeReturnValue(True, self._conclude(context, ending))

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> dict[str, Any]:
        """End the task with the result in the trigger's event."""
        with failures_told(context, self):
            return self._conclude(context, read_ending(event))

    def _conclude(self, context: Context, ending: Ending) -> dict[str, Any]:
        return conclude_wait(context, self, ending, self.on_denied, self._submission())

    def _submission(self) -> dict[str, Any] | None:
        # For people, and for the event of the verdict. A wait that is over does not fail for what it no longer needs.
        with contextlib.suppress(PartnerCenterInvalidRequestError):
            return read_submission(self.submission)
        return None

    def _tell_once(self, context: Context, wait: Wait) -> None:
        """Tell who is waited for, once in this process; Airflow forgets it when a rescheduled task starts again."""
        if not self.deferrable and not self._has_told:
            self._has_told = True
            source = source_of(context, self, self._cloud)
            tell_customer(context, self, waiting(source, wait, seen=self._last, submission=self._submission()))

    def _begin(self, context: Context) -> Wait:
        with permanent_errors_fail():
            customer, wanted = customer_guid(self.customer_id), to_qualification(self.qualification)
            submission = read_submission(self.submission)
            if submission and (submission["customer_id"], submission["qualification"]) != (customer, str(wanted)):
                raise PartnerCenterInvalidRequestError(
                    f"'submission' is for {submission['qualification']} of customer {submission['customer_id']}, but "
                    f"the sensor waits for {wanted} for customer {customer}",
                    hint="give the same customer_id and qualification to both tasks",
                )
            # A rescheduled sensor runs in a new process each time; Airflow stores when the wait began.
            began = context["ti"].get_first_reschedule_date(context) if self.reschedule and "ti" in context else None
            return begin_wait(
                customer,
                wanted,
                self.wait_options,
                submission=submission,
                started_at=began.timestamp() if began else None,
                if_absent=self.if_absent,
            )

    def _poll(self, wait: Wait) -> None:
        try:
            with permanent_errors_fail():
                sighting = self._hook.with_conn(lambda client: self._look(client, wait))
        except AirflowFailException:
            raise
        except Exception:
            if not self.silent_fail:
                raise
            self.log.exception("Customer %s: an unexpected error occurred. Polling again later.", wait.customer_id)
        else:
            self._told = self._told or WaitLog(wait, clock.now())
            self._told.polled(sighting, clock.now())
            self._last = replace(sighting, changes=self._told.changes)

    def _look(self, client: PartnerCenterClient, wait: Wait) -> Sighting:
        self._cloud = client.settings.credentials.cloud
        return client.run(poll(client.exchange, wait, self._last))

    def _make_sure(self, wait: Wait) -> None:
        """Poll until an absence is certain, because the next process will not know of this one's reads."""
        decides = False
        while not decides and not self._last.ended and (since := self._last.absent_since) is not None:
            if (now := clock.now()) >= wait.deadline:
                return
            clock.sleep(next_poll_in(wait, now, clock.chance(), self._last))
            decides = clock.now() - since >= wait.propagation_grace
            self._poll(wait)

    def _pause(self) -> float:
        assert self._wait is not None
        # The trigger calls this function too.
        pause = next_poll_in(self._wait, clock.now(), clock.chance(), self._last)
        if self._told and not self.reschedule:
            self._told.waiting(clock.now(), pause)
        return pause
