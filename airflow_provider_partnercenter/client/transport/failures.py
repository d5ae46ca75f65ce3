"""Turn an exception of an HTTP library into a transport error, by the same rules for both transports. No I/O."""

from __future__ import annotations

import os
import socket
import ssl
from http.client import BadStatusLine, HTTPException, IncompleteRead, RemoteDisconnected
from traceback import walk_tb
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_partnercenter.client.protocol.commands import Hop, TransportError
from airflow_provider_partnercenter.client.transport.certificates import refused_certificate
from airflow_provider_partnercenter.client.transport.http_rules import no_status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

    from airflow_provider_partnercenter.client.transport.tls_and_proxy import Route

E = TypeVar("E", bound=BaseException)

REACH_HINT = "check 'host' and 'authority' in the connection, and HTTPS_PROXY and NO_PROXY in the environment"
_LONGEST_REASON = 100
_CLOSED = "the other side closed it"
_UNREADABLE_HINT = "a proxy or gateway may have answered, or changed the answer; try again later"


def transport_error(
    problem: BaseException, route: Route, *, connecting: bool, unsendable: bool = False, refusal: int | None = None
) -> TransportError:
    """
    Return the error for an exception: whether the request may have arrived, why it failed, and what to do.

    :param problem: the exception as caught.
    :param route: where the request went.
    :param connecting: whether the connection, including TLS, was not yet established; false if in doubt.
    :param unsendable: whether the URL or a header is invalid, so that nothing was sent.
    :param refusal: the status with which the proxy refused to open a tunnel.
    """
    # The innermost one first: aiohttp's own exceptions have the same base classes, but not all attributes.
    chain = tuple(causes(problem))[::-1]
    # No other TLS error is permanent: a load balancer that breaks off a handshake may accept the next one.
    if refused := _first(chain, ssl.SSLCertVerificationError):
        return refused_certificate(refused, route)
    if unsendable:
        return TransportError("the URL or a header is not valid", sent=False, permanent=True, hint=REACH_HINT)
    if connecting:
        if route.proxy and refusal:
            return route.proxy.refused(refusal, route.target)
        return TransportError(_no_connection(chain, route), sent=False, hint=REACH_HINT, hop=_hop(chain, route))
    if unreadable := _unreadable(chain):
        return TransportError(f"the answer cannot be read: {unreadable}", hint=_UNREADABLE_HINT)
    if _first(chain, TimeoutError):
        return TransportError("no answer in time")
    why = _reason(chain)
    return TransportError(f"the connection broke: {why}" if why else "the connection broke")


def causes(problem: BaseException) -> Iterator[BaseException]:
    """
    Yield an exception and its causes, which the libraries store in different places.

    ``__context__`` is not one of these places: it may be an older failure that was being handled.
    """
    yield problem
    for inner in {id(e): e for e in (*problem.args, problem.__cause__, getattr(problem, "reason", None))}.values():
        if isinstance(inner, BaseException):
            yield from causes(inner)


def came_through(problem: BaseException, function: CodeType) -> bool:
    """
    Return whether an exception or one of its causes was raised in a function or in what it called.

    The class of an exception does not show whether a connection was established: TLS fails alike while connecting and
    while reading the answer. The traceback shows it.
    """
    return any(frame.f_code is function for cause in causes(problem) for frame, _ in walk_tb(cause.__traceback__))


def _no_connection(chain: tuple[BaseException, ...], route: Route) -> str:
    proxy, target, why = route.proxy, route.target, _reason(chain)
    reason = f": {why}" if why else ""
    secured = _secured(chain)
    if proxy:
        through = f"no connection through the proxy {proxy.name} to {target}"
        if _first(chain, TimeoutError):
            return f"{through} in time"
        if unreadable := _unreadable(chain):
            return f"{through}: the proxy's answer cannot be read: {unreadable}"
        return f"{through}{reason}" if secured else f"{through}: the proxy cannot be reached{reason}"
    if _first(chain, TimeoutError):
        return f"no connection to {target} in time"
    return f"the TLS handshake with {target} failed{reason}" if secured else f"{target} cannot be reached{reason}"


def _hop(chain: tuple[BaseException, ...], route: Route) -> Hop:
    if _first(chain, socket.gaierror):
        return Hop.NAME
    if _secured(chain):
        return Hop.TLS
    # A time-out does not tell, but the proxy is what comes first.
    return Hop.PROXY if route.proxy else Hop.HOST


def _secured(chain: tuple[BaseException, ...]) -> BaseException | None:
    """Return what went wrong with TLS. Without that, only the first hop can have failed."""
    return _first(chain, ssl.SSLError) or _first(chain, ConnectionResetError)


def _reason(chain: tuple[BaseException, ...]) -> str | None:
    """Return why, in the words of the system or of OpenSSL. An exception's own text may contain anything."""
    if unknown := _first(chain, socket.gaierror):
        return unknown.strerror
    tls = _first(chain, ssl.SSLError)
    # Where the libraries have this exception, asyncio has one without a number.
    if isinstance(tls, ssl.SSLEOFError):
        return _CLOSED
    if tls:
        return tls.reason.replace("_", " ").lower() if tls.reason else None
    if number := next((cause.errno for cause in chain if isinstance(cause, OSError) and cause.errno), None):
        return os.strerror(number)
    return _CLOSED if _first(chain, ConnectionError) else None


def _unreadable(chain: tuple[BaseException, ...]) -> str | None:
    """Return why an answer cannot be read. What begins or ends with a part of the answer is not quoted."""
    problem = _first(chain, HTTPException)
    if problem is None or isinstance(problem, RemoteDisconnected | IncompleteRead):
        return None
    if isinstance(problem, BadStatusLine):
        return str(no_status())
    return str(problem)[:_LONGEST_REASON] or "it is not valid"


def _first(chain: tuple[BaseException, ...], kind: type[E]) -> E | None:
    return next((cause for cause in chain if isinstance(cause, kind)), None)
