"""
Choose the certificate authorities and the proxy, in the same way for every transport.

``requests`` lets the environment override a session's certificates and takes passwords from ``.netrc``; ``aiohttp``
ignores proxies by default. With the settings of this module, a connection works alike in a worker and in a triggerer.
"""

from __future__ import annotations

import os
import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import certifi
from requests.utils import get_environ_proxies, select_proxy

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.client.protocol.commands import Hop, TransportError

_PORTS = {"http": 80, "https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}
_PORT = "its port is no number from 1 to 65535"
_HOST = re.compile(r"[^\s/?#@\\\x00-\x1f\x7f]+")


def ca_path(ca_bundle: str | None) -> str | None:
    """
    Return the path of the certificate authorities to trust.

    :param ca_bundle: the PEM file of the connection. It takes precedence over the environment variables
        ``REQUESTS_CA_BUNDLE`` and ``CURL_CA_BUNDLE``.
    :return: a file or folder; ``None`` for the public authorities that ``requests`` trusts.
    """
    return ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or None


def ssl_context(ca_bundle: str | None) -> ssl.SSLContext:
    """
    Return the TLS settings of a connection.

    :raises PartnerCenterConfigurationError: if the file is missing or contains no certificate.
    """
    path = ca_path(ca_bundle) or certifi.where()
    try:
        if Path(path).is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError, ValueError) as problem:
        source = "'ca_bundle' of the connection" if ca_bundle else "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE"
        raise PartnerCenterConfigurationError(
            f"The CA file {path!r} cannot be read: {problem}",
            hint=f"{source} must name a PEM file that exists on this machine",
        ) from problem


@dataclass(frozen=True, slots=True)
class Proxy:
    """
    A proxy of the environment.

    :param url: its URL, with a user and a password if it needs them.
    :param variable: the environment variable that names it.
    """

    url: str = field(repr=False)
    variable: str

    @property
    def name(self) -> str:
        """Its host and port, without the password."""
        return _host_and_port(self.url)

    @property
    def encrypted(self) -> bool:
        """Whether the connection to the proxy itself has TLS."""
        return self.url.startswith("https:")

    @property
    def socks(self) -> bool:
        """Whether it is no HTTP proxy."""
        return self.url.startswith("socks")

    def no_socks(self, who: str) -> TransportError:
        """
        Return the error for a SOCKS proxy.

        :param who: what cannot use it.
        """
        return TransportError(
            f"{self.variable} names a SOCKS proxy, which {who} cannot use",
            sent=False,
            permanent=True,
            hint=f"name an HTTP proxy in {self.variable}",
            hop=Hop.PROXY,
        )

    def refused(self, status: int, target: str) -> TransportError:
        """
        Return the error for a proxy that opens no tunnel.

        :param status: what it answered.
        :param target: the host and the port for which the tunnel was.
        """
        hint = f"whoever runs the proxy must allow connections to {target}; without need for it, set NO_PROXY"
        if status == 407:
            known = urlsplit(self.url).username
            hint = (
                f"correct the user and the password in {self.variable}, which the proxy does not accept"
                if known
                else f"put the user and the password of the proxy into {self.variable} (http://user:password@host:port)"
            )
        return TransportError(
            f"no connection through the proxy {self.name} to {target}: it answered HTTP {status}",
            sent=False,
            hint=hint,
            hop=Hop.PROXY,
        )


@dataclass(frozen=True, slots=True)
class Route:
    """
    Where a request goes.

    :param url: its URL.
    :param proxy: the proxy on the way; ``None`` for none.
    """

    url: str = field(repr=False)
    proxy: Proxy | None = None

    @property
    def target(self) -> str:
        """The host and the port."""
        try:
            return _host_and_port(self.url)
        except ValueError:
            return "the host"


def route_to(url: str) -> Route:
    """
    Return the way to a URL, with the proxy of the environment (``HTTPS_PROXY``, ``NO_PROXY``).

    :raises TransportError: if the URL of the proxy is not valid.
    """
    proxies = get_environ_proxies(url)
    proxy = select_proxy(url, proxies)
    if not proxy:
        return Route(url)
    variable = _variable(proxy)
    # "proxy:3128" without a scheme is common. requests accepts it, but aiohttp refuses it.
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if problem := _problem_of(proxy):
        raise TransportError(
            f"the URL of the proxy in {variable} is not valid: {problem}",
            sent=False,
            permanent=True,
            hint=f"correct {variable} in the environment, for example to http://user:password@host:port; characters "
            "such as @, :, / and # in the password must be percent-encoded",
            hop=Hop.PROXY,
        )
    scheme, rest = proxy.split("://", 1)
    return Route(url, Proxy(f"{scheme.lower()}://{rest}", variable))


def _host_and_port(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or "the host"
    return f"{f'[{host}]' if ':' in host else host}:{parts.port or _PORTS.get(parts.scheme, 443)}"


def _problem_of(proxy: str) -> str | None:
    """Return what is wrong with the URL of a proxy, without any part of it: it may contain a password."""
    try:
        parts = urlsplit(proxy)
        if parts.scheme not in _PORTS:
            return f"its scheme is none of {', '.join(_PORTS)}"
        if not parts.hostname:
            return "it names no host"
        if parts.port == 0:
            return _PORT
    except ValueError:
        # The other reason is a bracket that is not closed, which is about the host and the port too.
        return _PORT
    return "its host is not valid" if not _HOST.fullmatch(parts.hostname) else None


def _variable(proxy: str) -> str:
    """Return the name of the environment variable with this proxy."""
    # urllib prefers the names in lower case.
    names = sorted((name for name in os.environ if name.lower() in ("https_proxy", "all_proxy")), reverse=True)
    return next((name for name in names if os.environ[name].strip() == proxy), "the settings of this system")
