"""The asynchronous client, on ``aiohttp``: many waits in one event loop share it."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.auth.tokens import TokenSource
from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.operations import Operations
from airflow_provider_partnercenter.client.protocol.commands import (
    Call,
    Command,
    GetToken,
    Procedure,
    Send,
    Sleep,
    TransportError,
    advance,
)
from airflow_provider_partnercenter.client.settings import CONNECT_TIMEOUT, ClientSettings
from airflow_provider_partnercenter.client.transport.with_aiohttp import AiohttpTransport
from airflow_provider_partnercenter.client.transport.with_requests import RequestsTransport
from airflow_provider_partnercenter.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Self

    from airflow_provider_partnercenter.client.auth.tokens import RefreshTokenStore
    from airflow_provider_partnercenter.client.protocol.endpoints import Endpoint
    from airflow_provider_partnercenter.client.protocol.paging import Paging

T = TypeVar("T")

#: Enough for the whole default budget if answers come within a second. A triggerer whose event loop was busy makes many
#: calls at once. Without a limit it would open and keep a connection for each (asyncio: 256 KiB of buffer each).
MAX_CONNECTIONS = 8


class AsyncPartnerCenterClient(Operations):
    """
    A client that does not block the event loop.

    It opens its HTTP session at the first call. Use it in ``async with``: the session is closed when the last user of a
    shared client leaves, and opened again for the next one.

    :param settings: the credentials, the address and the limits.
    :param refresh_tokens: where the refresh token is stored; in memory by default.
    :param max_connections: how many connections it opens; 8 by default. Further calls wait for one, within their
        time-out. A change applies when the session is next opened.
    :raises PartnerCenterConfigurationError: if the CA file cannot be read.
    """

    def __init__(
        self,
        settings: ClientSettings,
        refresh_tokens: RefreshTokenStore | None = None,
        *,
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        self.settings = settings
        self.exchange = settings.exchange()
        self._login = RequestsTransport(settings.ca_bundle, CONNECT_TIMEOUT, settings.timeout)
        self.tokens = TokenSource(
            settings.credentials,
            self._login,
            refresh_tokens=refresh_tokens,
            on_secret=settings.on_secret,
            on_sign_in=settings.on_sign_in,
            observer=settings.observer,
        )
        self._transport = AiohttpTransport(settings.ca_bundle, CONNECT_TIMEOUT, max_connections)
        self._users = 0
        self._token_lock = asyncio.Lock()

    @property
    def max_connections(self) -> int:
        """How many connections it opens. A change applies when the session is next opened."""
        return self._transport.max_connections

    @max_connections.setter
    def max_connections(self, number: int) -> None:
        self._transport.max_connections = number

    async def __aenter__(self) -> Self:
        self._users += 1
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._users -= 1
        if self._users == 0:
            await self.close()

    async def send(self, endpoint: Endpoint[T]) -> T:
        """
        Make one call.

        :param endpoint: what to send and how to read the answer.
        :return: what the endpoint reads from the answer.
        :raises PartnerCenterError: if the call fails.
        """
        return await self.run(self.exchange.send(endpoint))

    async def run(self, procedure: Procedure[T]) -> T:
        """Carry out the commands of a procedure one by one, and return its result."""
        outcome: Any = None
        while True:
            try:
                # The last answer is not kept: otherwise a thousand sleeping waits would each hold one.
                command, outcome = advance(procedure, outcome), None
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                outcome = await self._obey(command)
            except (TransportError, PartnerCenterError) as failure:
                outcome = failure

    async def walk(self, pages: Paging[T]) -> AsyncIterator[T]:
        """
        Request the pages of a list one by one, and iterate over what is on them.

        :raises PartnerCenterError: if a page cannot be read, or if the list does not come to an end.
        """
        while (request := pages.next) is not None:
            for item in pages.take(await self.send(request)):
                yield item

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._login.close()
        await self._transport.close()

    async def _obey(self, command: Command) -> Any:
        match command:
            case Send(request, timeout):
                return await self._transport.send(request, timeout)
            case Sleep(seconds):
                return await clock.async_sleep(seconds)
            case GetToken(refused, timeout):
                return self.tokens.cached(refused) or await self._sign_in_within(timeout, refused)
            case Call(function):
                return await in_thread(function)

    async def _sign_in_within(self, seconds: float, refused: str | None) -> str:
        try:
            # The sign-in itself goes on in its thread, for the next call.
            async with asyncio.timeout(None if seconds == math.inf else max(0.0, seconds)):
                return await self._sign_in(refused)
        except TimeoutError:
            where = self.settings.credentials.authority
            raise TransportError(f"the sign-in at {where} took too long", sent=False) from None

    async def _sign_in(self, refused: str | None) -> str:
        # MSAL blocks, so it runs in a thread; one sign-in at a time, or a thousand waits would fill the thread pool.
        failures = self.tokens.failures
        async with self._token_lock:
            if token := self.tokens.cached(refused):
                return token
            return await in_thread(self.tokens.get, refused, failures)
