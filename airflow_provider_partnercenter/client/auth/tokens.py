"""
Get bearer tokens for credentials, with MSAL (page ``partner-center-authentication``).

App-only: client credentials. App+User: the refresh token of a partner user who has signed in with MFA (the Secure
Application Model); a :class:`RefreshTokenStore` loads that token and saves its successors. :mod:`.proofs` says how the
application proves who it is.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.auth.application import errors_of_msal, make_application, name_of
from airflow_provider_partnercenter.client.auth.login import HttpClient, error_from_token_answer, no_login_service
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterUnexpectedResponseError,
    error_from_dict,
)
from airflow_provider_partnercenter.client.observer import SignInEnded, notify
from airflow_provider_partnercenter.client.protocol.arguments import fits_header

if TYPE_CHECKING:
    from collections.abc import Callable

    import msal

    from airflow_provider_partnercenter.client.auth.credentials import Credentials
    from airflow_provider_partnercenter.client.observer import Observer

# Seconds. A token is renewed this long before it expires; otherwise it could expire before the service checks it.
RENEWAL_LEAD = 120
# Seconds. Longer than any token is valid; a limit for senseless answers.
_LONGEST_LIFE = 7 * 24 * 3600.0
_USUAL_LIFE = 3599.0


class RefreshTokenStore(Protocol):
    """Stores the refresh token of one user."""

    def load(self) -> str:
        """Return the token to use now."""

    def save(self, refresh_token: str) -> None:
        """Store the successor of the token."""


class MemoryRefreshTokenStore:
    """
    Stores the refresh token in memory, so that it is lost when the process ends.

    :param refresh_token: the initial token.
    """

    def __init__(self, refresh_token: str) -> None:
        self._refresh_token = refresh_token

    def load(self) -> str:
        return self._refresh_token

    def save(self, refresh_token: str) -> None:
        self._refresh_token = refresh_token


class TokenSource:
    """
    Returns access tokens and renews them before they expire. Threads that need one at the same time share one renewal.

    :param credentials: the credentials to sign in with.
    :param transport: sends the requests to the login service.
    :param refresh_tokens: where the refresh token is stored; in memory by default.
    :param on_secret: is called with every token received, so that it can be masked in logs.
    :param on_sign_in: is called after each sign-in that succeeded, with the credentials and ``refresh_tokens``.
    :param observer: is told about each sign-in; ``None`` by default.
    :param clock: returns the seconds of a monotonic clock.
    :ivar failures: how many sign-ins have failed.
    """

    def __init__(
        self,
        credentials: Credentials,
        transport: HttpClient,
        *,
        refresh_tokens: RefreshTokenStore | None = None,
        on_secret: Callable[[str], None] = lambda _: None,
        on_sign_in: Callable[[Credentials, RefreshTokenStore], None] = lambda *_: None,
        observer: Observer | None = None,
        clock: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._credentials = credentials
        self._transport = transport
        self.refresh_tokens = refresh_tokens or MemoryRefreshTokenStore(credentials.refresh_token or "")
        self._on_secret = on_secret
        self._on_sign_in = on_sign_in
        self._observer = observer
        self._clock = clock
        self._lock = threading.Lock()
        self._application: msal.ConfidentialClientApplication | None = None
        self._token, self._renew_at = "", float("-inf")
        self.failures = 0
        self._failure, self._retry_at = PartnerCenterError(""), float("-inf")
        self._seen: tuple[str, ...] = ()
        self._seen_proof = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """All secrets that must not be shown: those of the credentials, and the tokens of the last sign-in."""
        proof = (self._seen_proof,) if self._seen_proof else ()
        return (*self._credentials.secrets, *proof, *self._seen)

    def cached(self, refused: str | None = None) -> str | None:
        """
        Return the token at hand without any I/O, or ``None`` if there is none that can be used.

        :param refused: a token that the service has refused.
        """
        return self._token if self._token and self._token != refused and self._clock() < self._renew_at else None

    def get(self, refused: str | None = None, failures: int | None = None) -> str:
        """
        Return a token, signing in if necessary. Blocks; may be called from any thread.

        If another thread's sign-in fails while this one waits for the lock, this one fails with the same error instead
        of signing in again: a thousand waiting calls would queue for hours.

        :param refused: a token that the service has refused, so that another one is fetched.
        :param failures: the value of :attr:`failures` when the caller began to wait; only if it queued before.
        :raises PartnerCenterAuthenticationError: if the login service refuses the credentials.
        :raises PartnerCenterLoginThrottledError: if it throttles sign-ins.
        :raises PartnerCenterLoginUnavailableError: if it cannot be reached.
        :raises PartnerCenterConfigurationError: if the certificate, the tenant or the Variable cannot be used.
        """
        failures = self.failures if failures is None else failures
        with self._lock:
            # Another thread may have renewed it while this one waited.
            if token := self.cached(refused):
                return token
            # Each caller gets a copy, because it adds the ids of its call.
            if (pause := self._retry_at - self._clock()) > 0:
                raise error_from_dict({**self._failure.to_dict(), "retry_after": pause})
            if self.failures > failures:
                raise error_from_dict(self._failure.to_dict())
            began_at, began = clock.now(), self._clock()
            try:
                self._token, life = self._sign_in(renew=refused is not None)
            except PartnerCenterError as error:
                self._tell(began_at, began, error)
                if self._credentials.connection:
                    error.message = f"Connection {self._credentials.connection!r}: {error.message}"
                self.failures += 1
                self._failure = error_from_dict(error.to_dict())
                self._retry_at = self._clock() + (error.retry_after or 0.0)
                raise
            self._tell(began_at, began)
            # A token with a shorter life than the lead is used for half its life; otherwise every call would renew it.
            self._renew_at = self._clock() + max(life - RENEWAL_LEAD, life / 2)
            return self._token

    def _sign_in(self, renew: bool) -> tuple[str, float]:
        """Return a new access token and for how many seconds it is valid."""
        used = None if self._credentials.app_only else self.refresh_tokens.load()
        self._see(used)
        answer = self._ask(used, renew)
        token, successor = answer.get("access_token"), answer.get("refresh_token")
        self._see(used, successor, token)
        if not token:
            raise error_from_token_answer(answer, self._credentials.mode)
        if not fits_header(token):
            raise no_login_service(name_of(self._credentials))
        if used and successor and isinstance(successor, str):
            self.refresh_tokens.save(successor)
        self._on_sign_in(self._credentials, self.refresh_tokens)
        return token, _life(answer.get("expires_in"))

    def _tell(self, began_at: float, began: float, error: PartnerCenterError | None = None) -> None:
        if self._observer:
            ended = SignInEnded(
                began_at=began_at,
                seconds=self._clock() - began,
                mode=self._credentials.mode,
                error=type(error).__name__ if error else None,
                retryable=bool(error and error.retryable),
                correlation_id=error.correlation_id if error else None,
            )
            notify(self._observer, ended)

    def _see(self, *secrets: Any) -> None:
        self._seen = tuple(str(secret) for secret in secrets if secret)
        for secret in self._seen:
            self._on_secret(secret)

    def _see_proof(self, token: str) -> None:
        self._seen_proof = token
        self._on_secret(token)

    def _ask(self, refresh_token: str | None, renew: bool) -> dict[str, Any]:
        scopes = [self._credentials.scope]
        try:
            with errors_of_msal(self._credentials):
                self._application = self._application or make_application(
                    self._credentials, self._transport, self._see_proof
                )
                if refresh_token:
                    return dict(self._application.acquire_token_by_refresh_token(refresh_token, scopes))
                if renew:
                    # MSAL caches App-only tokens itself and would hand out the refused one again.
                    self._application.remove_tokens_for_client()
                return dict(self._application.acquire_token_for_client(scopes))
        except PartnerCenterUnexpectedResponseError:
            # MSAL may have cached a faulty answer.
            self._application = None
            raise


def _life(value: Any) -> float:
    """Return for how many seconds a token is valid: about an hour if the answer does not say it."""
    try:
        life = float(value)
    except (TypeError, ValueError, OverflowError):
        life = 0.0
    return min(life, _LONGEST_LIFE) if life > 0 else _USUAL_LIFE
