"""Sending with ``requests``: for the synchronous client, and for MSAL, which signs in with the same settings."""

from __future__ import annotations

import io
import time
from typing import Any

import requests
import urllib3
from requests.auth import AuthBase

from airflow_provider_partnercenter.client.exchange import MAX_BODY, Request, Response, TransportError
from airflow_provider_partnercenter.client.trust import ca_path, proxy_for, ssl_context

CA_HINT = "set 'ca_bundle' in the connection to the PEM file of the certificate authority that signed this host"
REACH_HINT = "check 'host' and 'authority' in the connection, and HTTPS_PROXY and NO_PROXY in the environment"


class _HeadersAsGiven(AuthBase):
    """Keeps ``requests`` from replacing the Authorization header with a password of ``.netrc``."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class RequestsTransport:
    """
    A ``requests`` session that does what the connection says and nothing else.

    :param ca_bundle: PEM file of the authorities to trust; the public ones if ``None``.
    :param connect_timeout: seconds to wait for a connection.
    :param timeout: seconds that one request may take altogether.
    :raises PartnerCenterConfigurationError: if the CA file cannot be read.
    """

    def __init__(self, ca_bundle: str | None = None, connect_timeout: float = 10, timeout: float = 100) -> None:
        ssl_context(ca_bundle)  # says what is wrong with the file, while requests would only say so at the first call
        self._verify: str | bool = ca_path(ca_bundle) or True
        self._connect_timeout = connect_timeout
        self._timeout = timeout
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = _HeadersAsGiven()

    def send(self, request: Request) -> Response:
        """
        Send a request and read its answer, within the time-out and the size limit; redirects are not followed.

        :raises TransportError: if there is no complete answer.
        """
        answer = self._call(request.method, request.url, headers=request.headers, data=request.body)
        return Response(answer.status_code, answer.headers, answer.content, answer.reason or "")

    def get(self, url: str, **options: Any) -> requests.Response:
        """Part of the interface that MSAL wants of its ``http_client``."""
        return self._call("GET", url, **options)

    def post(self, url: str, **options: Any) -> requests.Response:
        """Part of the interface that MSAL wants of its ``http_client``."""
        return self._call("POST", url, **options)

    def close(self) -> None:
        """Close the connections; also called by MSAL."""
        self._session.close()

    def _call(self, method: str, url: str, **options: Any) -> requests.Response:
        deadline = time.monotonic() + self._timeout
        proxy = proxy_for(url)
        options |= {
            "verify": self._verify,
            "proxies": {"https": proxy} if proxy else None,
            "timeout": (self._connect_timeout, self._timeout),
            "allow_redirects": False,
            "stream": True,
        }
        try:
            with self._session.request(method, url, **options) as answer:
                body = _read(answer, deadline)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as problem:
            raise transport_error(problem) from problem
        answer.raw = io.BytesIO(body)
        return answer


def _read(answer: requests.Response, deadline: float) -> bytes:
    chunks, size = [], 0
    while chunk := answer.raw.read1(65536, decode_content=True):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BODY:
            raise TransportError(f"the answer is larger than {MAX_BODY // 2**20} MiB", permanent=True)
        if time.monotonic() > deadline:
            raise TransportError("the answer did not end in time")
    return b"".join(chunks)


def transport_error(problem: BaseException) -> TransportError:
    """
    Say what an exception of ``requests`` means: whether the request may have arrived, and what to do.

    :param problem: the exception as caught.
    """
    if isinstance(problem, requests.exceptions.SSLError):
        return TransportError(
            "the certificate of the host is not trusted, or TLS failed", sent=False, permanent=True, hint=CA_HINT
        )
    if isinstance(problem, requests.exceptions.ProxyError):
        return TransportError("the proxy did not connect", sent=False, hint=REACH_HINT)
    if isinstance(problem, requests.exceptions.ConnectTimeout):
        return TransportError("no connection in time", sent=False, hint=REACH_HINT)
    if isinstance(problem, requests.exceptions.Timeout):
        return TransportError("no answer in time")
    reason = getattr(problem.args[0], "reason", None) if problem.args else None
    if isinstance(reason, urllib3.exceptions.NewConnectionError):
        return TransportError("the host cannot be reached", sent=False, hint=REACH_HINT)
    if isinstance(problem, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return TransportError("the URL is not valid", sent=False, permanent=True, hint=REACH_HINT)
    return TransportError(f"the connection broke ({type(problem).__name__})")
