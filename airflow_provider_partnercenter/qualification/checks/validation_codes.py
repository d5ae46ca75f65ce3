"""Choose one of the partner's validation codes for the Government Community Cloud. No I/O."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.wire import key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_partnercenter.client.models import ValidationCode

AUTO = "auto"
"""The value of ``validation_code`` that means: choose one of the organization's codes."""


def choose_code(codes: Sequence[ValidationCode], organization: str) -> ValidationCode:
    """
    Choose the code of an organization that has the most uses left.

    :param codes: the partner's codes, just read (page ``get-a-partner-s-validation-codes``).
    :param organization: the name that the code was issued for, in any letter case and spacing.
    :raises PartnerCenterInvalidRequestError: if the organization has no code, or all its codes are used up.
    """
    mine = [code for code in codes if key_of(code.organization_name or "") == key_of(organization)]
    if not mine:
        known = sorted({code.organization_name for code in codes if code.organization_name})
        raise PartnerCenterInvalidRequestError(
            f"The partner has no validation code for organization {organization!r}",
            hint=f"give one of {', '.join(known)}" if known else "ask Microsoft for a validation code first",
        )
    usable = [code for code in mine if code.remaining_creates is None or code.remaining_creates > 0]
    if not usable:
        raise PartnerCenterInvalidRequestError(
            f"All validation codes for organization {organization!r} are used up",
            hint="ask Microsoft for another validation code",
        )
    # A code that does not say how many uses are left comes last.
    return max(usable, key=lambda code: (code.remaining_creates or -math.inf, code.validation_id))
