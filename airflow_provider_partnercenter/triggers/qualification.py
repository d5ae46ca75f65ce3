"""The trigger that waits for Microsoft's verdict. It only reads; every write happens on a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.triggers.base import TaskSuccessEvent

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.plain import from_plain
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.qualification.waiting.intervals import SECOND_POLL
from airflow_provider_partnercenter.qualification.waiting.polling import wait_for_verdict
from airflow_provider_partnercenter.qualification.waiting.sighting import NOTHING_YET
from airflow_provider_partnercenter.qualification.waiting.wait import Wait
from airflow_provider_partnercenter.telemetry.waits import counted
from airflow_provider_partnercenter.triggers.base import WaitingTrigger
from airflow_provider_partnercenter.triggers.payloads import ending_of, make_error_event, make_event

if TYPE_CHECKING:
    from airflow.triggers.base import TriggerEvent


class PartnerCenterQualificationTrigger(WaitingTrigger):
    """
    Wait until a customer's qualification is approved or denied, or the deadline has passed.

    The constructor only stores its arguments, because an exception there would stop the whole triggerer. All arguments
    are plain JSON types, and none is a secret, because Airflow stores them unencrypted.

    :param partnercenter_conn_id: the connection id.
    :param wait: what to wait for, as a dictionary of ``Wait``.
    :param not_before: the earliest time at which the trigger may end, in seconds since the epoch.
    :param submission: the record of the submission, which is included in the result; ``None`` by default.
    :param silent_fail: whether an unexpected error is only logged and the wait goes on; ``False`` by default.
    :param end_from_trigger: whether an approval ends the task in the triggerer, without a worker; ``False`` by default.
    :param push_result: whether the triggerer then pushes the result as XCom; ``True`` by default. This is the task's
        ``do_xcom_push``, which the triggerer does not know.
    """

    def __init__(
        self,
        *,
        partnercenter_conn_id: str,
        wait: dict[str, Any],
        not_before: float,
        submission: dict[str, Any] | None = None,
        silent_fail: bool = False,
        end_from_trigger: bool = False,
        push_result: bool = True,
    ) -> None:
        super().__init__(partnercenter_conn_id=partnercenter_conn_id, not_before=not_before)
        self.wait = wait
        self.submission = submission
        self.silent_fail = silent_fail
        self.end_from_trigger = end_from_trigger
        self.push_result = push_result

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "partnercenter_conn_id": self.partnercenter_conn_id,
                "wait": self.wait,
                "not_before": self.not_before,
                "submission": self.submission,
                "silent_fail": self.silent_fail,
                "end_from_trigger": self.end_from_trigger,
                "push_result": self.push_result,
            },
        )

    def _end(self, event: dict[str, Any]) -> TriggerEvent:
        if self.end_from_trigger and event["status"] == "approved":
            success = TaskSuccessEvent(xcoms={"return_value": event["result"]} if self.push_result else None)
            # `airflow dags test` runs the trigger and resumes the task with the payload, which the triggerer ignores.
            success.payload = event
            return success
        return super()._end(event)

    async def _watch(self) -> dict[str, Any]:
        wait = from_plain(Wait, self.wait)
        with counted(wait.started_at):
            return await self._wait_for_verdict(wait)

    async def _wait_for_verdict(self, wait: Wait) -> dict[str, Any]:
        hook = PartnerCenterHook(self.partnercenter_conn_id)
        while True:
            try:
                sighting = await hook.with_async_conn(
                    lambda client: client.run(wait_for_verdict(client.exchange, wait))
                )
                return make_event(ending_of(wait, sighting, self.submission))
            except PartnerCenterError as error:
                return make_error_event(error)
            except Exception:
                if not self.silent_fail:
                    raise
                if clock.now() >= wait.deadline:
                    return make_event(ending_of(wait, NOTHING_YET, self.submission))
                self.log.exception("Customer %s: an unexpected error occurred. Polling again later.", wait.customer_id)
                await clock.async_sleep(min(SECOND_POLL, max(0.0, wait.deadline - clock.now())))
