"""A certificate with its private key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.auth.certificates import client_credential, has_private_key

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """
    A certificate with its private key.

    :param private_key: PEM of the private key; it may contain the certificate too.
    :param certificate: PEM of the certificate, with its chain if there is one; it may contain the private key too.
    """

    private_key: str | None = field(repr=False)
    certificate: str | None = field(repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        key = self.certificate if has_private_key(self.certificate) else None
        return tuple(text for text in (self.private_key, key) if text)

    def for_msal(self, on_secret: Callable[[str], None]) -> dict[str, str]:
        return client_credential(self.private_key, self.certificate)
