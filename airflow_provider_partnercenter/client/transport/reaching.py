"""
Find out how far the way to a host goes, for a person who looks for what is wrong.

The request goes out as every other one does, so that what is found is what the clients meet.
"""

from __future__ import annotations

import base64
import ssl
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from cryptography import x509

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.protocol.commands import Hop, Request, TransportError
from airflow_provider_partnercenter.client.protocol.retry import read_http_date
from airflow_provider_partnercenter.client.transport.tls_and_proxy import Proxy, Route, route_to
from airflow_provider_partnercenter.client.transport.with_requests import RequestsTransport

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reach:
    """
    How far the way to a host goes.

    :param target: the host and the port.
    :param proxy: the proxy on the way; ``None`` for none, or if its address is not valid.
    :param error: what ended the way; ``None`` if there was an answer.
    :param issuer: who issued a certificate that is not trusted; ``None`` if that is not known.
    :param date: the time by the clock of whoever answered; ``None`` if the answer did not say.
    :param earliest: when the request was sent by the clock of this machine, in seconds since the epoch.
    :param latest: when the answer was there.
    """

    target: str
    proxy: Proxy | None = None
    error: TransportError | None = None
    issuer: str | None = None
    date: datetime | None = None
    earliest: float = 0.0
    latest: float = 0.0


def reach(url: str, ca_bundle: str | None, timeout: float) -> Reach:
    """
    Send a request without any credentials.

    :param url: what to ask for; any answer will do.
    :param ca_bundle: PEM file of the authorities to trust, as in the settings of a client.
    :param timeout: how many seconds this may take.
    :raises PartnerCenterConfigurationError: if the CA file cannot be read.
    """
    target = Route(url).target
    try:
        route = route_to(url)
    except TransportError as error:
        return Reach(target, error=error)
    with closing(RequestsTransport(ca_bundle)) as transport:
        earliest = clock.now()
        try:
            answer = transport.send(Request("GET", url, {}), timeout)
        except TransportError as error:
            issuer = _issuer(route, timeout) if error.hop is Hop.TLS and error.permanent else None
            return Reach(target, route.proxy, error, issuer)
        date = read_http_date(answer.header("Date") or "")
        return Reach(target, route.proxy, date=date, earliest=earliest, latest=clock.now())


def _issuer(route: Route, timeout: float) -> str | None:
    """Return who issued the certificate that is offered. Nothing is sent over a connection that is not trusted."""
    if route.proxy and (route.proxy.encrypted or route.proxy.socks):
        return None
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    first, target = urlsplit(route.proxy.url if route.proxy else route.url), urlsplit(route.url)
    try:
        port = first.port or (80 if route.proxy else 443)
        with closing(HTTPSConnection(first.hostname or "", port, context=unverified, timeout=timeout)) as connection:
            if route.proxy:
                connection.set_tunnel(target.hostname or "", target.port or 443, _authorization(route.proxy))
            connection.connect()
            offered = connection.sock.getpeercert(binary_form=True)
            return x509.load_der_x509_certificate(offered).issuer.rfc4514_string() if offered else None
    except (OSError, HTTPException, ValueError):
        return None


def _authorization(proxy: Proxy) -> dict[str, str]:
    parts = urlsplit(proxy.url)
    if not parts.username:
        return {}
    words = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(words.encode()).decode()}
