"""The base class of this provider's triggers."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_partnercenter.client import clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class WaitingTrigger(BaseTrigger):
    """
    A trigger that waits for verdicts and only reads; every write happens on a worker.

    The constructor only stores its arguments, because an exception there would stop the whole triggerer. All arguments
    are plain JSON types, and none is a secret.

    :param partnercenter_conn_id: the connection id.
    :param not_before: the earliest time at which the trigger may end, in seconds since the epoch.
    """

    def __init__(self, *, partnercenter_conn_id: str, not_before: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's constructor is untyped
        self.partnercenter_conn_id = partnercenter_conn_id
        self.not_before = not_before

    async def run(self) -> AsyncIterator[TriggerEvent]:
        try:
            event = await self._watch()
        except Exception:
            await self._hold()
            raise
        await self._hold()
        yield self._end(event)

    @abstractmethod
    async def _watch(self) -> dict[str, Any]:
        """Wait, and return the event with the result."""

    def _end(self, event: dict[str, Any]) -> TriggerEvent:
        return TriggerEvent(event)  # type: ignore[no-untyped-call]  # Airflow's constructor is untyped

    async def _hold(self) -> None:
        await clock.async_sleep(max(0.0, self.not_before - clock.now()))
