"""
Ask the Azure host of this machine or service for the token of its managed identity.

The endpoint is on this machine or its link, so it is asked without a proxy and mostly without TLS.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests

from airflow_provider_partnercenter.client.protocol.commands import TransportError

# Seconds to connect and to wait for a piece of the answer. Outside Azure, nobody refuses the connection.
_TIMEOUT = (5, 30)
# Says that the endpoint is not ready yet (page "how-to-use-vm-token", "Error handling").
_NOT_READY = (404, 408, 410, 429)


class AzureHost(requests.Session):
    """
    The session that MSAL's client for managed identities asks with.

    It is a real session, because MSAL derives one with a pinned certificate from it on Service Fabric.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def request(self, method: str | bytes, url: str | bytes, *rest: Any, **options: Any) -> requests.Response:
        """
        Send a request once.

        :raises TransportError: if there is no answer, or one that says that there may be one later.
        """
        where = urlsplit(str(url)).netloc
        try:
            answer = super().request(method, url, *rest, **{**options, "timeout": _TIMEOUT, "allow_redirects": False})
        except requests.Timeout as problem:
            raise TransportError(f"the identity endpoint {where} did not answer in time") from problem
        except requests.RequestException as problem:
            raise TransportError(f"the identity endpoint {where} cannot be reached") from problem
        if answer.status_code in _NOT_READY or answer.status_code >= 500:
            raise TransportError(f"the identity endpoint {where} answered HTTP {answer.status_code}")
        return answer
