"""
The sending of events in the background: ten attempts until the receiver takes one, as Partner Center does.

It runs in the server's event loop, like everything else that uses the emulator's state.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.emulator.webhooks.deliveries import Attempt, Delivery, DeliveryLog

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.emulator.partner.clock import Clock
    from airflow_provider_partnercenter.emulator.webhooks.posting import Message, Poster

_AT_A_TIME = 100


class Outbox:
    """
    Sends events, and keeps the log of what became of them.

    :param poster: sends one copy once.
    :param clock: the emulator's clock, for the log.
    :param pause: the seconds between two attempts.
    """

    def __init__(self, poster: Poster, clock: Clock, pause: float) -> None:
        self._poster = poster
        self._clock = clock
        self._pause = pause
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._turns: asyncio.Semaphore | None = None
        self.log = DeliveryLog()

    def send(
        self, deliveries: list[Delivery], compose: Callable[[], Message], attempts: int, *, at_once: bool = False
    ) -> None:
        """
        Begin to send an event.

        :param deliveries: the copies of the event.
        :param compose: returns what is sent; called in another thread, because signing may take a while.
        :param attempts: how often each copy is tried.
        :param at_once: whether all copies are sent at the same time, and not one after another.
        """
        for delivery in deliveries:
            self.log.add(delivery)
        if self._turns is None:
            for delivery in deliveries:
                delivery.give_up()
            return
        task = asyncio.create_task(self._send(deliveries, compose, attempts, self._turns, at_once=at_once))
        self._tasks[task] = deliveries[0].event_id
        task.add_done_callback(self._tasks.pop)

    async def settled(self, event_id: str | None = None) -> None:
        """Wait until nothing is pending, or no copy of one event."""
        while tasks := [task for task, each in self._tasks.items() if event_id in (None, each)]:
            await asyncio.wait(tasks)

    def reset(self) -> None:
        """Give up what is pending, and clear the log."""
        for task in self._tasks:
            task.cancel()
        self.log.clear()

    def open(self) -> None:
        """Begin to send what comes from now on; until then, all is dropped. Called in the server's event loop."""
        self._turns = asyncio.Semaphore(_AT_A_TIME)

    async def close(self) -> None:
        """Give up what is pending, and drop what comes."""
        self._turns = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(
        self,
        deliveries: list[Delivery],
        compose: Callable[[], Message],
        attempts: int,
        turns: asyncio.Semaphore,
        *,
        at_once: bool,
    ) -> None:
        try:
            message = await asyncio.to_thread(compose)
            if at_once:
                await asyncio.gather(*(self._deliver(each, message, attempts, turns) for each in deliveries))
                return
            for each in deliveries:
                await self._deliver(each, message, attempts, turns)
        finally:
            for each in deliveries:
                each.give_up()

    async def _deliver(self, delivery: Delivery, message: Message, attempts: int, turns: asyncio.Semaphore) -> None:
        for number in range(1, attempts + 1):
            if number > 1:
                await asyncio.sleep(self._pause)
            async with turns:
                status, text = await self._poster.post(delivery.url, message)
            if delivery.add(Attempt(number, self._clock.now(), status, text)):
                return
        delivery.give_up()


def new_deliveries(event: str, customer_id: str | None, url: str, kind: str, copies: int) -> list[Delivery]:
    """Return the deliveries of a new event; all copies have one id."""
    event_id = str(uuid.uuid4())
    return [Delivery(event_id, event, customer_id, kind, number, url) for number in range(1, copies + 1)]
