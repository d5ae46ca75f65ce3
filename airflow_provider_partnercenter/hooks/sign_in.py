"""What checking a connection's sign-in shows, for the connection test and for the DAG that keeps it working."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.auth.certificates import CERTIFICATE_FIELD, KEY_FIELD, has_private_key
from airflow_provider_partnercenter.client.errors import (
    RECONSENT,
    PartnerCenterMfaRequiredError,
    PartnerCenterServiceUnavailableError,
)
from airflow_provider_partnercenter.storage.refresh_tokens import VariableRefreshTokenStore

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.sync import PartnerCenterClient


@dataclass(frozen=True, slots=True)
class SignIn:
    """
    A sign-in that works.

    :param mode: ``"App-only"`` or ``"App+User"``.
    :param mfa_compliant: whether the user signed in with MFA, ``None`` if Microsoft does not say or there is no user.
    :param issued_at: when the stored refresh token was issued, ISO 8601 UTC; ``None`` if none is stored.
    :param expires_at: when it dies unless it is used before.
    :param notes: what a person should know or do.
    """

    mode: str
    mfa_compliant: bool | None = None
    issued_at: str | None = None
    expires_at: str | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types, for XCom."""
        return {**asdict(self), "notes": list(self.notes)}


def check_sign_in(client: PartnerCenterClient) -> SignIn:
    """
    Sign in, ask Microsoft whether it was with MFA, and look at what is stored.

    :raises PartnerCenterMfaRequiredError: if it was without MFA, even where Microsoft does not refuse such calls yet.
    :raises PartnerCenterError: if the sign-in does not work; of the class that tells what to do.
    """
    credentials, notes = client.settings.credentials, []
    compliant = client.is_mfa_compliant()
    if has_private_key(credentials.certificate):
        notes.append(
            f"The private key stands in '{CERTIFICATE_FIELD}', which Airflow shows to everybody who may see "
            f"connections: move the text to '{KEY_FIELD}'."
        )
    if credentials.app_only:
        return SignIn(credentials.mode, notes=tuple(notes))
    if compliant is False:
        raise PartnerCenterMfaRequiredError(
            "The sign-in works, but was made without MFA, which Microsoft refuses sooner or later", hint=RECONSENT
        )
    stored, store = None, client.tokens.refresh_tokens
    if not isinstance(store, VariableRefreshTokenStore):
        notes.append(
            "Its refresh token dies 90 days after the consent: name a Variable in 'credential_variable' to have it "
            "renewed."
        )
    elif store.trouble:
        # A warning in a log is enough for a task that has other work, but nobody would ever read it.
        raise PartnerCenterServiceUnavailableError(
            f"The sign-in works, but its new refresh token could not be stored in Variable "
            f"{client.settings.credential_variable!r}: {store.trouble}",
            hint="an Airflow administrator must see why tasks cannot write it, before the stored token dies",
        )
    elif stored := store.look():
        notes += filter(None, [store.warning(stored)])
    elif store.writable:
        notes.append(
            f"Microsoft gave no new refresh token, so Variable {client.settings.credential_variable!r} holds none: "
            "that of the connection dies 90 days after its consent."
        )
    else:
        notes.append(
            f"Variable {client.settings.credential_variable!r} holds no token of this connection, as far as can be "
            "seen from here; the next task that signs in stores one."
        )
    return SignIn(
        credentials.mode,
        compliant,
        stored.issued_at.isoformat() if stored else None,
        stored.expires_at.isoformat() if stored else None,
        tuple(notes),
    )
