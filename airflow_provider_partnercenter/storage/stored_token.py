"""
The content of the Airflow Variable that stores a user's refresh token, and the decisions about it. No I/O.

Every use of a refresh token may return a successor, and each token lives for 90 days, used or not. So no lock is
needed: if many processes get successors at the same time, any of them will do, as long as the stored one is young. The
Variable contains a JSON object::

    {"refresh_token": "…", "issued_at": "2026-11-03T06:00:00+00:00", "seed": "3f5a…", "replaced": ["91bc…"],
     "owner": "<application> of <tenant>"}

``seed`` identifies the refresh token of the connection with which this *lineage* began. ``replaced`` lists the seeds of
earlier lineages. If the connection's token is none of these, the user has signed in again: the connection's token is
used at once, and its lineage replaces the stored one. A process that still has the old connection continues with the
newer lineage.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from airflow_provider_partnercenter.client.auth.flaws import flaw_of
from airflow_provider_partnercenter.client.errors import RECONSENT
from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.client.wire import loads

LIFETIME = timedelta(days=90)
"""How long Microsoft accepts a refresh token after it was issued (page ``refresh-tokens``)."""
FRESH = timedelta(hours=24)
"""A stored token younger than this is not replaced: it expires much later, and every write changes a database row."""
WARNING = timedelta(days=14)
"""How long before the expiry of an unused token the warnings begin."""
MAX_REPLACED = 20


@dataclass(frozen=True, slots=True)
class StoredToken:
    """
    The content of the Variable.

    :param refresh_token: the token.
    :param issued_at: when the token was received.
    :param seed: the seed of its lineage, see :func:`seed_of`.
    :param replaced: the seeds of earlier lineages, oldest first.
    :param owner: the application and tenant that the token was issued to; no other can use it.
    """

    refresh_token: str = field(repr=False)
    issued_at: datetime
    seed: str
    replaced: tuple[str, ...] = ()
    owner: str = ""

    @property
    def expires_at(self) -> datetime:
        """When the token expires."""
        return self.issued_at + LIFETIME

    def to_text(self) -> str:
        """Return the JSON text. Only ``refresh_token`` is a secret, and Airflow masks it because of that name."""
        members = to_plain(self, complete=True) | {"issued_at": self.issued_at.isoformat(timespec="seconds")}
        return json.dumps(members, indent=2)

    @classmethod
    def from_text(cls, text: str) -> StoredToken:
        """
        Read what :meth:`to_text` wrote.

        :raises ValueError: if it is something else, or if Airflow's form has put asterisks in the place of the token.
        """
        members = loads(text.encode(errors="surrogatepass"))
        if not isinstance(members, Mapping):
            raise ValueError("not a JSON object")
        token, seed, replaced = members.get("refresh_token"), members.get("seed"), members.get("replaced", [])
        if not isinstance(token, str) or not (token := token.strip()) or flaw_of(token):
            raise ValueError("'refresh_token' is missing, or cannot be one")
        if not isinstance(seed, str) or not seed:
            raise ValueError("'seed' is missing")
        if not isinstance(replaced, list) or not all(isinstance(each, str) for each in replaced):
            raise ValueError("'replaced' is not a list of strings")
        issued_at = datetime.fromisoformat(str(members.get("issued_at")))
        if issued_at.tzinfo is None:
            issued_at = issued_at.replace(tzinfo=UTC)
        if not 2000 <= issued_at.year < 3000:
            raise ValueError("the year of 'issued_at' is not between 2000 and 2999")
        return cls(token, issued_at, seed, tuple(replaced), str(members.get("owner") or ""))


def seed_of(refresh_token: str) -> str:
    """Return an id for a refresh token: a hash, which cannot be reversed because tokens are long and random."""
    return hashlib.sha256(refresh_token.encode()).hexdigest()[:16]


def is_superseded(stored: StoredToken, seed: str, older: str | None) -> bool:
    """
    Return whether the connection got a new token from a new sign-in after this token was stored.

    :param seed: the seed of the connection's token.
    :param older: the lineage that was stored when this process first looked. A lineage that appears later comes from a
        newer connection than ours, even if its history was lost because the Variable was deleted.
    """
    return stored.seed == older and seed != stored.seed and seed not in stored.replaced


def successor_entry(
    stored: StoredToken | None,
    seed: str,
    older: str | None,
    used: str,
    refresh_token: str,
    now: datetime,
    owner: str = "",
) -> StoredToken | None:
    """
    Decide what to store after a sign-in.

    :param stored: what is stored now, read again after the sign-in.
    :param seed: the seed of the connection's token.
    :param older: the lineage that was stored when this process first looked.
    :param used: the seed of the lineage whose token signed in: ours, or the newer one that we continued with.
    :param refresh_token: the successor that the sign-in returned.
    :param now: the current time.
    :param owner: the application and tenant that signed in.
    :return: what to write; ``None`` to leave the Variable unchanged.
    """
    if not refresh_token or flaw_of(refresh_token):
        return None  # it could not be read back
    if stored is None:
        return StoredToken(refresh_token, now, seed, owner=owner) if used == seed else None
    if is_superseded(stored, seed, older):
        return StoredToken(refresh_token, now, seed, (*stored.replaced, stored.seed)[-MAX_REPLACED:], owner)
    # A date more than a day ahead comes from a machine whose clock is wrong. It must not keep others from writing.
    if stored.seed != used or abs(now - stored.issued_at) < FRESH:
        return None
    return StoredToken(refresh_token, now, used, stored.replaced, owner)


def is_foreign(stored: StoredToken, seed: str, owner: str) -> bool:
    """
    Return whether another application's token, which we cannot use, has replaced ours.

    If ours is the newer one, the user has signed in again with another application.
    """
    return bool(stored.owner) and stored.owner != owner and seed in stored.replaced


def is_shadowed(before: str | None, written: str, after: str | None) -> bool:
    """
    Return whether a write had no effect on what is read, because something else answers instead of the Variable.

    If another process wrote in between, a third value is read.
    """
    return after != written and after == before


def expiry_warning(stored: StoredToken, name: str, now: datetime) -> str | None:
    """Return a warning if a stored token has expired or expires within fourteen days, otherwise ``None``."""
    if now < stored.expires_at - WARNING:
        return None
    if now >= stored.expires_at:
        return f"The refresh token in Variable {name!r} expired unused on {stored.expires_at:%d %B %Y}: {RECONSENT}."
    return (
        f"The refresh token in Variable {name!r} expires on {stored.expires_at:%d %B %Y}, unless a task signs in "
        "with it before that and can store its successor. Switch on the DAG keep_partnercenter_signed_in."
    )
