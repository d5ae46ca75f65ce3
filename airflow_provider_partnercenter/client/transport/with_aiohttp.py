"""Send requests with ``aiohttp``, for the asynchronous client."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from airflow_provider_partnercenter.client.protocol.commands import MAX_BODY, Response, TransportError
from airflow_provider_partnercenter.client.transport.failures import transport_error
from airflow_provider_partnercenter.client.transport.tls_and_proxy import proxy_for, ssl_context

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.protocol.commands import Request

# Connecting may take this share of a call's time. The rest would hardly be enough for an answer.
_TO_CONNECT = 0.9

# These come before the connection, including TLS, is established, so no request can have been sent.
_CONNECTING = (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError, aiohttp.ConnectionTimeoutError)


class AiohttpTransport:
    """
    An ``aiohttp`` session that sends each request once, without cookies. The first request opens it.

    :param ca_bundle: PEM file of the authorities to trust; see :func:`.tls_and_proxy.ca_path`.
    :param connect_timeout: seconds to wait for a connection.
    :param max_connections: how many connections a session opens. A change applies to the next session.
    :raises PartnerCenterConfigurationError: if the CA file cannot be read.
    """

    def __init__(self, ca_bundle: str | None, connect_timeout: float, max_connections: int) -> None:
        self.max_connections = max_connections
        self._ssl = ssl_context(ca_bundle)
        self._connect_timeout = connect_timeout
        self._session: aiohttp.ClientSession | None = None
        self._proxy: str | None = None

    async def send(self, request: Request, seconds: float) -> Response:
        """
        Send a request and read its answer, within the time-out and the size limit; redirects are not followed.

        :param seconds: how many seconds this may take in total.
        :raises TransportError: if there is no complete answer.
        """
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._ssl, limit=self.max_connections),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            # aiohttp repeats a PUT by itself when the connection breaks, and has no public switch for that.
            self._session._retry_connection = False
            # All calls go to one host. Reading the environment for each call takes half as long as the call itself.
            self._proxy = proxy_for(request.url)
        try:
            async with self._session.request(
                request.method,
                URL(request.url, encoded=True),
                headers=request.headers,
                data=request.body,
                proxy=self._proxy,
                allow_redirects=False,
                timeout=_timeout(seconds, self._connect_timeout),
            ) as answer:
                return Response(answer.status, answer.headers, await _read(answer), answer.reason or "")
        # A ValueError of aiohttp always means a URL, a header or a host name that cannot be encoded.
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            raise transport_error(
                problem,
                connecting=isinstance(problem, _CONNECTING),
                proxied=bool(self._proxy),
                unsendable=isinstance(problem, ValueError),
            ) from problem

    async def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        session, self._session = self._session, None
        if session:
            await session.close()


# Cached, because most calls have the full time of the policy and so the same time-outs.
@functools.lru_cache(maxsize=16)
def _timeout(seconds: float, to_connect: float) -> aiohttp.ClientTimeout:
    # A call whose time runs out in the connection queue was never sent. The queue gets less time than the call, so that
    # the two cases can be told apart.
    return aiohttp.ClientTimeout(total=seconds, connect=_TO_CONNECT * seconds, sock_connect=to_connect)


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    chunks, size = [], 0
    while not answer.content.at_eof():
        chunks.append(chunk := await answer.content.readany())
        size += len(chunk)
        if size > MAX_BODY:
            raise TransportError(f"the answer is larger than {MAX_BODY // 2**20} MiB", permanent=True)
    return b"".join(chunks)
