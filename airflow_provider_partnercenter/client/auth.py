"""
Credentials to bearer tokens, on MSAL (page ``partner-center-authentication``).

App-only: client credentials, with a secret or a certificate. App+User: the refresh token of a partner user who has
signed in with MFA (the Secure Application Model). Where that token comes from and where its successors go is the
business of a :class:`RefreshTokenStore`.
"""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import msal
import requests
from msal.exceptions import MsalServiceError

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterConfigurationError,
    PartnerCenterError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterUnexpectedResponseError,
    error_from_token_answer,
)
from airflow_provider_partnercenter.client.exchange import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.client.requests_transport import RequestsTransport

# So long before its end a token is renewed, so that it cannot run out between the check and the service's look at it.
RENEWAL_LEAD = 120


@dataclass(frozen=True, slots=True)
class Credentials:
    """
    Who signs in, where, and for what. Secrets are left out of ``repr()``.

    :param client_id: the application (client) id.
    :param tenant_id: the partner's tenant, a GUID or a domain.
    :param authority: base URL of the login service, without the tenant.
    :param scope: the scope to ask for.
    :param client_secret: the application's secret; or
    :param private_key: PEM of the private key of its certificate, and
    :param certificate: PEM of the certificate, with its chain if there is one.
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
        """Whether there is no user; such tokens can read, but not submit."""
        return self.refresh_token is None

    @property
    def mode(self) -> str:
        """``"App-only"`` or ``"App+User"``."""
        return "App-only" if self.app_only else "App+User"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that must not be shown anywhere."""
        return tuple(s for s in (self.client_secret, self.private_key, self.refresh_token) if s)


class RefreshTokenStore(Protocol):
    """Keeps the refresh token of one user. Every use of a refresh token may bring a successor."""

    def load(self) -> str:
        """Return the token to use now."""

    def save(self, refresh_token: str) -> None:
        """Take note of a successor."""


class MemoryRefreshTokenStore:
    """
    Keeps the refresh token for as long as the process lives.

    :param refresh_token: the token to begin with.
    """

    def __init__(self, refresh_token: str) -> None:
        self._refresh_token = refresh_token

    def load(self) -> str:
        return self._refresh_token

    def save(self, refresh_token: str) -> None:
        self._refresh_token = refresh_token


class TokenSource:
    """
    Gives access tokens and renews them before they expire; one renewal at a time, whatever the number of threads.

    :param credentials: who signs in.
    :param transport: how to reach the login service.
    :param refresh_tokens: where the refresh token is kept; in memory by default.
    :param on_secret: is told every token received, so that it can be masked in logs.
    """

    def __init__(
        self,
        credentials: Credentials,
        transport: RequestsTransport,
        *,
        refresh_tokens: RefreshTokenStore | None = None,
        on_secret: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._credentials = credentials
        self._transport = transport
        self._refresh_tokens = refresh_tokens or MemoryRefreshTokenStore(credentials.refresh_token or "")
        self._on_secret = on_secret
        self._clock = clock
        self._lock = threading.Lock()
        self._application: msal.ConfidentialClientApplication | None = None
        self._token, self._renew_at = "", 0.0

    def cached(self, refused: str | None = None) -> str | None:
        """
        Return the token at hand without any I/O, or ``None`` if there is none that can be used.

        :param refused: a token that the service would not take.
        """
        return self._token if self._token and self._token != refused and self._clock() < self._renew_at else None

    def get(self, refused: str | None = None) -> str:
        """
        Return a token, signing in if necessary. Blocks; may be called from any thread.

        :param refused: a token that the service would not take, so that another is fetched.
        :raises PartnerCenterAuthenticationError: if the login service refuses the credentials.
        :raises PartnerCenterServiceUnavailableError: if it cannot be reached.
        :raises PartnerCenterConfigurationError: if the certificate or the tenant cannot be used.
        """
        with self._lock:
            # Another thread may have renewed it while this one waited.
            if token := self.cached(refused):
                return token
            answer = self._sign_in(renew=refused is not None)
            if "access_token" not in answer:
                raise error_from_token_answer(answer, self._credentials.mode)
            self._token = str(answer["access_token"])
            life = float(answer.get("expires_in") or 0)
            # A token that lives shorter than the lead is used for half its life rather than renewed at every call.
            self._renew_at = self._clock() + max(life - RENEWAL_LEAD, life / 2)
            self._on_secret(self._token)
            return self._token

    def _sign_in(self, renew: bool) -> dict[str, Any]:
        try:
            self._application = self._application or self._make_application()
            if self._credentials.app_only:
                if renew:
                    # MSAL caches App-only tokens itself and would hand out the refused one again.
                    self._application.remove_tokens_for_client()
                return dict(self._application.acquire_token_for_client([self._credentials.scope]))
            answer = dict(
                self._application.acquire_token_by_refresh_token(self._refresh_tokens.load(), [self._credentials.scope])
            )
        except PartnerCenterConfigurationError:
            raise  # names the field, and is a ValueError too
        except (ValueError, RuntimeError, requests.HTTPError, MsalServiceError, TransportError) as problem:
            raise _login_error(problem, self._credentials) from problem
        if successor := answer.get("refresh_token"):
            self._on_secret(str(successor))
            self._refresh_tokens.save(str(successor))
        return answer

    def _make_application(self) -> msal.ConfidentialClientApplication:
        credentials = self._credentials
        credential: str | dict[str, str] | None = credentials.client_secret
        if credentials.private_key and credentials.certificate:
            _check_certificate(credentials.private_key, credentials.certificate)
            credential = {"private_key": credentials.private_key, "public_certificate": credentials.certificate}
        return msal.ConfidentialClientApplication(
            credentials.client_id,
            client_credential=credential,
            authority=f"{credentials.authority}/{credentials.tenant_id}",
            http_client=self._transport,
            # The authority comes from our table of clouds or from the connection; asking the public cloud whether it is
            # genuine would break national clouds and closed networks.
            instance_discovery=False,
        )


def _login_error(problem: Exception, credentials: Credentials) -> PartnerCenterError:
    """Say what an exception out of MSAL means."""
    where = f"the login service {credentials.authority}"
    if isinstance(problem, TransportError):
        return PartnerCenterServiceUnavailableError(
            f"Signing in got no answer from {where}: {problem}", retryable=not problem.permanent, hint=problem.hint
        )
    if isinstance(problem, requests.HTTPError):
        # MSAL raises on a 5xx; the text of the exception holds the URL and nothing else of use.
        status = problem.response.status_code
        return PartnerCenterServiceUnavailableError(f"Signing in failed at {where}", status=status)
    if isinstance(problem, MsalServiceError):
        # Newer versions raise this instead, with the text "HTTP Error: 503".
        return PartnerCenterServiceUnavailableError(f"Signing in failed at {where}: {problem}")
    page = json.JSONDecodeError in (type(problem), type(problem.__context__))
    if page or isinstance(problem, RuntimeError):
        # Something else answered: with a page of its own, which may pass, or with a redirect (the RuntimeError).
        return PartnerCenterUnexpectedResponseError(
            f"Signing in failed: what answered is not {where}",
            retryable=page,
            hint="check 'authority' in the connection, and what is between here and there",
        )
    # The rest is refusals of the tenant's configuration; their text quotes the service's answer.
    if passing := re.search(r"HTTP status: (408|429)", str(problem.__context__)):
        return PartnerCenterServiceUnavailableError(f"Signing in failed at {where}", status=int(passing[1]))
    return PartnerCenterAuthenticationError(
        f"Signing in failed: {where} knows no tenant {credentials.tenant_id!r}",
        hint="check 'tenant_id', 'cloud' and 'authority' in the connection",
    )


def _check_certificate(private_key: str, certificate: str) -> None:
    """Refuse PEM texts that MSAL would fail on, or that do not belong together, with the name of the field."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
    from cryptography.x509 import load_pem_x509_certificate

    def refuse(field_name: str, what: str) -> PartnerCenterConfigurationError:
        return PartnerCenterConfigurationError(
            f"'{field_name}' of the connection {what}",
            hint="give the PEM text, with its line breaks, of the certificate and of the key that belongs to it",
        )

    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError) as problem:
        raise refuse("client_certificate_private_key", "is not an unencrypted PEM private key") from problem
    try:
        subject = load_pem_x509_certificate(certificate.encode())
    except ValueError as problem:
        raise refuse("client_certificate", "is not a PEM certificate") from problem

    def public(of: Any) -> bytes:
        return bytes(of.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    if public(key) != public(subject):
        raise refuse("client_certificate_private_key", "does not belong to 'client_certificate'")
    if not isinstance(key, RSAPrivateKey):
        raise refuse("client_certificate_private_key", "is not an RSA key, the only kind that Microsoft takes")
