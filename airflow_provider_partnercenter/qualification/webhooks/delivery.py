"""A webhook from its arrival to the event: nothing in it is read before its signature is verified."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.qualification.webhooks.event import check_length, read_event
from airflow_provider_partnercenter.qualification.webhooks.headers import (
    CERTIFICATE_HOSTS,
    collect,
    read_certificate_url,
    read_signature,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from airflow_provider_partnercenter.qualification.webhooks.certificates import SigningCertificate
    from airflow_provider_partnercenter.qualification.webhooks.event import Freshness, WebhookEvent


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    A webhook that has arrived. Anybody may have sent it.

    :param certificate_url: from where to fetch the certificate; its host is an allowed one.
    :param signature: the signature of the body.
    :param body: the body as it arrived.
    """

    certificate_url: str
    signature: bytes = field(repr=False)
    body: bytes = field(repr=False)

    @classmethod
    def from_http(
        cls, headers: Iterable[tuple[str, str]], body: bytes, hosts: Collection[str] = CERTIFICATE_HOSTS
    ) -> Delivery:
        """
        Take in a request.

        :param headers: the names and values of all its headers.
        :param body: the bytes of its body, as the signature is over these.
        :param hosts: from which hosts a certificate may be fetched; see :func:`.read_certificate_url`.
        :raises WebhookRefusedError: if the body is too long, or a header is missing, doubled or wrong.
        """
        check_length(body)
        collected = collect(headers)
        return cls(read_certificate_url(collected, hosts), read_signature(collected), body)

    def event(self, certificate: SigningCertificate, now: float, freshness: Freshness | None = None) -> WebhookEvent:
        """
        Verify the signature and return the event.

        :param certificate: the one from :attr:`certificate_url`.
        :param now: the time, in seconds since the epoch.
        :param freshness: how old the event may be; see there for the default.
        :raises WebhookRefusedError: if the signature is not the certificate's, or the body is not a fresh event.
        """
        certificate.verify(self.signature, self.body, now)
        return read_event(self.body, now, freshness)
