"""
Choose the certificate authorities and the proxy, in the same way for every transport.

``requests`` lets the environment override a session's certificates and takes passwords from ``.netrc``; ``aiohttp``
ignores proxies by default. With the settings of this module, a connection works alike in a worker and in a triggerer.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import certifi
from requests.utils import get_environ_proxies, select_proxy

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError


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


def proxy_for(url: str) -> str | None:
    """Return the proxy for a URL, or ``None``, according to the environment (``HTTPS_PROXY``, ``NO_PROXY``)."""
    proxy = select_proxy(url, get_environ_proxies(url))
    # "proxy:3128" without a scheme is common. requests accepts it, but aiohttp refuses it.
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy or None
