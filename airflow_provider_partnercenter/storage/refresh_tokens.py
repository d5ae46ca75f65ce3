"""Storage of the partner user's refresh token between sign-ins. The decisions are those of :mod:`.stored_token`."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterConfigurationError,
    PartnerCenterError,
    PartnerCenterRefreshTokenError,
    PartnerCenterServiceUnavailableError,
)
from airflow_provider_partnercenter.client.observer import Event, notify
from airflow_provider_partnercenter.storage.stored_token import (
    StoredToken,
    expiry_warning,
    is_foreign,
    is_shadowed,
    is_superseded,
    seed_of,
    successor_entry,
)
from airflow_provider_partnercenter.storage.variables import VariableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.client.observer import Observer
    from airflow_provider_partnercenter.storage.variables import TextVariable

log = logging.getLogger(__name__)


def unshadow(name: str) -> str:
    """Say what to do about a Variable that tasks cannot write, because another place than the database has it."""
    return (
        f"remove {name!r} from the secrets backend and from the environment (AIRFLOW_VAR_{name.upper()}), or use "
        "another Variable"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshTokenSeen(Event):
    """
    A stored refresh token was read or written.

    :param expires_at: when it expires unless a sign-in renews it before, in seconds since the epoch.
    """

    expires_at: float


class VariableRefreshTokenStore:
    """
    Keeps the refresh token in an Airflow Variable, which all processes that use the connection share.

    :param refresh_token: the connection's own token, the first one of its lineage.
    :param variable: the Variable.
    :param clock: returns the current time.
    :param owner: the application and tenant that the token was issued to.
    :param observer: is told when the stored token expires, at each sign-in; ``None`` by default.
    :ivar stored: what the Variable had when it was last read or written; ``None`` to use the connection's own token.
    :ivar trouble: why the last successor was not stored although it was due; ``None`` if there was no problem.
    """

    def __init__(
        self,
        refresh_token: str,
        variable: TextVariable,
        clock: Callable[[], datetime] = lambda: datetime.fromtimestamp(clock.now(), UTC),
        owner: str = "",
        observer: Observer | None = None,
    ) -> None:
        self._refresh_token = refresh_token
        self._seed = seed_of(refresh_token)
        self._variable = variable
        self._clock = clock
        self._owner = owner
        self._observer = observer
        self._looked = False
        self._older: str | None = None
        self._used = self._seed
        self.stored: StoredToken | None = None
        self.trouble: str | None = None

    @property
    def writable(self) -> bool:
        """Whether this process can store successors."""
        return self._variable.writable

    def begin(self) -> None:
        """
        Remember which lineage is stored now, right after the connection was read; the first sign-in may be hours away.

        Otherwise, a token that a newer connection stores in the meantime would be taken for an older one.
        """
        with contextlib.suppress(PartnerCenterError):
            self.look()

    def load(self) -> str:
        """
        Return the token to use now. Each call reads the Variable, because other processes store successors too.

        :raises PartnerCenterServiceUnavailableError: if the Variable cannot be read now. The connection's token is not
            a substitute: it may have expired long ago.
        :raises PartnerCenterConfigurationError: if access is denied, or the Variable contains something else.
        :raises PartnerCenterRefreshTokenError: if another application's token has replaced this connection's.
        """
        stored = self.look()
        self._used = stored.seed if stored else self._seed
        if stored is None:
            return self._refresh_token
        self._tell(stored)
        if warning := self.warning(stored):
            log.warning(warning)
        return stored.refresh_token

    def look(self) -> StoredToken | None:
        """Return the stored token, or ``None`` to use the connection's own. Raises the same errors as :meth:`load`."""
        try:
            stored = self._parsed(self._variable.read())
        except VariableError as problem:
            raise self._unreadable(problem) from problem
        if not self._looked:
            self._looked, self._older = True, stored.seed if stored else None
        if stored and is_foreign(stored, self._seed, self._owner):
            raise PartnerCenterRefreshTokenError(
                f"Variable {self._variable.name!r} contains the refresh token of application {stored.owner}, which "
                "has replaced this connection's token",
                hint="give each connection its own 'credential_variable', and this one a new 'refresh_token'",
            )
        self.stored = None if stored is None or is_superseded(stored, self._seed, self._older) else stored
        return self.stored

    def warning(self, stored: StoredToken) -> str | None:
        """Return a warning if a stored token expires soon, otherwise ``None``."""
        return expiry_warning(stored, self._variable.name, self._clock())

    def save(self, refresh_token: str) -> None:
        """
        Store a successor if one is due. The sign-in has succeeded, so a failure of Airflow's API is only logged.

        :raises PartnerCenterConfigurationError: if the Variable contains something else, or does not return what was
            written to it.
        """
        if not self.writable:
            return
        now = self._clock()
        try:
            before = self._variable.read()
            entry = successor_entry(
                self._parsed(before), self._seed, self._older, self._used, refresh_token, now, self._owner
            )
            self.trouble = None
            if entry is None:
                return
            self._variable.write(entry.to_text())
            after = self._variable.read()
        except VariableError as problem:
            self.trouble = str(problem)
            log.warning("Variable %r was not updated: %s. The next sign-in tries again.", self._variable.name, problem)
            return
        if is_shadowed(before, entry.to_text(), after):
            raise self._refuse("was written, but reading it returns another value", unshadow(self._variable.name))
        self.stored = entry
        self._tell(entry)

    def _tell(self, stored: StoredToken) -> None:
        if self._observer:
            began_at, expires_at = self._clock().timestamp(), stored.expires_at.timestamp()
            notify(self._observer, RefreshTokenSeen(began_at=began_at, seconds=0.0, expires_at=expires_at))

    def _parsed(self, text: str | None) -> StoredToken | None:
        if text is None:
            return None
        with contextlib.suppress(ValueError):
            return StoredToken.from_text(text)
        # Raised without its cause, which contains the value and thus the token.
        raise self._refuse(
            "does not contain a stored refresh token",
            "if something else uses this Variable, give this connection another one; otherwise put a new "
            "'refresh_token' into the connection and delete the Variable, and the next sign-in creates it again",
        )

    def _unreadable(self, problem: VariableError) -> PartnerCenterError:
        if problem.permanent:
            return self._refuse(f"cannot be read: {problem}", "ask an Airflow administrator to let tasks use it")
        return PartnerCenterServiceUnavailableError(
            f"The refresh token in Variable {self._variable.name!r} could not be read: {problem}"
        )

    def _refuse(self, problem: str, hint: str) -> PartnerCenterConfigurationError:
        return PartnerCenterConfigurationError(
            f"Variable {self._variable.name!r} ('credential_variable' of the connection) {problem}", hint=hint
        )
