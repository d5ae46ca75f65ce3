"""A client secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """
    A client secret.

    :param value: the secret's value, not its id.
    """

    value: str = field(repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.value,)

    def for_msal(self, on_secret: Callable[[str], None]) -> str:
        return self.value
