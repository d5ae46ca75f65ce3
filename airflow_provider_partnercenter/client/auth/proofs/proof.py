"""What all proofs have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Proof(Protocol):
    """How an application proves who it is."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown."""

    def for_msal(self, on_secret: Callable[[str], None]) -> str | dict[str, Any]:
        """
        Return the proof in the form that MSAL takes as its ``client_credential``.

        :param on_secret: is called with every token that is fetched later, so that it can be masked in logs.
        :raises PartnerCenterConfigurationError: if it cannot be used; the message names the field of the connection.
        """
