"""The asynchronous client, on ``aiohttp``: many waits in one event loop share it."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
from yarl import URL

from airflow_provider_partnercenter.client.auth import TokenSource
from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.exchange import (
    MAX_BODY,
    Call,
    Command,
    GetToken,
    Procedure,
    Request,
    Response,
    Send,
    Sleep,
    TransportError,
    advance,
)
from airflow_provider_partnercenter.client.failures import transport_error
from airflow_provider_partnercenter.client.operations import Operations
from airflow_provider_partnercenter.client.requests_transport import RequestsTransport
from airflow_provider_partnercenter.client.settings import CONNECT_TIMEOUT, ClientSettings
from airflow_provider_partnercenter.client.trust import proxy_for, ssl_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from typing import Self

    from airflow_provider_partnercenter.client.endpoints import Endpoint
    from airflow_provider_partnercenter.client.models import Customer
    from airflow_provider_partnercenter.client.refresh_tokens import RefreshTokenStore

T = TypeVar("T")

#: As many as all of the default budget needs with answers within a second. A triggerer whose event loop was busy makes
#: many calls at once; without a limit it would open a connection for each, and keep them (asyncio: 256 KiB of buffer).
MAX_CONNECTIONS = 8

# Of a call's time; what is left would hardly do for an answer.
_TO_CONNECT = 0.9

# What comes before the connection stands, TLS included, so that no request can have been sent.
_CONNECTING = (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError, aiohttp.ConnectionTimeoutError)


class AsyncPartnerCenterClient(Operations):
    """
    Calls Partner Center without blocking the event loop.

    It opens its HTTP session at the first call. Use it in ``async with``: the session is closed when the last of the
    users that share the client leaves, and opened again if another comes.

    :param settings: how to reach it.
    :param refresh_tokens: where the refresh token is kept; in memory by default.
    :param max_connections: how many connections it opens; calls beyond them wait for one, within their time-out. A
        change counts from the next time that it opens its session.
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
        self.max_connections = max_connections
        self.exchange = settings.exchange()
        self._login = RequestsTransport(settings.ca_bundle, CONNECT_TIMEOUT, settings.timeout)
        self.tokens = TokenSource(
            settings.credentials,
            self._login,
            refresh_tokens=refresh_tokens,
            on_secret=settings.on_secret,
        )
        self._ssl = ssl_context(settings.ca_bundle)
        self._session: aiohttp.ClientSession | None = None
        self._proxy: str | None = None
        self._users = 0
        self._token_lock = asyncio.Lock()

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

        :raises PartnerCenterError: of the class that tells what to do.
        """
        return await self.run(self.exchange.send(endpoint))

    async def run(self, procedure: Procedure[T]) -> T:
        """Carry out a procedure: obey its commands one by one and return its result."""
        outcome: Any = None
        while True:
            try:
                # An answer is not kept here: a thousand waits would hold the last one of each while they sleep.
                command, outcome = advance(procedure, outcome), None
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                outcome = await self._obey(command)
            except (TransportError, PartnerCenterError) as failure:
                outcome = failure

    async def get_customers(
        self, *, page_size: int = 500, starts_with: Mapping[str, str] | None = None
    ) -> AsyncIterator[Customer]:
        """List the customers, page by page; see :func:`.endpoints.get_customers_page` for the arguments."""
        page = await self.get_customers_page(page_size=page_size, starts_with=starts_with)
        for customer in page.customers:
            yield customer
        while page.continuation:
            page = await self.get_customers_page(continuation=page.continuation)
            for customer in page.customers:
                yield customer

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        session, self._session = self._session, None
        self._login.close()
        if session:
            await session.close()

    async def _obey(self, command: Command) -> Any:
        match command:
            case Send(request, timeout):
                return await self._send(request, timeout)
            case Sleep(seconds):
                return await asyncio.sleep(seconds)
            case GetToken(refused):
                return self.tokens.cached(refused) or await self._sign_in(refused)
            case Call(function):
                return await asyncio.to_thread(function)

    async def _sign_in(self, refused: str | None) -> str:
        # MSAL blocks, so it works in a thread; one at a time, so that a thousand waits do not fill the thread pool.
        failures = self.tokens.failures
        async with self._token_lock:
            if token := self.tokens.cached(refused):
                return token
            return await asyncio.to_thread(self.tokens.get, refused, failures)

    async def _send(self, request: Request, seconds: float) -> Response:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._ssl, limit=self.max_connections),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            # aiohttp repeats a PUT by itself when the connection breaks, and has no public switch for that.
            self._session._retry_connection = False
            # All calls go to one host. To read the environment for each takes half as long as the call itself.
            self._proxy = proxy_for(request.url)
        try:
            async with self._session.request(
                request.method,
                URL(request.url, encoded=True),
                headers=request.headers,
                data=request.body,
                proxy=self._proxy,
                allow_redirects=False,
                timeout=_timeout(seconds),
            ) as answer:
                return Response(answer.status, answer.headers, await _read(answer), answer.reason or "")
        # Of this library a ValueError is always a URL, a header or a host name that cannot be encoded.
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            raise transport_error(
                problem,
                connecting=isinstance(problem, _CONNECTING),
                proxied=bool(self._proxy),
                unsendable=isinstance(problem, ValueError),
            ) from problem


# Most calls have all of the policy's time, so theirs are the same.
@functools.lru_cache(maxsize=16)
def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    # Who queues for a connection until the time is up has sent nothing, and must not be taken for somebody who has.
    return aiohttp.ClientTimeout(total=seconds, connect=_TO_CONNECT * seconds, sock_connect=CONNECT_TIMEOUT)


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    chunks, size = [], 0
    while not answer.content.at_eof():
        chunks.append(chunk := await answer.content.readany())
        size += len(chunk)
        if size > MAX_BODY:
            raise TransportError(f"the answer is larger than {MAX_BODY // 2**20} MiB", permanent=True)
    return b"".join(chunks)
