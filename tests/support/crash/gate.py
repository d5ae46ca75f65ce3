"""An emulator that can keep a caller waiting, so that a test hits a moment of an onboarding for sure."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import psutil

from airflow_provider_partnercenter.emulator import server
from airflow_provider_partnercenter.emulator.http.app import Application, create_application
from airflow_provider_partnercenter.emulator.server import Emulator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from airflow_provider_partnercenter.emulator.settings import Settings

#: What an onboarding that nobody disturbs asks for, in this order.
ROUTE = (
    "GET qualifications",  # what the customer has: the baseline
    "GET customer",  # the preflight
    "POST qualifications",
    "GET qualifications",  # what has become of it
    "GET qualifications",  # the sensor's poll before it defers
    "GET qualifications",  # the trigger's poll, which finds the verdict
    "GET customer",  # the worker goes on, see SensorThatShowsItsResumption
)


class Moment(Enum):
    """A request of the route at which the onboarding is held, and whether it is held before or after it is done."""

    BEFORE_SUBMIT = "before submit", 0, False
    # The task has noted that it submits, but its request never arrives.
    SUBMIT_NOTED = "submit noted", 2, False
    # The request is on its way, and carried out only after the crash.
    DURING_SUBMIT = "during submit", 2, False
    AFTER_SUBMIT = "after submit", 2, True
    POLL_ON_WORKER = "during wait (on the worker)", 4, False
    DURING_WAIT = "during wait", 5, False
    DURING_RESUME = "during resume", 6, False

    def __init__(self, title: str, step: int, done: bool) -> None:
        self.title = title
        self.step = step
        self.done = done


class Hold:
    """
    One request that is kept waiting.

    :param moment: which one.
    """

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        #: The process that sent it, once it has come.
        self.asker: psutil.Process | None = None
        #: Whether it waits for somebody else to take over, and whether that has happened.
        self.abandoned = False
        self.taken_over = False
        #: Whether it never arrives.
        self.lost = False
        self._released = asyncio.Event()
        self._done = asyncio.Event()

    async def keep(self, scope: Scope) -> None:
        """Keep the caller waiting, until the test has released it or somebody takes over."""
        self._loop = asyncio.get_running_loop()
        self.asker = owner_of(scope["client"][1], scope["server"][1])
        await self._released.wait()

    def done(self) -> None:
        """Tell that the request was dealt with."""
        self._done.set()

    def release(self) -> None:
        """Let it go on now."""
        self._loop.call_soon_threadsafe(self._released.set)

    def abandon(self, *, alive: bool) -> None:
        """
        Let it go on as soon as somebody else asks for the same customer, who just does not see what comes of it.

        :param alive: whether the one that sent it is alive, without belonging to anything any more.
        """
        self.lost = self.moment is Moment.SUBMIT_NOTED and not alive
        self.abandoned = True

    async def give_way(self) -> None:
        """Note that somebody takes over, and wait until the request is done."""
        self.taken_over = True
        self._released.set()
        await self._done.wait()


class Gate:
    """
    Stands before the emulator.

    :param app: the emulator.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        #: By customer, what was asked for so far.
        self.asked: dict[str, list[str]] = defaultdict(list)
        self.holds: dict[str, Hold] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The beginning and the end of the server have no path.
        path: str = scope.get("path", "")
        _, _, _, customer, *rest = [*path.split("/"), "", "", ""]
        if scope["type"] != "http" or not path.startswith("/v1/customers/"):
            await self._app(scope, receive, send)
            return
        asked = self.asked[customer]
        step = len(asked)
        asked.append(f"{scope['method']} {rest[0] or 'customer'}")
        hold = self.holds.get(customer)
        if hold and hold.moment.step == step:
            try:
                await self._keep(hold, scope, receive, send)
            finally:
                hold.done()
        elif hold and hold.abandoned and not hold.taken_over:
            await self._answer_later(hold.give_way, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _keep(self, hold: Hold, scope: Scope, receive: Receive, send: Send) -> None:
        async def keep() -> None:
            await hold.keep(scope)

        if hold.moment.done:
            await self._answer_later(keep, scope, receive, send)
            return
        # It is read completely, so it can be carried out whatever becomes of the caller meanwhile.
        request = await receive()
        while request.get("more_body"):
            more = await receive()
            request = {**more, "body": request["body"] + more.get("body", b"")}
        await keep()
        if not hold.lost:
            await self._app(scope, _replay(request, receive), send)

    async def _answer_later(
        self, wait: Callable[[], Awaitable[None]], scope: Scope, receive: Receive, send: Send
    ) -> None:
        answer: list[Message] = []
        await self._app(scope, receive, _collector(answer))
        await wait()
        for message in answer:
            await send(message)


class HoldingEmulator(Emulator):
    """An emulator behind a gate."""

    def __init__(self) -> None:
        def create_gated(settings: Settings, **others: Any) -> Application:
            application = create_application(settings, **others)
            self.gate = Gate(application.asgi)
            return replace(application, asgi=self.gate)

        with patch.object(server, "create_application", create_gated):
            super().__init__()


def owner_of(port: int, server_port: int) -> psutil.Process:
    """
    Tell which process of this machine has the client's end of a connection.

    :param port: of the client; another process may use the same one for a connection to another server.
    """
    return next(
        psutil.Process(connection.pid)
        for connection in psutil.net_connections("tcp")
        if connection.laddr.port == port
        and connection.raddr
        and connection.raddr.port == server_port
        and connection.pid
    )


def _collector(messages: list[Message]) -> Send:
    async def collect(message: Message) -> None:
        messages.append(message)

    return collect


def _replay(request: Message, receive: Receive) -> Receive:
    pending = [request]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay
