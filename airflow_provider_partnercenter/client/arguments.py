"""Checking what a caller gives, before anything is sent: every refusal names the argument and the values it takes."""

from __future__ import annotations

import uuid

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import EducationSegment, Qualification, match_text


def customer_guid(customer_id: object) -> str:
    """
    Check a customer id before it is put into a path.

    :param customer_id: the customer's tenant id ("Microsoft ID"), a GUID in any letter case, with or without braces.
    :return: the GUID in lower case with hyphens.
    :raises PartnerCenterInvalidRequestError: if it is not a GUID.
    """
    text = str(customer_id).strip()
    try:
        guid = str(uuid.UUID(text))
    except ValueError:
        guid = ""
    # uuid.UUID also takes "urn:uuid:" and hyphens anywhere; of a customer id that would more likely be a mistake.
    if not guid or text.strip("{}").lower() not in (guid, guid.replace("-", "")):
        raise PartnerCenterInvalidRequestError(
            f"customer_id {text[:80]!r} is not a GUID",
            hint="give the customer's Microsoft ID (tenant id), for example 0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f",
        )
    return guid


def to_qualification(value: Qualification | str | int) -> Qualification:
    """
    Read the qualification that a caller wants.

    :param value: a member, or its name in any spelling, such as ``"Education"`` or ``"government_community_cloud"``.
    :raises PartnerCenterInvalidRequestError: if there is no such qualification.
    """
    try:
        return Qualification(value)
    except ValueError:
        raise PartnerCenterInvalidRequestError(
            f"qualification {str(value)[:80]!r} is unknown",
            hint=f"use one of {', '.join(str(q) for q in Qualification if q is not Qualification.NONE)}",
        ) from None


def to_segment(value: EducationSegment | str | None) -> EducationSegment | None:
    """
    Read the education segment that a caller gives, if any (see :func:`given`).

    :raises PartnerCenterInvalidRequestError: if there is no such segment.
    """
    text = given(value)
    segment = match_text(EducationSegment, text) if text else None
    if text and segment is None:
        raise PartnerCenterInvalidRequestError(
            f"education_segment {text[:80]!r} is unknown", hint=f"use one of {', '.join(EducationSegment)}"
        )
    return segment


def given(value: object) -> str | None:
    """
    Read an optional text.

    :return: the text without surrounding blanks, or ``None`` for nothing: also an empty text, and the ``"None"`` that
        Jinja makes of a parameter that was left empty.
    """
    text = "" if value is None else str(value).strip()
    return None if text in ("", "None") else text
