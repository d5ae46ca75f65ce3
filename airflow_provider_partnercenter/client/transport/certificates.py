"""Say why a certificate is refused, and who can do what about it. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.protocol.commands import Hop, TransportError

if TYPE_CHECKING:
    import ssl

    from airflow_provider_partnercenter.client.transport.tls_and_proxy import Route

CA_HINT = "set 'ca_bundle' in the connection to the PEM file of the certificate authority that signed this host"
_RENEW = (
    "whoever runs this host, or the proxy that answers in its place, must renew the certificate; if it is still valid, "
    "the clock of this machine is wrong"
)
_CLOCK = "check the clock of this machine; if it is right, whoever runs this host must replace the certificate"
_NAME = "check 'host' and 'authority' in the connection, and whether a proxy or another server answers in its place"
_STRICT = (
    "whoever runs the certificate authority must issue the certificate, or that of the authority, anew with the "
    "extensions that RFC 5280 requires, such as key identifiers; Python checks this from 3.13 on"
)
_OTHER = "whoever runs this host, or the proxy that answers in its place, must replace the certificate"

# The numbers are OpenSSL's (X509_V_ERR_…).
HINTS: dict[int, str] = {
    **dict.fromkeys((2, 18, 19, 20, 21, 27), CA_HINT),
    9: _CLOCK,
    10: _RENEW,
    **dict.fromkeys((62, 64), _NAME),
    **dict.fromkeys((24, 30, 31, 32, 37, 41, *range(79, 94)), _STRICT),
}


def refused_certificate(problem: ssl.SSLCertVerificationError, route: Route) -> TransportError:
    """
    Return the error for a certificate that is not accepted.

    :param problem: the exception of the TLS library.
    :param route: where the request went.
    """
    whose = f"the certificate of {route.target}"
    if route.proxy and route.proxy.encrypted:
        whose += f" or of the proxy {route.proxy.name}"
    code = getattr(problem, "verify_code", None)
    why = getattr(problem, "verify_message", "") or "it cannot be verified"
    return TransportError(
        f"{whose} is not trusted: {why.rstrip('.')}",
        sent=False,
        permanent=True,
        hint=HINTS.get(code, _OTHER) if code is not None else _OTHER,
        hop=Hop.TLS,
    )
