"""Check the sign-in of a connection, for the connection test and for the DAG that keeps it signed in."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import (
    RECONSENT,
    PartnerCenterError,
    PartnerCenterMfaRequiredError,
    PartnerCenterServiceUnavailableError,
)
from airflow_provider_partnercenter.hooks.certificates import certificate_notes
from airflow_provider_partnercenter.storage.credential_variable import NOT_STORED
from airflow_provider_partnercenter.storage.refresh_tokens import VariableRefreshTokenStore
from airflow_provider_partnercenter.storage.shown.sign_ins import note_sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from airflow_provider_partnercenter.client.sync import PartnerCenterClient

NOT_RENEWED = (
    "The connection's refresh token expires 90 days after the consent. Name an Airflow Variable in "
    "'credential_variable' to have it renewed."
)
"""What to tell about a refresh token without a Variable."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """
    The result of a successful sign-in.

    :param mode: ``"App-only"`` or ``"App+User"``.
    :param mfa_compliant: whether the user signed in with MFA; ``None`` if Microsoft does not say or there is no user.
    :param issued_at: when the stored refresh token was issued (ISO 8601, UTC); ``None`` if none is stored.
    :param expires_at: when the stored refresh token expires unless a sign-in renews it before (ISO 8601, UTC); ``None``
        if none is stored.
    :param notes: sentences about what a person should know or do.
    """

    mode: str
    mfa_compliant: bool | None = None
    issued_at: str | None = None
    expires_at: str | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types, for XCom."""
        return {**asdict(self), "notes": list(self.notes)}


def no_token_yet(variable: str) -> str:
    """Say that a Variable has no refresh token of the connection, where only tasks could store one."""
    missing = "holds no successor of the connection's refresh token yet"
    return f"Variable {variable!r} {missing}; the first task that signs in stores one."


def check_sign_in(client: PartnerCenterClient) -> SignIn:
    """
    Sign in, ask Microsoft whether the user signed in with MFA, and check the stored refresh token.

    :raises PartnerCenterMfaRequiredError: if the user signed in without MFA, even if Microsoft does not refuse it yet.
    :raises PartnerCenterServiceUnavailableError: if the new refresh token could not be stored.
    :raises PartnerCenterError: if the sign-in fails; the subclass says what to do.
    """
    credentials = client.settings.credentials
    notes = list(certificate_notes(credentials, clock.now()))
    compliant = client.is_mfa_compliant()
    if compliant is not None:
        note_sign_in(credentials, client.tokens.refresh_tokens, compliant)
    if credentials.app_only:
        return SignIn(credentials.mode, notes=tuple(notes))
    if compliant is False:
        raise without_mfa()
    stored, store = None, client.tokens.refresh_tokens
    if not isinstance(store, VariableRefreshTokenStore):
        notes.append(NOT_RENEWED)
    elif store.trouble:
        # Other tasks only log a warning. Here it is an error, because otherwise it might never be noticed.
        raise PartnerCenterServiceUnavailableError(
            f"The sign-in works, but its new refresh token could not be stored in Variable "
            f"{client.settings.credential_variable!r}: {store.trouble}",
            hint="an Airflow administrator must find out why tasks cannot write it, before the stored token expires",
        )
    elif stored := store.look():
        notes += filter(None, [NOT_STORED, store.warning(stored)])
    elif NOT_STORED:
        notes.append(NOT_STORED)
    elif store.writable:
        notes.append(
            f"Microsoft returned no new refresh token, so Variable {client.settings.credential_variable!r} contains no "
            "token of this connection. The connection's own token expires 90 days after the consent."
        )
    else:
        notes.append(no_token_yet(str(client.settings.credential_variable)))
    return SignIn(
        credentials.mode,
        compliant,
        stored.issued_at.isoformat() if stored else None,
        stored.expires_at.isoformat() if stored else None,
        tuple(notes),
    )


def without_mfa() -> PartnerCenterMfaRequiredError:
    """Return the error for a user who signed in without MFA, although Microsoft does not refuse it yet."""
    return PartnerCenterMfaRequiredError(
        "The sign-in works, but the user signed in without MFA, which Microsoft will refuse sooner or later",
        hint=RECONSENT,
    )


def try_sign_in(connect: Callable[[], PartnerCenterClient]) -> tuple[bool, str]:
    """
    Check the sign-in for a person who is waiting: one attempt, no ``Retry-After``.

    :param connect: makes the client, or raises a ``PartnerCenterError`` if the connection is invalid.
    :return: whether the connection works, and a message for a person, which contains no secret.
    """
    client = None
    try:
        client = connect()
        client.exchange.policy = replace(client.exchange.policy, attempts=1, max_retry_after=0.0)
        sign_in = check_sign_in(client)
    except PartnerCenterError as error:
        return False, without_secrets(str(error), client.tokens.secrets if client else ())
    can = "read but not submit" if client.settings.credentials.app_only else "read and submit"
    text = f"Signed in as {sign_in.mode} at {client.settings.base_url}: this connection can {can} qualifications."
    return True, without_secrets(" ".join([text, *sign_in.notes]), client.tokens.secrets)


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """
    Return a text with asterisks in the place of secrets.

    What Microsoft says is quoted, and Airflow shows the result of a test to every user who may test a connection,
    without masking it.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
