"""Where the refresh token of the partner's user is kept between sign-ins, by the decisions of :mod:`.stored_token`."""

from __future__ import annotations

import contextlib
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterConfigurationError,
    PartnerCenterError,
    PartnerCenterRefreshTokenError,
    PartnerCenterServiceUnavailableError,
)
from airflow_provider_partnercenter.storage.stored_token import (
    StoredToken,
    expiry_warning,
    is_foreign,
    is_shadowed,
    is_superseded,
    seed_of,
    successor_entry,
)

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)


class VariableError(Exception):
    """
    A Variable that could not be read or written.

    :param permanent: whether another attempt is useless, as when access is denied.
    """

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class TextVariable(Protocol):
    """A text that all processes share: an Airflow Variable. Its methods raise :class:`VariableError`."""

    @property
    def name(self) -> str: ...

    @property
    def writable(self) -> bool:
        """Whether this process may store anything."""

    def read(self) -> str | None:
        """Return the text, ``None`` if there is no such Variable for sure."""

    def write(self, text: str) -> None:
        """Create or replace it."""


class VariableRefreshTokenStore:
    """
    Keeps the refresh token in an Airflow Variable, together with all other processes that use the connection.

    :param refresh_token: the connection's own token, with which it begins.
    :param variable: the Variable.
    :param clock: tells the time.
    :param owner: the application and tenant that the token was issued to.
    :ivar trouble: why the last successor was not stored although that was due; ``None`` if all is well.
    """

    def __init__(
        self,
        refresh_token: str,
        variable: TextVariable,
        clock: Callable[[], datetime] = lambda: datetime.fromtimestamp(clock.now(), UTC),
        owner: str = "",
    ) -> None:
        self._refresh_token = refresh_token
        self._seed = seed_of(refresh_token)
        self._variable = variable
        self._clock = clock
        self._owner = owner
        self._looked = False
        self._older: str | None = None
        self._used = self._seed
        self.trouble: str | None = None

    @property
    def writable(self) -> bool:
        """Whether successors can be stored from here."""
        return self._variable.writable

    def begin(self) -> None:
        """
        Note which lineage is stored while the connection is as good as just read; the first sign-in may be hours away.

        What is stored by a newer connection meanwhile would be taken for an older one then.
        """
        with contextlib.suppress(PartnerCenterError):
            self.look()

    def load(self) -> str:
        """
        Return the token to use now; read anew each time, because others store successors too.

        :raises PartnerCenterServiceUnavailableError: if the Variable cannot be read now. The connection's token is no
            substitute then: it may have died long ago.
        :raises PartnerCenterConfigurationError: if the Variable holds something else.
        :raises PartnerCenterRefreshTokenError: if another application's token has replaced this connection's.
        """
        stored = self.look()
        self._used = stored.seed if stored else self._seed
        if stored is None:
            return self._refresh_token
        if warning := self.warning(stored):
            log.warning(warning)
        return stored.refresh_token

    def look(self) -> StoredToken | None:
        """Return what is stored, or ``None`` if the connection's own token is to be used; raises as :meth:`load`."""
        try:
            stored = self._parsed(self._variable.read())
        except VariableError as problem:
            raise self._unreadable(problem) from problem
        if not self._looked:
            self._looked, self._older = True, stored.seed if stored else None
        if stored and is_foreign(stored, self._seed, self._owner):
            raise PartnerCenterRefreshTokenError(
                f"Variable {self._variable.name!r} holds the refresh token of application {stored.owner}, which has "
                "replaced that of this connection",
                hint="give each connection a 'credential_variable' of its own, and this one a new 'refresh_token'",
            )
        return None if stored is None or is_superseded(stored, self._seed, self._older) else stored

    def warning(self, stored: StoredToken) -> str | None:
        """Return what to tell about a stored token whose end is near."""
        return expiry_warning(stored, self._variable.name, self._clock())

    def save(self, refresh_token: str) -> None:
        """
        Store a successor if that is due. The sign-in has succeeded, so an Airflow out of reach is only warned of.

        :raises PartnerCenterConfigurationError: if the Variable holds something else, or what is read is not it.
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
            log.warning("Variable %r was not renewed: %s. The next sign-in tries again.", self._variable.name, problem)
            return
        if is_shadowed(before, entry.to_text(), after):
            raise self._refuse(
                "was written, but something else is read in its place",
                f"remove {self._variable.name!r} from the secrets backend and from the environment "
                f"(AIRFLOW_VAR_{self._variable.name.upper()}), or name another Variable",
            )

    def _parsed(self, text: str | None) -> StoredToken | None:
        if text is None:
            return None
        with contextlib.suppress(ValueError):
            return StoredToken.from_text(text)
        # Without the cause, which holds the text and with it the token.
        raise self._refuse(
            "holds something else than a stored refresh token",
            "name a Variable of its own for this connection; if this is it, put a new 'refresh_token' into the "
            "connection and delete it: the next sign-in makes it anew",
        )

    def _unreadable(self, problem: VariableError) -> PartnerCenterError:
        if problem.permanent:
            return self._refuse(f"cannot be read: {problem}", "an Airflow administrator must allow tasks to use it")
        return PartnerCenterServiceUnavailableError(
            f"The refresh token in Variable {self._variable.name!r} could not be read: {problem}"
        )

    def _refuse(self, problem: str, hint: str) -> PartnerCenterConfigurationError:
        return PartnerCenterConfigurationError(
            f"'credential_variable' of the connection: Variable {self._variable.name!r} {problem}", hint=hint
        )
