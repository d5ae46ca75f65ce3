"""Hand a wait to the triggerer."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.client.wire import moment
from airflow_provider_partnercenter.compat import AirflowSensorTimeout, TaskDeferralTimeout
from airflow_provider_partnercenter.exceptions import tell
from airflow_provider_partnercenter.tasks.telling.pushing import source_of, tell_customer
from airflow_provider_partnercenter.tasks.telling.states import waiting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow.sdk import BaseOperator, Context
    from airflow.triggers.base import BaseTrigger

    from airflow_provider_partnercenter.qualification.waiting.sighting import Sighting
    from airflow_provider_partnercenter.qualification.waiting.wait import Wait

# Seconds. A task fails if its deferral ends while the scheduler still processes it (measured on Airflow 3.3.2: 13 of 80
# tasks resumed after 1 s, none of 160 after 5 s). The same is true of a reschedule (6 of 8 tasks with an interval of
# 1 s). So no task returns to a worker earlier than this.
MIN_DEFERRAL = 10.0
NO_LAST_WORD = (
    "No verdict arrived in time, and the trigger did not report what it last saw.",
    "What to do: clear the task to keep waiting.",
)
# Seconds. The trigger ends at the deadline. Airflow's own timeout comes this much later, in case the trigger is gone.
BACKSTOP = 120.0


def defer(
    context: Context,
    operator: BaseOperator,
    wait: Wait,
    *,
    partnercenter_conn_id: str,
    seen: Sighting | None = None,
    submission: Mapping[str, Any] | None = None,
    requested: Mapping[str, Any] | None = None,
    silent_fail: bool = False,
    end_from_trigger: bool = False,
) -> NoReturn:
    """
    Tell who is waited for, and hand the wait to the triggerer, which frees the worker.

    :param seen: what the worker's last poll found.
    :param submission: the record of the submission, if this task made it.
    :param requested: the record of the submission, if another task made it.
    :raises TaskDeferred: always, because this is how Airflow defers a task.
    """
    from airflow_provider_partnercenter.triggers.qualification import PartnerCenterQualificationTrigger

    now = clock.now()
    if seen:
        wait = replace(wait, seen=replace(seen, trouble=None).summary(wait.seen))
    # The baseline is sent only once: `wait` contains it already.
    record = {name: value for name, value in (submission or {}).items() if name != "baseline" or wait.baseline is None}
    tell_customer(
        context, operator, waiting(source_of(context, operator), wait, seen=seen, submission=submission or requested)
    )
    operator.log.info("Waiting in the triggerer until %s at the latest.", moment(wait.deadline))
    trigger = PartnerCenterQualificationTrigger(
        partnercenter_conn_id=partnercenter_conn_id,
        wait=to_plain(wait),
        not_before=now + MIN_DEFERRAL,
        submission=record or None,
        silent_fail=silent_fail,
        end_from_trigger=end_from_trigger,
        push_result=operator.do_xcom_push,
    )
    defer_until(operator, trigger, wait.deadline, now)


def defer_until(operator: BaseOperator, trigger: BaseTrigger, deadline: float, now: float) -> NoReturn:
    """
    Defer a task whose trigger ends at the deadline by itself.

    :param deadline: in seconds since the epoch.
    :param now: the present, in seconds since the epoch.
    :raises TaskDeferred: always, because this is how Airflow defers a task.
    """
    timeout = timedelta(seconds=max(deadline - now, MIN_DEFERRAL) + BACKSTOP)
    operator.defer(trigger=trigger, method_name="execute_complete", timeout=timeout)


@contextlib.contextmanager
def ends_as_sensor_timeout(*message: str) -> Iterator[None]:
    """
    Turn Airflow's own timeout of a deferral into the exception that also follows a timeout of the trigger.

    :param message: the lines of the message.
    :raises AirflowSensorTimeout: with this message.
    """
    try:
        yield
    except TaskDeferralTimeout:
        raise AirflowSensorTimeout(tell(*message)) from None
