"""The certificates that webhooks are signed with: fetched one at a time, and kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.client.protocol.commands import Hop, Request, TransportError
from airflow_provider_partnercenter.client.transport.with_requests import RequestsTransport
from airflow_provider_partnercenter.qualification.webhooks.certificates import LONGEST_CERTIFICATE, signing_certificate
from airflow_provider_partnercenter.qualification.webhooks.refusal import WebhookRefusedError
from airflow_provider_partnercenter.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.qualification.webhooks.certificates import Roots, SigningCertificate

T = TypeVar("T")

# Seconds.
_FETCH_WITHIN = 5.0
_KEEP = 86_400.0
_KEEP_FAILURE = 60.0
# Anybody may ask for addresses, of which Microsoft uses one. What was verified is kept apart from what was not, so that
# the latter cannot push it out.
_MOST_KEPT = 8
_MOST_FAILURES = 64
_MOST_WAITING = 8
_TRUST = (
    "if a proxy of yours answers in its place, name a PEM file with its authority in [partnercenter] webhook_ca_bundle"
)


class CertificateUnavailableError(Exception):
    """
    A certificate cannot be fetched at the moment.

    What to do: nothing at first, because Microsoft sends the event again. If it happens again, let the API server reach
    the host of the certificate.
    """


@dataclass(frozen=True, slots=True)
class _Kept:
    certificate: SigningCertificate
    fetched_at: float


@dataclass(frozen=True, slots=True)
class _Failure:
    error: type[WebhookRefusedError | CertificateUnavailableError]
    reason: str
    at: float


class SigningCertificates:
    """
    The certificates of one process, for one event loop.

    :param fetch: returns what is at an address. It may block.
    :param roots: the certificates at which the chain of each must end.
    """

    def __init__(self, fetch: Callable[[str], bytes], roots: Roots) -> None:
        self._fetch = fetch
        self._roots = roots
        self._kept: dict[str, _Kept] = {}
        self._failures: dict[str, _Failure] = {}
        self._fetching: dict[str, asyncio.Task[SigningCertificate]] = {}
        self._turn = asyncio.Lock()

    async def get(self, url: str) -> SigningCertificate:
        """
        Return the verified certificate of an address.

        :param url: the address; its host must be an allowed one.
        :raises WebhookRefusedError: if there is none, or not one of Microsoft.
        :raises CertificateUnavailableError: if it cannot be fetched at the moment.
        """
        kept = self._kept.get(url)
        if kept and clock.now() < min(kept.fetched_at + _KEEP, kept.certificate.valid_until):
            return kept.certificate
        return await self._newest(url, kept)

    async def renewed(self, url: str) -> SigningCertificate:
        """
        Return a certificate that may have been replaced by another one at the same address.

        It is fetched again once a minute at most, because forgers can ask for this too.

        :raises: as :meth:`get`.
        """
        kept = self._kept.get(url)
        if kept and clock.now() < kept.fetched_at + _KEEP_FAILURE:
            return kept.certificate
        return await self._newest(url, kept)

    async def _newest(self, url: str, kept: _Kept | None) -> SigningCertificate:
        """Fetch a certificate; if that fails, the one that is kept is still good, as long as it is valid."""
        try:
            if (failure := self._failures.get(url)) and clock.now() < failure.at + _KEEP_FAILURE:
                raise failure.error(failure.reason)
            return await self._anew(url)
        except (CertificateUnavailableError, WebhookRefusedError):
            if kept and clock.now() < kept.certificate.valid_until:
                return kept.certificate
            raise

    async def _anew(self, url: str) -> SigningCertificate:
        task = self._fetching.get(url)
        if task is None:
            # Anybody may invent addresses. Those of which something is kept need not wait behind them.
            if url not in self._kept and len(self._fetching) >= _MOST_WAITING:
                raise CertificateUnavailableError("too many other certificates are being fetched")
            task = self._fetching[url] = asyncio.create_task(self._in_turn(url))
            task.add_done_callback(partial(self._done, url))
        # Who is tired of waiting leaves; the fetch goes on, and the next one finds what came of it.
        return await asyncio.shield(task)

    def _done(self, url: str, task: asyncio.Task[SigningCertificate]) -> None:
        del self._fetching[url]
        if not task.cancelled():
            task.exception()  # has been seen, if nobody waits any more

    async def _in_turn(self, url: str) -> SigningCertificate:
        async with self._turn:
            try:
                certificate = await in_thread(self._fetch_and_verify, url)
            except WebhookRefusedError as refused:
                self._remember_failure(url, WebhookRefusedError, refused.reason)
                raise
            except CertificateUnavailableError as problem:
                self._remember_failure(url, CertificateUnavailableError, str(problem))
                raise
        self._failures.pop(url, None)
        _keep(self._kept, url, _Kept(certificate, clock.now()), _MOST_KEPT)
        return certificate

    def _fetch_and_verify(self, url: str) -> SigningCertificate:
        return signing_certificate(self._fetch(url), self._roots, clock.now())

    def _remember_failure(
        self, url: str, error: type[WebhookRefusedError | CertificateUnavailableError], reason: str
    ) -> None:
        _keep(self._failures, url, _Failure(error, reason, clock.now()), _MOST_FAILURES)


def fetch_with(ca_bundle: str | None) -> Callable[[str], bytes]:
    """
    Return what fetches a certificate: over TLS, within five seconds, without following a redirect.

    :param ca_bundle: PEM file of the authorities to trust; see :func:`.tls_and_proxy.ca_path` for ``None``.
    :raises PartnerCenterConfigurationError: if that file cannot be read.
    """
    try:
        transport = RequestsTransport(ca_bundle, connect_timeout=_FETCH_WITHIN, max_body=LONGEST_CERTIFICATE)
    except PartnerCenterConfigurationError as error:
        if ca_bundle:
            # It is no field of a connection here.
            error.hint = "[partnercenter] webhook_ca_bundle must name a PEM file that the API server can read"
        raise

    def fetch(url: str) -> bytes:
        try:
            answer = transport.send(Request("GET", url, {}), _FETCH_WITHIN)
        except TransportError as problem:
            # What is too long will be too long again. All else may be of our doing: a host that is not trusted, too.
            if problem.permanent and problem.hop is None:
                raise WebhookRefusedError(f"The certificate cannot be fetched: {problem}") from None
            remedy = f". What to do: {_TRUST}" if problem.hop is Hop.TLS and problem.permanent else ""
            raise CertificateUnavailableError(f"{problem}{remedy}") from None
        if answer.status >= 500 or answer.status in (408, 429):
            raise CertificateUnavailableError(f"its host answered HTTP {answer.status}")
        if answer.status != 200:
            raise WebhookRefusedError(f"There is no certificate at its address (HTTP {answer.status})")
        return answer.body

    return fetch


def _keep(kept: dict[str, T], url: str, value: T, most: int) -> None:
    """Keep the newest values."""
    kept.pop(url, None)
    while len(kept) >= most:
        del kept[next(iter(kept))]
    kept[url] = value
