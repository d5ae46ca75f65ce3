"""Send requests with ``requests``, for the synchronous client and for MSAL, which uses the same settings."""

from __future__ import annotations

import io
import re
import time
from http.client import HTTPException
from typing import Any

import requests
import urllib3
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPSConnection

from airflow_provider_partnercenter.client.protocol.commands import Request, Response
from airflow_provider_partnercenter.client.transport.body import Body
from airflow_provider_partnercenter.client.transport.failures import came_through, causes, transport_error
from airflow_provider_partnercenter.client.transport.http_rules import (
    ACCEPT_ENCODING,
    Field,
    check_head,
    first_of_each,
    text,
)
from airflow_provider_partnercenter.client.transport.tls_and_proxy import ca_path, route_to, ssl_context
from airflow_provider_partnercenter.client.transport.total_timeouts import PunctualAdapter

_ADDRESSES = (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)
_REFUSAL = re.compile(r"Tunnel connection failed: (\d{3})\b.*", re.DOTALL)


class _HeadersAsGiven(AuthBase):
    """Keeps ``requests`` from replacing the Authorization header with a password from the URL or from ``.netrc``."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Session(requests.Session):
    """A session that sends each request once, over TLS only."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.auth = _HeadersAsGiven()
        self.headers["Accept-Encoding"] = ACCEPT_ENCODING
        # Not even MSAL, which gets addresses from the login service, can make it send anything unencrypted.
        self.adapters.clear()
        self.mount("https://", PunctualAdapter())

    def get_redirect_target(self, resp: requests.Response) -> None:
        """
        Never follow a redirect.

        Even with ``allow_redirects=False``, ``requests`` prepares the next request: it reads the whole body, however
        long, and fails on addresses that cannot be decoded.
        """


class RequestsTransport:
    """
    A ``requests`` session that sends each request once, with the settings of the connection.

    :param ca_bundle: PEM file of the authorities to trust; see :func:`.tls_and_proxy.ca_path`.
    :param connect_timeout: seconds to wait for a connection; 10 by default.
    :param timeout: how many seconds one request of MSAL may take in total, 100 by default. :meth:`send` has its own
        parameter.
    :param max_body: the largest accepted body of an answer, in bytes; 10 MiB by default.
    :raises PartnerCenterConfigurationError: if the CA file cannot be read.
    """

    def __init__(
        self,
        ca_bundle: str | None = None,
        connect_timeout: float = 10,
        timeout: float = 100,
        max_body: int | None = None,
    ) -> None:
        ssl_context(ca_bundle)  # refuses an invalid file now; requests would do so at the first call
        self._verify: str | bool = ca_path(ca_bundle) or True
        self._connect_timeout = connect_timeout
        self.timeout = timeout
        self._max_body = max_body
        self._session = _Session()

    def send(self, request: Request, timeout: float) -> Response:
        """
        Send a request and read its answer, within the time-out and the size limit; redirects are not followed.

        :param timeout: how many seconds this may take in total.
        :raises TransportError: if there is no complete answer.
        """
        answer = self._call(request.method, request.url, timeout, headers=request.headers, data=request.body)
        return Response(answer.status_code, answer.headers, answer.content, answer.reason)

    def get(self, url: str, **options: Any) -> requests.Response:
        """Part of the interface that MSAL requires of its ``http_client``."""
        return self._call("GET", url, **options | {"timeout": self.timeout})

    def post(self, url: str, **options: Any) -> requests.Response:
        """Part of the interface that MSAL requires of its ``http_client``."""
        return self._call("POST", url, **options | {"timeout": self.timeout})

    def close(self) -> None:
        """Close the connections; also called by MSAL."""
        self._session.close()

    def _call(self, method: str, url: str, timeout: float, **options: Any) -> requests.Response:
        route = route_to(url)
        members = {name: options[name] for name in ("headers", "params", "data") if name in options}
        deadline = time.monotonic() + timeout
        prepared = False
        try:
            request = self._session.prepare_request(requests.Request(method, url, **members))
            prepared = True
            with self._session.send(
                request,
                verify=self._verify,
                proxies={"https": route.proxy.url} if route.proxy else {},
                # Unlike with a pair of numbers, the time for connecting is deducted from the time for the answer.
                timeout=urllib3.Timeout(total=timeout, connect=self._connect_timeout),  # type: ignore[arg-type]  # not in its stubs
                allow_redirects=False,
                stream=True,
            ) as answer:
                fields, reason = _fields(answer), (answer.reason or "").encode("latin-1")
                check_head(answer.status_code, reason, fields)
                body = _read(answer, deadline, self._max_body)
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            HTTPException,
            OSError,
            ValueError,
        ) as problem:
            connecting = came_through(problem, HTTPSConnection.connect.__code__)
            # An invalid header in the answer raises a ValueError too, but then the request was sent.
            unsendable = isinstance(problem, ValueError) and (
                not prepared or connecting or isinstance(problem, _ADDRESSES)
            )
            if isinstance(problem, requests.exceptions.InvalidSchema) and route.proxy and route.proxy.socks:
                raise route.proxy.no_socks("requests without the package PySocks") from problem
            raise transport_error(
                _in_our_words(problem), route, connecting=connecting, unsendable=unsendable, refusal=_refusal(problem)
            ) from problem
        answer.raw, answer.reason = io.BytesIO(body), text(reason)
        answer.headers = CaseInsensitiveDict(first_of_each(fields))
        return answer


def _fields(answer: requests.Response) -> list[Field]:
    """Return the headers as they were sent; ``answer.headers`` joins those with the same name."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.raw.headers.iteritems()]


def _read(answer: requests.Response, deadline: float, max_body: int | None) -> bytes:
    body = Body(max_body)
    while piece := answer.raw.read1(65536, decode_content=False):
        body.add(piece)
        # Most connections apply the time-out themselves, but not those through a proxy other than http://.
        if time.monotonic() > deadline:
            raise TimeoutError("the time-out has expired")
    return body.decoded(answer.headers.get("Content-Encoding"))


def _in_our_words(problem: Exception) -> Exception:
    """Return a time-out as such, even if it was over before the first read, when no TimeoutError is its cause."""
    return TimeoutError() if isinstance(problem, requests.ReadTimeout) else problem


def _refusal(problem: BaseException) -> int | None:
    """Return the status with which a proxy refused to open a tunnel; http.client has no exception of its own for it."""
    texts = (str(cause) for cause in causes(problem) if type(cause) is OSError)
    return next((int(match[1]) for text in texts if (match := _REFUSAL.fullmatch(text))), None)
