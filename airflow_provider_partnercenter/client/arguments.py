"""Checking what a caller gives, before anything is sent: every refusal names the argument and the values it takes."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import EducationSegment, Qualification, match_text

# Longer than anybody waits, and short enough that every moment it leads to can be written as a date.
_HOST = re.compile(r"[^\W_]([\w-]*[^\W_])?(\.[^\W_]([\w-]*[^\W_])?)+")
_LONGEST = timedelta(days=36500).total_seconds()


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
    text = given(value, "education_segment")
    segment = match_text(EducationSegment, text) if text else None
    if text and segment is None:
        raise PartnerCenterInvalidRequestError(
            f"education_segment {text[:80]!r} is unknown", hint=f"use one of {', '.join(EducationSegment)}"
        )
    return segment


def to_host(website: object) -> str | None:
    """
    Read the host name of a school's website, if one is given.

    :raises PartnerCenterInvalidRequestError: if it is more than a host name.
    """
    host = given(website, "website")
    if host and not _HOST.fullmatch(host):
        raise PartnerCenterInvalidRequestError(
            f"website {host[:80]!r} is not a host name", hint="give it without scheme and path, for example contoso.edu"
        )
    return host


def given(value: object, name: str) -> str | None:
    """
    Read an optional text.

    A whole number is taken for the digits that it was written with. What else is no text may be what is left of one:
    Jinja's native rendering makes ``inf`` of the code ``123e4567``.

    :param name: the argument's, for the refusal.
    :return: the text without surrounding blanks, or ``None`` for nothing: also an empty text, and the ``"None"`` that
        Jinja makes of a parameter that was left empty.
    :raises PartnerCenterInvalidRequestError: if it is neither a text nor a whole number.
    """
    if value is None:
        return None
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise PartnerCenterInvalidRequestError(
            f"{name} {str(value)[:80]} is no text but of type {type(value).__name__}",
            hint="give it in quotes, and in a DAG without render_template_as_native_obj, which changes texts like 12E4",
        )
    text = str(value).strip()
    return None if text in ("", "None") else text


def seconds(name: str, value: object, *, positive: bool = False) -> float:
    """
    Read a duration: seconds or a ``timedelta``.

    :param name: the argument's, for the refusal.
    :param positive: whether nothing is too short.
    :raises ValueError: if it is something else, negative, or longer than a century.
    """
    number = value.total_seconds() if isinstance(value, timedelta) else value
    if (
        not isinstance(number, int | float)
        or isinstance(number, bool)
        or not 0 <= number <= _LONGEST
        or (positive and not number)
    ):
        least = "more than 0" if positive else "0 or more"
        raise ValueError(f"{name} is {value!r}; give seconds or a timedelta, {least} and at most 100 years")
    return float(number)


def statuses(name: str, value: object) -> tuple[str, ...]:
    """
    Read a list of vetting statuses.

    :param name: the argument's, for the refusal.
    :raises ValueError: if it is something else; also a single text, whose letters would be taken for statuses.
    """
    if isinstance(value, list | tuple | set | frozenset) and all(isinstance(status, str) for status in value):
        return tuple(value)
    example = value if isinstance(value, str) else "Escalated"
    raise ValueError(f"{name} is {value!r}; give a list of texts, for example {[example]!r}")
