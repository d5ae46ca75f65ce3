"""
What the last sign-in of a connection was like, in an Airflow Variable without secrets, for the page.

A task that has signed in writes it if something has changed, or once a day. So the API server can show
how a connection stands without a sign-in, and without reading the connection. Nothing else depends on it: if it cannot
be written, it is left out.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.client.wire import moment, parse_date
from airflow_provider_partnercenter.compat import is_of_triggerer, supervisor
from airflow_provider_partnercenter.storage.refresh_tokens import VariableRefreshTokenStore
from airflow_provider_partnercenter.storage.variables import AirflowVariable

if TYPE_CHECKING:
    from typing import Self

    from airflow_provider_partnercenter.client.auth import Credentials
    from airflow_provider_partnercenter.client.auth.tokens import RefreshTokenStore

log = logging.getLogger(__name__)

PREFIX = "partnercenter_sign_in."
"""How the key of such a Variable begins; the id of the connection follows."""
EVERY = timedelta(days=1)
"""How often it is written if nothing else changes."""

_DESCRIPTION = (
    "The last sign-in of an Airflow connection at Microsoft Partner Center, without secrets, for the page. Written by "
    "airflow-provider-partnercenter."
)


@dataclass(frozen=True, slots=True)
class SignInRecord:
    """
    A sign-in. Times are ISO 8601 in UTC.

    :param mode: ``"App-only"`` or ``"App+User"``.
    :param signed_in_at: when, to within a day.
    :param mfa: whether the user signed in with MFA; ``None`` if nobody has asked Microsoft, or there is no user.
    :param renewed_at: when the stored refresh token was issued; ``None`` if none is stored.
    :param dies_at: when it expires, unless a sign-in renews it before.
    :param note: what a person should know.
    """

    mode: str
    signed_in_at: str
    mfa: bool | None = None
    renewed_at: str | None = None
    dies_at: str | None = None
    note: str | None = None

    def to_text(self) -> str:
        """Return the JSON text."""
        return json.dumps(to_plain(self, complete=True), indent=2)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """
        Read what :meth:`to_text` wrote; members of another version are left out.

        :raises ValueError: if it is something else.
        """
        members = json.loads(text)
        if not isinstance(members, Mapping) or not all(
            isinstance(members.get(name), str) for name in ("mode", "signed_in_at")
        ):
            raise ValueError("not the record of a sign-in")
        texts = {name: found for name in _TEXTS if isinstance(found := members.get(name), str)}
        return cls(**texts, mfa=mfa if isinstance(mfa := members.get("mfa"), bool) else None)


_TEXTS = ("mode", "signed_in_at", "renewed_at", "dies_at", "note")


def due(before: SignInRecord | None, now: SignInRecord) -> bool:
    """Return whether a record is to be written in the place of the one before."""
    if before is None or replace(before, signed_in_at=now.signed_in_at) != now:
        return True
    then, this = parse_date(before.signed_in_at), parse_date(now.signed_in_at)
    return then is None or this is None or this - then >= EVERY


# What this process has last seen in each Variable, so that a task that signs in every hour does not read it again.
_seen: dict[str, SignInRecord] = {}


def note_sign_in(credentials: Credentials, store: RefreshTokenStore, mfa: bool | None = None) -> None:
    """
    Record a sign-in that succeeded. Blocks.

    It does nothing in a process that cannot write Variables; nor in a triggerer, where all waits would stand still for
    what the tasks before them have recorded.

    :param credentials: who signed in.
    :param store: where the refresh token is kept.
    :param mfa: what Microsoft said about MFA; by default what it said before is kept.
    """
    if not credentials.connection:
        return
    name = PREFIX + credentials.connection
    variable = AirflowVariable(name, _DESCRIPTION)
    if not variable.writable or is_of_triggerer(supervisor()):
        return
    try:
        before = _seen.get(name)
        if before is None or due(before, _record(credentials, store, mfa, before)):
            before = _read(variable)
        record = _record(credentials, store, mfa, before)
        if due(before, record):
            variable.write(record.to_text())
            before = record
        if before:
            _seen[name] = before
    except Exception as problem:  # noqa: BLE001  # nothing may come of it for a sign-in that has succeeded
        log.debug("The sign-in was not recorded in Variable %r (%s).", name, type(problem).__name__)


def _read(variable: AirflowVariable) -> SignInRecord | None:
    text = variable.read()
    try:
        return SignInRecord.from_text(text) if text else None
    except ValueError:
        return None


def _record(
    credentials: Credentials, store: RefreshTokenStore, mfa: bool | None, before: SignInRecord | None
) -> SignInRecord:
    stored = store.stored if isinstance(store, VariableRefreshTokenStore) else None
    if mfa is None and before and before.mode == credentials.mode:
        mfa = before.mfa
    note = None
    if not credentials.app_only and stored is None:
        note = "The refresh token is not renewed. It expires 90 days after the consent."
    return SignInRecord(
        credentials.mode,
        moment(clock.now()),
        mfa=mfa,
        renewed_at=_moment(stored.issued_at) if stored else None,
        dies_at=_moment(stored.expires_at) if stored else None,
        note=note,
    )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
