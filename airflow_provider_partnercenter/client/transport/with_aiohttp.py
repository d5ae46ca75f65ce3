"""Send requests with ``aiohttp``, for the asynchronous client."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from airflow_provider_partnercenter.client.protocol.commands import Response
from airflow_provider_partnercenter.client.transport.body import Body
from airflow_provider_partnercenter.client.transport.failures import came_through, transport_error
from airflow_provider_partnercenter.client.transport.http_rules import (
    ACCEPT_ENCODING,
    LONGEST_LINE,
    UnreadableAnswerError,
    check_head,
    first_of_each,
    no_status,
    text,
)
from airflow_provider_partnercenter.client.transport.tls_and_proxy import Proxy, Route, route_to, ssl_context

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.protocol.commands import Request

# Connecting may take this share of a call's time. The rest would hardly be enough for an answer.
_TO_CONNECT = 0.9

# These come before the connection, including TLS, is established, so no request can have been sent.
_CONNECTING = (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError, aiohttp.ConnectionTimeoutError)
# So does whatever else happens in here, such as a proxy that breaks off.
_CONNECT = aiohttp.BaseConnector.connect.__code__


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
        self._proxy: Proxy | None = None

    async def send(self, request: Request, seconds: float) -> Response:
        """
        Send a request and read its answer, within the time-out and the size limit; redirects are not followed.

        :param seconds: how many seconds this may take in total.
        :raises TransportError: if there is no complete answer.
        """
        if self._session is None:
            # All calls go to one host. Reading the environment for each call takes half as long as the call itself.
            self._proxy = _proxy(request.url)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._ssl, limit=self.max_connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept-Encoding": ACCEPT_ENCODING},
                auto_decompress=False,
                max_line_size=LONGEST_LINE,
                max_field_size=LONGEST_LINE,
            )
            # aiohttp repeats a PUT by itself when the connection breaks, and has no public switch for that.
            self._session._retry_connection = False
        try:
            async with self._session.request(
                request.method,
                URL(request.url, encoded=True),
                headers=request.headers,
                data=request.body,
                proxy=self._proxy.url if self._proxy else None,
                allow_redirects=False,
                timeout=_timeout(seconds, self._connect_timeout),
            ) as answer:
                return await _read(answer)
        # A ValueError of aiohttp always means a URL, a header or a host name that cannot be encoded.
        except (aiohttp.ClientError, UnreadableAnswerError, OSError, ValueError) as problem:
            raise transport_error(
                _in_our_words(problem),
                Route(request.url, self._proxy),
                connecting=isinstance(problem, _CONNECTING) or came_through(problem, _CONNECT),
                unsendable=isinstance(problem, ValueError),
                refusal=problem.status if isinstance(problem, aiohttp.ClientHttpProxyError) else None,
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


def _proxy(url: str) -> Proxy | None:
    proxy = route_to(url).proxy
    if proxy and proxy.socks:
        raise proxy.no_socks("the asynchronous client")
    return proxy


async def _read(answer: aiohttp.ClientResponse) -> Response:
    # aiohttp accepts versions that do not exist.
    if answer.version not in (aiohttp.HttpVersion10, aiohttp.HttpVersion11):
        raise no_status()
    reason = (answer.reason or "").encode("utf-8", "surrogateescape")
    check_head(answer.status, reason, answer.raw_headers)
    body = Body()
    while not answer.content.at_eof():
        body.add(await answer.content.readany())
    headers = first_of_each(answer.raw_headers)
    return Response(answer.status, headers, body.decoded(answer.headers.get("Content-Encoding")), text(reason))


def _in_our_words(problem: Exception) -> Exception:
    """Return the exception that the synchronous transport would raise, if aiohttp has one of its own."""
    if isinstance(problem, aiohttp.ServerDisconnectedError):
        return ConnectionResetError()
    if not isinstance(problem, aiohttp.ClientResponseError):
        return problem
    # After its first words, the message quotes the answer, which may contain anything.
    words = _FIRST_WORDS.match(problem.message)
    return UnreadableAnswerError(words[0] if words else "it is not valid")


_FIRST_WORDS = re.compile(r"[A-Z][A-Za-z0-9 -]{0,80}[A-Za-z]")
