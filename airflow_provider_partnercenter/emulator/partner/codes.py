"""The partner's validation codes for Government Community Cloud customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

GCC_CODE = "12345"
GCC_CODE_WITH_ONE_LEFT = "54321"
GCC_CODE_USED_UP = "99999"


@dataclass(slots=True)
class Code:
    """
    One validation code.

    :param validation_id: the code itself.
    :param organization_name: the organization that the code belongs to.
    :param max_creates: the number of customers that the code can be used for.
    :param remaining_creates: the number of customers that it can still be used for.
    :param changed: the time at which ``remaining_creates`` last changed; the entity tag contains it.
    """

    validation_id: str
    organization_name: str
    max_creates: int
    remaining_creates: int
    changed: datetime

    def use(self, now: datetime) -> None:
        """Use the code for one customer."""
        self.remaining_creates -= 1
        self.changed = now

    @property
    def etag(self) -> str:
        """The entity tag, in the table-storage notation of the documentation's samples."""
        return f"W/\"datetime'{self.changed:%Y-%m-%dT%H%%3A%M%%3A%S.%fZ}'\""

    def to_json(self, partner_id: str) -> dict[str, Any]:
        """Return an item of ``GET /customers/all/validations``."""
        return {
            "partnerId": partner_id,
            "organizationName": self.organization_name,
            "validationId": self.validation_id,
            "maxCreates": self.max_creates,
            "remainingCreates": self.remaining_creates,
            "eTag": self.etag,
        }


def initial_codes(now: datetime) -> dict[str, Code]:
    """Return the initial codes: one with many uses left, one with a single use left, and one that is used up."""
    return {
        code.validation_id: code
        for code in (
            Code(GCC_CODE, "Contoso, Inc.", 100, 100, now),
            Code(GCC_CODE_WITH_ONE_LEFT, "Contoso, Inc. Finance Department", 5, 1, now),
            Code(GCC_CODE_USED_UP, "Contoso, Inc. Archive", 5, 0, now),
        )
    }
