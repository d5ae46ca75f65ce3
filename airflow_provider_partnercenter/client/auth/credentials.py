"""The credentials of a sign-in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.auth.proofs.certificate import ClientCertificate
from airflow_provider_partnercenter.client.auth.proofs.managed_identity import ManagedIdentity
from airflow_provider_partnercenter.client.auth.proofs.secret import ClientSecret
from airflow_provider_partnercenter.client.auth.proofs.token_file import TokenFile
from airflow_provider_partnercenter.client.clouds import CLOUDS, DEFAULT_CLOUD, cloud_of

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.auth.proofs.proof import Proof


@dataclass(frozen=True, slots=True)
class Credentials:
    """
    The application or user that signs in, and where. Secrets are left out of ``repr()``.

    The application proves itself in one of four ways: see :attr:`proof`.

    :param client_id: the application (client) id.
    :param tenant_id: the partner's tenant, a GUID or a domain.
    :param authority: base URL of the login service, without the tenant.
    :param scope: the scope to request a token for.
    :param client_secret: the application's secret. It is not used if there is a certificate.
    :param private_key: PEM of the private key of the application's certificate; it may contain the certificate too.
    :param certificate: PEM of the certificate, with its chain if there is one; it may contain the private key too.
    :param federated_identity_file: the path of a file with the token of another issuer, which the application trusts.
    :param managed_identity: a managed identity of Azure, which the application trusts: the client id of a user-assigned
        one, or ``"system"``.
    :param token_exchange: what the token of the managed identity has to be for; each cloud has its own.
    :param refresh_token: the refresh token of the partner user. If it is given, the mode is App+User.
    :param connection: the id of the connection that they come from, for messages. Credentials are equal without it.
    """

    client_id: str
    tenant_id: str
    authority: str
    scope: str
    client_secret: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    certificate: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    federated_identity_file: str | None = None
    managed_identity: str | None = None
    token_exchange: str = CLOUDS[DEFAULT_CLOUD].token_exchange
    connection: str | None = field(default=None, compare=False)

    @property
    def app_only(self) -> bool:
        """Whether the application signs in without a user. Its tokens can read, but not submit."""
        return self.refresh_token is None

    @property
    def mode(self) -> str:
        """``"App-only"`` or ``"App+User"``."""
        return "App-only" if self.app_only else "App+User"

    @property
    def cloud(self) -> str | None:
        """The national cloud, a key of :data:`.clouds.CLOUDS`; ``None`` if it is none of them."""
        return cloud_of(self.scope, self.token_exchange)

    @property
    def proof(self) -> Proof:
        """
        How the application proves itself.

        If several ways are given, the one that keeps nothing secret comes first: a managed identity, a token file, a
        certificate, a secret.
        """
        if self.managed_identity:
            return ManagedIdentity(self.managed_identity, self.token_exchange)
        if self.federated_identity_file:
            return TokenFile(self.federated_identity_file)
        if self.private_key or self.certificate:
            return ClientCertificate(self.private_key, self.certificate)
        return ClientSecret(self.client_secret or "")

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets that must not be shown."""
        certificate = ClientCertificate(self.private_key, self.certificate).secrets
        return tuple(text for text in (self.client_secret, *certificate, self.refresh_token) if text)
