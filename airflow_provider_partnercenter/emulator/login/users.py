"""
The users who sign in, as far as their names say how their sign-in goes: magic users, like the magic customers.

Only the part before the ``@`` counts. ``login_hint`` names the user of one sign-in, and the settings that of all
others. Every other name is a user who signs in with MFA and may do everything.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from airflow_provider_partnercenter.emulator.scenario.login_refusals import MOST

AGENT = "agent"
"""The user whose refresh tokens the emulator starts with."""

WITHOUT_MFA, WITHOUT_ROLE, DECLINES = "without-mfa", "without-role", "declines"
MAGIC = {
    WITHOUT_MFA: "signs in without MFA",
    WITHOUT_ROLE: "signs in with MFA, but has no role in Partner Center, so that the API refuses everything (900308)",
    DECLINES: "declines to consent: access_denied, AADSTS65004",
    "aadstsN": "is refused with that number, for example aadsts53003",
}
"""What each magic name means, for the help text."""

_DECLINED = 65004
_REFUSED = re.compile(r"aadsts(\d{4,7})", re.IGNORECASE)
_NAMES = uuid.UUID("6f1c2f6e-0c55-4c8e-9a3b-0d5b7a0b6a11")


@dataclass(frozen=True, slots=True)
class User:
    """
    Somebody who signs in.

    :param name: the user principal name, for example ``agent@partner.example``.
    """

    name: str

    @property
    def _kind(self) -> str:
        return self.name.partition("@")[0].lower()

    @property
    def object_id(self) -> str:
        """The user's object id, a GUID."""
        return str(uuid.uuid5(_NAMES, self.name.lower()))

    @property
    def mfa(self) -> bool:
        """Whether the user signs in with MFA."""
        return self._kind != WITHOUT_MFA

    @property
    def has_role(self) -> bool:
        """Whether the user has a role in Partner Center."""
        return self._kind != WITHOUT_ROLE

    @property
    def refused_with(self) -> int | None:
        """The number after ``AADSTS`` with which the sign-in ends; ``None`` if it succeeds."""
        if self._kind == DECLINES:
            return _DECLINED
        match = _REFUSED.fullmatch(self._kind)
        return int(match[1]) if match and 0 < int(match[1]) <= MOST else None
