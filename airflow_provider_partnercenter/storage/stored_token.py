"""
What an Airflow Variable keeps of a user's refresh token, and the decisions about it. No I/O.

Every use of a refresh token may bring a successor, and each lives for 90 days, used or not. So nothing needs a lock: of
the successors that many processes get at the same time any one will do, if only a young one is stored. The Variable
holds a JSON object::

    {"refresh_token": "…", "issued_at": "2026-11-03T06:00:00+00:00", "seed": "3f5a…", "replaced": ["91bc…"],
     "owner": "<application> of <tenant>"}

``seed`` names the refresh token of the connection with which this *lineage* began, ``replaced`` the seeds of those
before it. A connection with a token that is neither has been consented anew: its token is used at once, and its lineage
replaces the stored one. A process that still holds the connection as it was before goes on with the newer lineage.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from airflow_provider_partnercenter.client.errors import RECONSENT
from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.client.wire import loads

LIFETIME = timedelta(days=90)
"""How long Microsoft accepts a refresh token after it was issued (page ``refresh-tokens``)."""
FRESH = timedelta(hours=24)
"""A stored token younger than this is left alone: its end is far away, and every write is a row changed."""
WARNING = timedelta(days=14)
"""How long before its end an unused token is warned of."""
MAX_REPLACED = 20


@dataclass(frozen=True, slots=True)
class StoredToken:
    """
    What a Variable holds.

    :param issued_at: when the token was received.
    :param seed: of its lineage, see :func:`seed_of`.
    :param replaced: seeds of the lineages before, oldest first.
    :param owner: the application and tenant that it was issued to; no other can use it.
    """

    refresh_token: str = field(repr=False)
    issued_at: datetime
    seed: str
    replaced: tuple[str, ...] = ()
    owner: str = ""

    @property
    def expires_at(self) -> datetime:
        """When the token dies unless it is used before."""
        return self.issued_at + LIFETIME

    def to_text(self) -> str:
        """Write it down; only the member called ``refresh_token`` is a secret, and Airflow hides it by that name."""
        members = to_plain(self, complete=True) | {"issued_at": self.issued_at.isoformat(timespec="seconds")}
        return json.dumps(members, indent=2)

    @classmethod
    def from_text(cls, text: str) -> StoredToken:
        """
        Read what :meth:`to_text` wrote.

        :raises ValueError: if it is something else, a token that Airflow's form has replaced by asterisks included.
        """
        members = loads(text.encode(errors="surrogatepass"))
        if not isinstance(members, Mapping):
            raise ValueError("not a JSON object")
        token, seed, replaced = members.get("refresh_token"), members.get("seed"), members.get("replaced", [])
        if not (isinstance(token, str) and token.strip("* ")) or not (isinstance(seed, str) and seed):
            raise ValueError("no token, or no seed")
        if not isinstance(replaced, list) or not all(isinstance(each, str) for each in replaced):
            raise ValueError("'replaced' is not a list of texts")
        issued_at = datetime.fromisoformat(str(members.get("issued_at")))
        if issued_at.tzinfo is None:
            issued_at = issued_at.replace(tzinfo=UTC)
        if not 2000 <= issued_at.year < 3000:
            raise ValueError("'issued_at' is no date of this millennium")
        return cls(token, issued_at, seed, tuple(replaced), str(members.get("owner") or ""))


def seed_of(refresh_token: str) -> str:
    """Name a refresh token without giving it away; tokens are long and random, so a hash cannot be reversed."""
    return hashlib.sha256(refresh_token.encode()).hexdigest()[:16]


def is_superseded(stored: StoredToken, seed: str, older: str | None) -> bool:
    """
    Tell whether the connection was consented anew since a token was stored.

    :param seed: of the connection's token.
    :param older: the lineage that was stored when this process first looked. One that appears later comes from a newer
        connection than ours, even if its history was lost because somebody deleted the Variable.
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

    :param stored: what is stored at this moment, read again after the sign-in.
    :param used: seed of the lineage whose token signed in: ours, or the newer one that we went on with.
    :param refresh_token: the successor that the sign-in brought.
    :param owner: the application and tenant that have signed in.
    :return: what to write; ``None`` to leave alone what is there.
    """
    if stored is None:
        return StoredToken(refresh_token, now, seed, owner=owner) if used == seed else None
    if is_superseded(stored, seed, older):
        return StoredToken(refresh_token, now, seed, (*stored.replaced, stored.seed)[-MAX_REPLACED:], owner)
    # A date more than a day ahead was written by a machine whose clock is wrong; it must not keep others from writing.
    if stored.seed != used or abs(now - stored.issued_at) < FRESH:
        return None
    return StoredToken(refresh_token, now, used, stored.replaced, owner)


def is_foreign(stored: StoredToken, seed: str, owner: str) -> bool:
    """
    Tell whether another application's token has replaced ours, which we cannot use.

    The other way round, where ours is the newer one, it is a new consent with another application.
    """
    return bool(stored.owner) and stored.owner != owner and seed in stored.replaced


def is_shadowed(before: str | None, written: str, after: str | None) -> bool:
    """
    Tell whether a write had no effect on what is read, because something else answers in the Variable's place.

    Another process may have written in between; then a third text is read.
    """
    return after != written and after == before


def expiry_warning(stored: StoredToken, name: str, now: datetime) -> str | None:
    """Return what to tell about a stored token that dies within fourteen days if nobody uses it."""
    if now < stored.expires_at - WARNING:
        return None
    if now >= stored.expires_at:
        return f"The refresh token in Variable {name!r} died unused on {stored.expires_at:%d %B %Y}: {RECONSENT}."
    return (
        f"The refresh token in Variable {name!r} dies on {stored.expires_at:%d %B %Y} unless a task signs in with it "
        "before and can store its successor. Run the DAG that keeps it fresh, see the README."
    )
