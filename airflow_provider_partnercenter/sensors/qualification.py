"""The sensor that waits for an approved qualification."""

from __future__ import annotations

import contextlib
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from airflow.sdk import BaseSensorOperator, PokeReturnValue, conf
from airflow.sdk.bases.operator import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSensorTimeout, AirflowSkipException

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid, to_qualification
from airflow_provider_partnercenter.exceptions import permanent_errors_fail
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.links.partnercenter import PartnerCenterCustomerLink
from airflow_provider_partnercenter.qualification.intervals import MAX_WAIT, SECOND_LOOK
from airflow_provider_partnercenter.qualification.waiting import (
    NOTHING_YET,
    PROPAGATION_GRACE,
    WAIT_TIMEOUT,
    Sighting,
    Wait,
    begin_wait,
    look,
    next_look_in,
    tell_changes,
)
from airflow_provider_partnercenter.tasks.arguments import OnDenied, one_of, read_submission, read_wait_options
from airflow_provider_partnercenter.tasks.deferral import MIN_DEFERRAL, defer, ends_as_sensor_timeout
from airflow_provider_partnercenter.tasks.endings import conclude_wait
from airflow_provider_partnercenter.triggers.payloads import ending_of, read_ending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime, timedelta

    from airflow.sdk import Context


class PartnerCenterQualificationSensor(BaseSensorOperator):
    """
    Wait until Microsoft has approved a customer's qualification; fail at once if it is denied.

    Throttling and outages do not end the wait. What does, and how, is the same in poke, reschedule and deferrable mode
    (the arguments are those of Airflow's base sensor):

    ================== ==================== =========== ============ ====================
    what happens       no flag              soft_fail   never_fail   silent_fail
    ================== ==================== =========== ============ ====================
    denied, absent     failed, no retry     skipped     skipped      failed, no retry
    permanent error    failed, no retry     skipped     skipped      failed, no retry
    throttled, outage  waits on             waits on    waits on     waits on
    unexpected error   retried              retried     skipped      waits on
    time-out           failed, no retry     skipped     skipped      failed, no retry
    ================== ==================== =========== ============ ====================

    The result is a dictionary: ``customer_id``, ``qualification``, ``vetting_status``, ``vetting_reason``,
    ``vetting_created_date`` (ISO 8601 UTC), ``outcome`` (``"approved"``, or ``"denied"`` if that is to be returned),
    and of a denial ``hint``, ``resubmit_denied_of`` (what names it) and ``attempts_left`` (an upper bound).

    :param customer_id: the customer's tenant id, a GUID. (templated)
    :param qualification: what to wait for, for example ``"Education"``. (templated)
    :param submission: the result of the
        ``PartnerCenterUpdateQualificationOperator`` whose request is waited for: a denial from before it does not
        count. (templated)
    :param partnercenter_conn_id: the connection id; App-only is enough. (templated)
    :param on_denied: ``"fail"``: push the result as XCom and fail without a retry; ``"return"``: succeed with it, for a
        branch.
    :param if_absent: what to do if the customer has no such qualification and the grace is over: ``"fail"``, or
        ``"wait"`` for somebody else to request it. It is never taken for success.
    :param success_statuses: vetting statuses, unknown to this package, that mean approval.
    :param failure_statuses: vetting statuses, unknown to this package, that mean denial.
    :param propagation_grace: for so many seconds, or this ``timedelta``, after the submission (or the beginning of the
        wait) what cannot be seen may not be visible yet.
    :param poke_interval: seconds, or a ``timedelta``, between two looks, ± 20 %. By default the first look comes after
        30 s and the next after 300 s, then ever more rarely up to ``max_wait``. In reschedule mode never below 10 s.
    :param max_wait: the longest interval of the default, in seconds or a ``timedelta``.
    :param timeout: seconds, or a ``timedelta``, that one try waits; seven days by default. ``None`` is Airflow's
        ``[sensors] default_timeout``.
    :param deferrable: wait in the triggerer, without a worker; ``mode`` does not matter then.
    :param end_from_trigger: let the triggerer end the task when it is approved, without a worker; outlets then emit no
        asset event, and what the next task pulls is the result as JSON text (so does Airflow 3.3.2 keep what a trigger
        pushes). Only with ``deferrable``.
    :raises ValueError: when the DAG is parsed, for an argument that is not templated and can never work.
    """

    template_fields: Sequence[str] = ("customer_id", "qualification", "submission", "partnercenter_conn_id")
    operator_extra_links = (PartnerCenterCustomerLink(),)
    ui_color = "#cfe3f5"

    def __init__(
        self,
        *,
        customer_id: str,
        qualification: str,
        submission: dict[str, Any] | str | None = None,
        partnercenter_conn_id: str = PartnerCenterHook.default_conn_name,
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
            raise ValueError("exponential_backoff and poke_interval exclude each other: without the latter it grows.")
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
            poke_interval=options.poke_interval or SECOND_LOOK,
            max_wait=options.max_wait,
            timeout=options.timeout,
            **kwargs,
        )
        self.wait_options = options
        self.customer_id = customer_id
        self.qualification = qualification
        self.submission = submission
        self.partnercenter_conn_id = partnercenter_conn_id
        self.on_denied = one_of("on_denied", on_denied, ("fail", "return"))
        self.if_absent = one_of("if_absent", if_absent, ("fail", "wait"))
        self.deferrable = deferrable
        self.end_from_trigger = end_from_trigger
        self._wait: Wait | None = None
        self._last: Sighting = NOTHING_YET

    @cached_property
    def _hook(self) -> PartnerCenterHook:
        # One for all looks of this process, because with it goes the token.
        return PartnerCenterHook(self.partnercenter_conn_id)

    def execute(self, context: Context) -> Any:
        with self._endings():
            self._wait = self._begin(context)
        if not self.deferrable:
            return super().execute(context)
        if found := self.poke(context):
            return found.xcom_value
        defer(
            self,
            self._wait,
            partnercenter_conn_id=self.partnercenter_conn_id,
            seen=self._last,
            silent_fail=self.silent_fail,
            end_from_trigger=self.end_from_trigger,
        )
        return None

    def poke(self, context: Context) -> PokeReturnValue:
        """Look once. The flags and the time-out are applied here too, not by the base sensor, which has other rules."""
        with self._endings():
            wait = self._wait = self._wait or self._begin(context)
            try:
                self._look(wait)
            except AirflowFailException:
                raise
            except Exception:
                if not self.silent_fail:
                    raise
                self.log.exception("Customer %s: an unexpected error. Looking again later.", wait.customer_id)
            if not self._last.ended and clock.now() < wait.deadline:
                return PokeReturnValue(False)
            return PokeReturnValue(True, conclude_wait(context, self, ending_of(wait, self._last), self.on_denied))

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> dict[str, Any]:
        """End the task by the trigger's event."""
        return conclude_wait(context, self, read_ending(event), self.on_denied)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        with self._endings(), ends_as_sensor_timeout():
            # Not the base sensor's: it would skip the task when the trigger crashed, instead of a retry.
            return BaseOperator.resume_execution(self, next_method, next_kwargs, context)

    def _begin(self, context: Context) -> Wait:
        with permanent_errors_fail():
            customer, wanted = customer_guid(self.customer_id), to_qualification(self.qualification)
            submission = read_submission(self.submission)
            if submission and (submission["customer_id"], submission["qualification"]) != (customer, str(wanted)):
                raise PartnerCenterInvalidRequestError(
                    f"submission is of customer {submission['customer_id']} and {submission['qualification']}, but the "
                    f"sensor waits for customer {customer} and {wanted}",
                    hint="give the same customer_id and qualification to both tasks",
                )
            # A rescheduled sensor is another process each time; Airflow remembers when it began.
            began = context["ti"].get_first_reschedule_date(context) if self.reschedule and "ti" in context else None
            return begin_wait(
                customer,
                wanted,
                self.wait_options,
                submission=submission,
                started_at=began.timestamp() if began else None,
                if_absent=self.if_absent,
            )

    def _look(self, wait: Wait) -> None:
        with permanent_errors_fail():
            sighting = self._hook.with_conn(lambda client: client.run(look(client.exchange, wait, self._last)))
        tell_changes(self._last, sighting, wait)
        self._last = sighting

    @contextlib.contextmanager
    def _endings(self) -> Iterator[None]:
        """Apply the flags to how the task ends, alike before and after a deferral; Airflow's base differs there."""
        try:
            yield
        except AirflowSkipException:
            raise
        except Exception as error:
            final = isinstance(error, AirflowFailException | AirflowSensorTimeout)
            if self.never_fail or (self.soft_fail and final):
                raise AirflowSkipException(str(error)) from error
            raise

    def _get_next_poke_interval(
        self, started_at: datetime | float, run_duration: Callable[[], float], poke_count: int
    ) -> float:
        # The base's loop asks here in poke and reschedule mode; the trigger's asks the same function.
        assert self._wait is not None
        pause = next_look_in(self._wait, clock.now(), clock.chance())
        return max(pause, MIN_DEFERRAL) if self.reschedule else pause
