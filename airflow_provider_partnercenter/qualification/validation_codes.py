"""Choosing one of the partner's codes for the Government Community Cloud. No I/O."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.wire import key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_partnercenter.client.models import ValidationCode

AUTO = "auto"
"""What stands for "choose one" where a validation code is asked for."""


def choose_code(codes: Sequence[ValidationCode], organization: str) -> ValidationCode:
    """
    Choose the code of an organization that serves the most further customers, so that it is the last to run out.

    :param codes: the partner's codes as just read (page ``get-a-partner-s-validation-codes``).
    :param organization: the name that the code was issued for, in any letter case and spacing.
    :raises PartnerCenterInvalidRequestError: if there is none, or all are used up.
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
    # One that does not say how many are left comes last.
    return max(usable, key=lambda code: (code.remaining_creates or -math.inf, code.validation_id))
