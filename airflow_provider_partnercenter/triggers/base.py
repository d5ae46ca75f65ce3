"""What the triggers of this provider share: how they begin, reach Partner Center, and end."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterAuthenticationError, PartnerCenterError
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient

T = TypeVar("T")


class WaitingTrigger(BaseTrigger):
    """
    A trigger that waits for verdicts and only reads; every write happens on a worker.

    The constructor only stores its arguments, because an exception there would stop the whole triggerer. All of them
    are plain JSON and none is a secret.

    :param partnercenter_conn_id: the connection to use.
    :param not_before: the earliest moment to end, in seconds since the epoch.
    """

    def __init__(self, *, partnercenter_conn_id: str, not_before: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # of Airflow
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
        """Wait, and return the event that says what came of it."""

    def _end(self, event: dict[str, Any]) -> TriggerEvent:
        return TriggerEvent(event)  # type: ignore[no-untyped-call]  # of Airflow

    async def _hold(self) -> None:
        await clock.async_sleep(max(0.0, self.not_before - clock.now()))

    async def _with_client(self, work: Callable[[AsyncPartnerCenterClient], Awaitable[T]]) -> T:
        """
        Do something with the client that all triggers of the connection share.

        During a wait of days a secret may be replaced: if the sign-in is refused, the connection is read once more, and
        only if it is still the same the refusal is final.
        """
        hook = PartnerCenterHook(self.partnercenter_conn_id)
        refused: tuple[AsyncPartnerCenterClient, PartnerCenterError] | None = None
        while True:
            async with await hook.get_async_conn() as client:
                if refused and client is refused[0]:
                    raise refused[1]
                try:
                    return await work(client)
                except PartnerCenterAuthenticationError as error:
                    refused = (client, error)
