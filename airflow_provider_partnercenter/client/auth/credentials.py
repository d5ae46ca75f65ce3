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
    :param scope: the scope to ask for.
    :param client_secret: the application's secret; or
    :param private_key: PEM of the private key of its certificate, and
    :param certificate: PEM of the certificate, with its chain if there is one; either may hold both, see
        :func:`.certificates.client_credential`.
    :param refresh_token: of the partner user; its presence selects App+User.
    """

    client_id: str
    tenant_id: str
    authority: str
    scope: str
    client_secret: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    certificate: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)

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
        """Everything that must not be shown anywhere."""
        key = self.certificate if has_private_key(self.certificate) else None
        return tuple(s for s in (self.client_secret, self.private_key, key, self.refresh_token) if s)
