"""Check the arguments of a call before anything is sent. Every error names the argument and the accepted values."""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import TypeGuard
from urllib.parse import urlsplit

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import EducationSegment, Qualification, match_text
from airflow_provider_partnercenter.client.wire import UNWRITABLE, printable

_GUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HOST = re.compile(r"[^\W_]([\w-]*[^\W_])?(\.[^\W_]([\w-]*[^\W_])?)+")
# Larger than any meaningful number, and small enough for Python to convert it to a string.
_MOST = 10**18
_LONGEST_SHOWN = 80
_LONGEST_ADDRESS = 2048

REQUESTABLE = frozenset(
    {
        Qualification.EDUCATION,
        Qualification.GOVERNMENT_COMMUNITY_CLOUD,
        Qualification.STATE_OWNED_ENTITY,
    }
)
"""The qualifications that a partner can request (page ``update-customer-qualification-asynchronous``)."""
_KNOWN = frozenset(Qualification) - {Qualification.NONE}


def customer_guid(customer_id: object) -> str:
    """
    Check a customer id before it is put into a path.

    :param customer_id: the customer's tenant id ("Microsoft ID"), a GUID in any letter case, with or without braces.
    :return: the GUID in lower case with hyphens.
    :raises PartnerCenterInvalidRequestError: if it is not a GUID.
    """
    return guid(
        customer_id,
        "customer_id",
        "give the customer's Microsoft ID (tenant id), for example 0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f",
    )


def guid(value: object, name: str, hint: str) -> str:
    """
    Check an id before it is put into a path.

    :param value: a GUID in any letter case, with or without braces.
    :param name: the name of the argument, for the message.
    :param hint: what to give instead, for the message.
    :return: the GUID in lower case with hyphens.
    :raises PartnerCenterInvalidRequestError: if it is not a GUID.
    """
    if isinstance(value, str) and _GUID.fullmatch(value):
        return value
    text, found = "", ""
    try:
        text = str(value).strip()
        found = str(uuid.UUID(text))
    except ValueError:
        pass
    # uuid.UUID also accepts "urn:uuid:" and hyphens anywhere. In an id these are more likely mistakes.
    if not found or text.strip("{}").lower() not in (found, found.replace("-", "")):
        raise PartnerCenterInvalidRequestError(f"{name} {for_message(value)} is not a GUID", hint=hint)
    return found


def to_qualification(value: Qualification | str | int, choices: Collection[Qualification] = _KNOWN) -> Qualification:
    """
    Read a qualification argument.

    :param value: a member, or its name in any spelling, such as ``"Education"`` or ``"government_community_cloud"``.
    :param choices: those that the message names if it is unknown. Whether it is one of them is not checked.
    :raises PartnerCenterInvalidRequestError: if the qualification is unknown.
    """
    try:
        return Qualification(value)
    except ValueError:
        raise PartnerCenterInvalidRequestError(
            f"qualification {for_message(value)} is unknown", hint=_use_one_of(choices)
        ) from None


def to_requestable(
    value: Qualification | str | int, choices: Collection[Qualification] = REQUESTABLE, how: str = ""
) -> Qualification:
    """
    Read the qualification of a request (see :func:`to_qualification`).

    :param choices: those that can be requested.
    :param how: how it is requested, for the message, if that matters.
    :raises PartnerCenterInvalidRequestError: if the qualification is unknown, or cannot be requested.
    """
    wanted = to_qualification(value, choices)
    if wanted not in choices:
        raise PartnerCenterInvalidRequestError(
            f"qualification {wanted} cannot be requested{how}", hint=_use_one_of(choices)
        )
    return wanted


def _use_one_of(choices: Collection[Qualification]) -> str:
    return f"use one of {', '.join(str(q) for q in Qualification if q in choices)}"


def to_segment(value: EducationSegment | str | None) -> EducationSegment | None:
    """
    Read an optional education segment (see :func:`optional_text`).

    :raises PartnerCenterInvalidRequestError: if the segment is unknown.
    """
    text = optional_text(value, "education_segment")
    segment = match_text(EducationSegment, text) if text else None
    if text and segment is None:
        raise PartnerCenterInvalidRequestError(
            f"education_segment {for_message(text)} is unknown", hint=f"use one of {', '.join(EducationSegment)}"
        )
    return segment


def to_host(website: object) -> str | None:
    """
    Read the optional host name of a school's website.

    :raises PartnerCenterInvalidRequestError: if it is not a host name, for example a URL.
    """
    host = optional_text(website, "website")
    if host and not _HOST.fullmatch(host):
        raise PartnerCenterInvalidRequestError(
            f"website {for_message(host)} is not a host name",
            hint="give the host name without scheme and path, for example contoso.edu",
        )
    return host


def to_webhook_url(webhook_url: object) -> str:
    """
    Check the address at which a webhook is to be received.

    :param webhook_url: an address with https; this machine's own one may have http, for a receiver in a test.
    :raises PartnerCenterInvalidRequestError: if it is something else. The message does not quote it, because the query
        of an address may contain a secret.
    """
    text = webhook_url.strip() if isinstance(webhook_url, str) else ""
    try:
        url = urlsplit(text)
        host, whole = url.hostname or "", url.port != 0
    except ValueError:
        host, whole = "", False
    whole = whole and text.isascii() and text.isprintable() and not set(text) & set(" \\")
    problem = None
    if not host or not whole or len(text) > _LONGEST_ADDRESS:
        problem = "is not an address"
    elif "@" in url.netloc or "#" in text:
        # A fragment is not sent, and Partner Center has no password for a receiver.
        problem = "must not contain a user, a password or a fragment"
    elif url.scheme != "https" and not (url.scheme == "http" and _is_this_machine(host)):
        problem = "must begin with https://, or with http:// if it is an address of this machine (localhost)"
    if problem:
        raise PartnerCenterInvalidRequestError(
            f"webhook_url {problem}",
            hint="give the address at which the receiver can be reached from the internet, for example "
            "https://airflow.example/partnercenter/webhook",
        )
    return text


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def optional_text(value: object, name: str) -> str | None:
    """
    Read an optional string.

    An integer is accepted as its digits. Other types are refused, because they may be the remains of a string: Jinja's
    native rendering turns the code ``123e4567`` into ``inf``.

    :param name: the name of the argument, for the message.
    :return: the string without surrounding spaces, or ``None`` if it is missing or empty. Jinja renders an empty
        parameter as ``"None"``, which counts as missing too.
    :raises PartnerCenterInvalidRequestError: if it is neither a string nor an integer, or cannot be sent.
    """
    if value is None:
        return None
    if not isinstance(value, str | int) or isinstance(value, bool) or (isinstance(value, int) and abs(value) > _MOST):
        raise PartnerCenterInvalidRequestError(
            f"{name} must be a string, not {type(value).__name__}: {for_message(value)}",
            hint="give a string; do not set render_template_as_native_obj in the DAG, which changes strings like 12E4",
        )
    text = str(value).strip()
    if UNWRITABLE.search(text):
        raise PartnerCenterInvalidRequestError(
            f"{name} {for_message(text)} contains a control character or an unpaired surrogate",
            hint="give printable text",
        )
    return None if text in ("", "None") else text


def fits_header(value: object) -> TypeGuard[str]:
    """Return whether a value is a string that can be sent in a header unchanged."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and value == value.strip()


def for_header(value: object, name: str) -> str:
    """
    Check a value for a header, in which a line break would begin another header.

    :param name: the name of the argument, for the message.
    :raises PartnerCenterInvalidRequestError: if it cannot be sent in a header.
    """
    if not fits_header(value):
        raise PartnerCenterInvalidRequestError(
            f"{name} {for_message(value)} cannot be sent in a header", hint="use printable ASCII characters only"
        )
    return value


def read_filter(starts_with: object) -> tuple[str, str] | None:
    """
    Check the filter of a customer list.

    :param starts_with: a mapping of one field to the beginning of its value; ``None`` or empty for no filter.
    :return: the field and the beginning of its value; ``None`` without a filter.
    :raises PartnerCenterInvalidRequestError: if it is something else.
    """
    if not starts_with:
        return None
    if isinstance(starts_with, Mapping) and len(starts_with) == 1:
        field, text = next(iter(starts_with.items()))
        if isinstance(field, str) and isinstance(text, str) and not UNWRITABLE.search(field + text):
            return field, text
    raise PartnerCenterInvalidRequestError(
        f"starts_with must be a dictionary with one field, not {for_message(starts_with)}",
        hint='give CompanyName or Domain and the beginning of its value, for example {"Domain": "contoso"}',
    )


def whole_number(value: object, name: str) -> int:
    """
    Check an integer of 0 or more.

    :param name: the name of the argument, for the message.
    :raises PartnerCenterInvalidRequestError: if it is something else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST:
        raise PartnerCenterInvalidRequestError(
            f"{name} must be 0 or more, not {for_message(value)}", hint="give an integer of 0 or more"
        )
    return value


def calendar_day(value: object, name: str) -> date:
    """
    Read a date. Of a time, the date in UTC counts.

    :param name: the name of the argument, for the message.
    :raises PartnerCenterInvalidRequestError: if it is something else.
    """
    if isinstance(value, datetime):
        try:
            return value.astimezone(UTC).date() if value.tzinfo else value.date()
        except OverflowError:  # within a day of the first or the last date that there is
            return value.date()
    if isinstance(value, date):
        return value
    raise PartnerCenterInvalidRequestError(
        f"{name} must be a date, not {for_message(value)}", hint="give a datetime.date; it is taken for a day in UTC"
    )


def for_message(value: object) -> str:
    """Return the ``repr()`` of a value for a message, on one line and cut to a readable length."""
    try:
        text = repr(value[:_LONGEST_SHOWN] if isinstance(value, str) else value)
    except (ValueError, RecursionError):  # an integer of too many digits, or a value nested too deeply
        text = f"<{type(value).__name__}>"
    return printable(text[:_LONGEST_SHOWN] + "…" if len(text) > _LONGEST_SHOWN + 2 else text)
