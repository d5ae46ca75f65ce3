"""Turn an exception of an HTTP library into a transport error, by the same rules for both transports. No I/O."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.protocol.commands import TransportError

if TYPE_CHECKING:
    from collections.abc import Iterator

CA_HINT = "set 'ca_bundle' in the connection to the PEM file of the certificate authority that signed this host"
REACH_HINT = "check 'host' and 'authority' in the connection, and HTTPS_PROXY and NO_PROXY in the environment"


def transport_error(
    problem: BaseException, *, connecting: bool, proxied: bool, unsendable: bool = False
) -> TransportError:
    """
    Return the error for an exception: whether the request may have arrived, and what to do.

    :param problem: the exception as caught.
    :param connecting: whether the connection, including TLS, was not yet established; false if in doubt.
    :param proxied: whether the request went to a proxy.
    :param unsendable: whether the URL, a header or the proxy's address is invalid, so that nothing was sent.
    """
    kinds = tuple(type(cause) for cause in causes(problem))

    def about(kind: type[BaseException]) -> bool:
        return any(issubclass(each, kind) for each in kinds)

    # No other TLS error is permanent: a load balancer that breaks off a handshake may accept the next one.
    if about(ssl.SSLCertVerificationError):
        return TransportError("the certificate of the host is not trusted", sent=False, permanent=True, hint=CA_HINT)
    if unsendable:
        return TransportError("the URL or a header is not valid", sent=False, permanent=True, hint=REACH_HINT)
    if not connecting:
        late = about(TimeoutError)
        return TransportError("no answer in time" if late else f"the connection broke ({type(problem).__name__})")
    if proxied:
        what = "no connection through the proxy"
    elif about(TimeoutError):
        what = "no connection in time"
    elif about(ssl.SSLError):
        what = "the TLS handshake failed"
    else:
        what = "the host cannot be reached"
    return TransportError(what, sent=False, hint=REACH_HINT)


def causes(problem: BaseException) -> Iterator[BaseException]:
    """
    Yield an exception and its causes, which the libraries store in different places.

    ``__context__`` is not one of these places: it may be an older failure that was being handled.
    """
    yield problem
    for inner in {id(e): e for e in (*problem.args, problem.__cause__, getattr(problem, "reason", None))}.values():
        if isinstance(inner, BaseException):
            yield from causes(inner)
