"""The credentials of a sign-in."""

from __future__ import annotations

from dataclasses import dataclass, field

from airflow_provider_partnercenter.client.auth.certificates import has_private_key


@dataclass(frozen=True, slots=True)
class Credentials:
    """
    The application or user that signs in, and where. Secrets are left out of ``repr()``.

    :param client_id: the application (client) id.
    :param tenant_id: the partner's tenant, a GUID or a domain.
    :param authority: base URL of the login service, without the tenant.
    :param scope: the scope to request a token for.
    :param client_secret: the application's secret. It is not used if there is a certificate.
    :param private_key: PEM of the private key of the application's certificate; it may contain the certificate too.
    :param certificate: PEM of the certificate, with its chain if there is one; it may contain the private key too.
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
    def secrets(self) -> tuple[str, ...]:
        """The secrets that must not be shown."""
        key = self.certificate if has_private_key(self.certificate) else None
        return tuple(s for s in (self.client_secret, self.private_key, key, self.refresh_token) if s)
