"""
The rules for requests. Each check raises the answer that Microsoft would send.

Microsoft publishes no error code for most of these refusals. The closest ones in its list of error codes are ``3000``
(invalid property) and ``800002`` (invalid input).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.models import EducationSegment, Qualification, match_text
from airflow_provider_partnercenter.client.wire import Members, loads
from airflow_provider_partnercenter.emulator.errors import refused
from airflow_provider_partnercenter.emulator.partner.customers import EXCLUSIVE, CustomerRecord

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_provider_partnercenter.emulator.partner.codes import Code

MAX_EDUCATION_ATTEMPTS = 3
INVALID_PROPERTY, INVALID_INPUT, INVALID_ENUM = 3000, 800002, 900126


def read_body(body: bytes) -> Any:
    """Parse the JSON body of a request, or refuse it."""
    try:
        return loads(body)
    except ValueError as error:
        raise refused(400, INVALID_INPUT, "Invalid request input: the body is not valid JSON.") from error


def read_submission(body: bytes) -> tuple[Qualification, Members]:
    """
    Read the body of ``POST /qualifications``.

    :return: the requested qualification and all members.
    """
    document = read_body(body)
    if not isinstance(document, Mapping):
        raise refused(400, INVALID_INPUT, "Invalid request input: the body must be one object.")
    members = Members(document)
    name = members.get("qualification")
    if name is None:
        raise refused(400, INVALID_INPUT, "Invalid request input: 'qualification' is required.")
    return _settable(name, allowed=EXCLUSIVE | {Qualification.STATE_OWNED_ENTITY}), members


def read_legacy(body: bytes) -> Qualification:
    """Read the body of ``PUT /qualification``: a number of the enumeration, or the name, which the SDKs sent."""
    return _settable(read_body(body), allowed=EXCLUSIVE)


def read_filter(text: str, operators: Mapping[str, str]) -> tuple[str, str]:
    """
    Read the filter of a list.

    :param text: the query parameter: a JSON object with ``Field``, ``Value`` and ``Operator``.
    :param operators: the fields that the list can be filtered by, each with its operator.
    :return: the field as it is documented, and the value; two empty strings without a filter.
    """
    if not text:
        return "", ""
    try:
        members = Members(loads(text.encode()))
    except ValueError:
        raise refused(400, INVALID_INPUT, "Invalid request input: 'filter' is not valid JSON.") from None
    wanted = (members.text("Field") or "").lower()
    field = next((name for name in operators if name.lower() == wanted), None)
    if field is None or members.text("Operator") != operators[field]:
        known = ", ".join(f"{name} {operator}" for name, operator in operators.items())
        raise refused(400, INVALID_INPUT, f"Invalid request input: the list can only be filtered by: {known}.")
    return field, members.text("Value") or ""


def _settable(value: object, allowed: frozenset[Qualification]) -> Qualification:
    try:
        qualification = None if isinstance(value, bool | float) else Qualification(value)
    except (ValueError, TypeError):
        qualification = None
    if qualification not in allowed:
        # Unknown values and qualifications that cannot be set get the same answer.
        raise refused(400, INVALID_ENUM, f"Cannot parse enum: {value!r} is not a qualification that can be set.")
    return qualification


def check_attempts(spent: int) -> None:
    """Refuse a fourth Education request; ``spent`` is the number of attempts before this one."""
    if spent >= MAX_EDUCATION_ATTEMPTS:
        text = f"The maximum number of verification requests ({MAX_EDUCATION_ATTEMPTS}) was reached for this customer."
        raise refused(400, INVALID_PROPERTY, text)


def check_segment(members: Members, *, required: bool) -> None:
    """Refuse an Education request with an unknown segment, or without one if it is required."""
    segment = members.get("educationSegment")
    if segment is None and required:
        raise refused(400, INVALID_INPUT, "Invalid request input: Education requires 'educationSegment'.")
    if segment is not None and not (isinstance(segment, str) and match_text(EducationSegment, segment)):
        raise refused(400, INVALID_ENUM, f"Cannot parse enum: {segment!r} is not an education segment.")


def check_combination(customer: CustomerRecord, wanted: Qualification, now: datetime) -> None:
    """Refuse a qualification that the customer already has, and Education together with Government Community Cloud."""
    for entry in customer.in_force(now):
        if entry.qualification is wanted:
            verdict = entry.verdict(now)
            state = "held" if verdict is None else verdict.status
            raise refused(400, INVALID_PROPERTY, f"The customer already has the qualification {wanted}: {state}.")
        if entry.exclusive and wanted in EXCLUSIVE:
            text = f"The qualification {wanted} cannot be combined with {entry.qualification}."
            raise refused(400, INVALID_PROPERTY, text)


def check_code(codes: Mapping[str, Code], *given: str | None) -> Code:
    """
    Return the validation code of a Government Community Cloud request; refuse one without a valid code.

    :param given: the code in the query and the code in the body; one of them is enough.
    """
    values = {value for value in given if value}
    if not values:
        raise refused(400, INVALID_INPUT, "Invalid request input: GovernmentCommunityCloud requires a validation code.")
    if len(values) > 1:
        raise refused(400, INVALID_INPUT, "Invalid request input: query and body name different validation codes.")
    code = codes.get(value := values.pop())
    if code is None:
        raise refused(400, INVALID_INPUT, f"Invalid request input: the validation code {value!r} does not exist.")
    if code.remaining_creates <= 0:
        raise refused(400, INVALID_INPUT, f"Invalid request input: the validation code {value!r} has no uses left.")
    return code
