"""What the sign-in says and shows. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.auth.consent import REDIRECT_URI
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterConfigurationError,
)
from airflow_provider_partnercenter.storage.sources import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_partnercenter.client.auth.consent import Consented
    from airflow_provider_partnercenter.commands.sign_in.draft import Draft
    from airflow_provider_partnercenter.hooks.sign_in import SignIn
    from airflow_provider_partnercenter.storage.sources import Source

NOTHING_STORED = "Nothing was stored."

_WHO = "Sign in as the partner's integration user, with MFA:"
_AS_WEB = f"the application needs the redirect URI {REDIRECT_URI} under the platform 'Web'"


def about_address(address: str, timeout: float) -> tuple[str, ...]:
    """Say where to sign in, if the browser comes back to this machine."""
    return (
        _WHO,
        "",
        f"  {address}",
        "",
        f"Waiting at most {timeout:g} s for the browser to come back to this machine.",
    )


def about_opening() -> str:
    """Say that no browser was opened."""
    return "No browser could be opened. Open the address in a browser on this machine."


def about_pasting(address: str) -> tuple[str, ...]:
    """Say where to sign in, and what to do with the address at the end."""
    return (
        _WHO,
        "",
        f"  {address}",
        "",
        f"The browser ends at an address that begins with {REDIRECT_URI} and shows nothing, or an error.",
        "Copy that address from the browser, and paste it here within a few minutes.",
    )


def nobody_came(timeout: float, others: int) -> PartnerCenterAuthenticationError:
    """
    Return the error for a time that is up.

    :param others: how many requests belonged to other sign-ins.
    """
    foreign = f". {others} came back from another sign-in" if others else ""
    return PartnerCenterAuthenticationError(
        f"No browser came back from the sign-in within {timeout:g} s{foreign}",
        hint=f"start the sign-in again and finish it in the browser. If the browser showed AADSTS50011, {_AS_WEB}. If "
        "the browser is on another machine, use --paste",
    )


def refusal_to_store(
    conn_id: str, sources: Sequence[Source], *, replace: bool
) -> PartnerCenterConfigurationError | None:
    """
    Return why a connection may not be stored in Airflow's database, or ``None``.

    :param sources: where Airflow finds a connection with this id, in its order.
    :param replace: whether an existing one may be changed.
    """
    for source in sources:
        if source.problem:
            return PartnerCenterConfigurationError(
                f"It cannot be found out whether {source.name} has a connection {conn_id!r} ({source.problem})",
                hint="run the command where the database, the Fernet key and the secrets backend are those of your "
                "Airflow; or use --print, which stores nothing",
            )
        if source.place is not Place.DATABASE:
            return PartnerCenterConfigurationError(
                f"Connection {conn_id!r} comes from {source.name}, so one in Airflow's database would have no effect",
                hint="use --print --show-secrets, and put the connection there; or choose another id by --conn-id",
            )
    if sources and not replace:
        return PartnerCenterConfigurationError(
            f"There is a connection {conn_id!r} already",
            hint="repeat the command with --replace to give it the new refresh token (all that you do not name stays "
            "as it is), or choose another id by --conn-id",
        )
    return None


def row_of_sign_in(
    draft: Draft, consented: Consented, checked: SignIn, *, printed: bool, secrets: bool
) -> dict[str, Any]:
    """
    Return the result as a row.

    :param printed: whether the connection is shown, because it was not stored.
    :param secrets: whether its secrets are shown.
    """
    row = {
        "conn_id": draft.conn_id,
        "user": consented.user,
        "mode": checked.mode,
        "mfa_compliant": checked.mfa_compliant if checked.mfa_compliant is not None else consented.mfa,
        "credential_variable": draft.extra.get("credential_variable"),
        "stored": not printed,
    }
    return row | {"conn_json": draft.to_json(secrets=secrets)} if printed else row


def about_result(draft: Draft, consented: Consented, checked: SignIn, *, printed: bool) -> tuple[str, ...]:
    """Say how it ended, and what a person should know."""
    who = consented.user or "The user"
    mfa = checked.mfa_compliant if checked.mfa_compliant is not None else consented.mfa
    how = "with MFA" if mfa else "and Microsoft does not say whether with MFA"
    stored = f"Connection {draft.conn_id!r} is stored. Tasks use the new refresh token from now on."
    where = NOTHING_STORED if printed else stored
    return (f"{who} has signed in {how}. Partner Center accepts the user. {where}", *checked.notes)
