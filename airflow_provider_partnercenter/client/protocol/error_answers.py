"""
Turn an unsuccessful answer of the API into the error to raise.

:mod:`.auth.login` does this for the answers of the login service. Sources: the pages ``error-codes``,
``api-throttling-guidance`` and ``partner-center-authentication``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from airflow_provider_partnercenter.client.errors import (
    RECONSENT,
    PartnerCenterAudienceError,
    PartnerCenterError,
    PartnerCenterInvalidRequestError,
    PartnerCenterMfaRequiredError,
    PartnerCenterNotFoundError,
    PartnerCenterPermissionError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterThrottledError,
    PartnerCenterTokenRefusedError,
    PartnerCenterUnexpectedResponseError,
    PartnerCenterUserRequiredError,
)
from airflow_provider_partnercenter.client.wire import Members, loads, printable

_MAX_TEXT = 300
_MAX_CODE = 20


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """
    The contents of an error body, in any of the five formats.

    :param code: the error code as a string.
    :param description: what Microsoft says, on one line and cut to a readable length.
    :param retryable: whether the service says that the call can be repeated; ``None`` if it does not say.
    """

    code: str | None = None
    description: str | None = None
    retryable: bool | None = None


def read_fault(body: bytes, reason: str = "") -> ErrorBody:
    """
    Read an error body: Partner Center's two JSON formats, the gateway's, the login service's, or any other text.

    :param body: the raw body.
    :param reason: the HTTP reason phrase, which is all that some 401 answers carry.
    """
    try:
        document = loads(body)
    except ValueError:
        document = body.decode("utf-8-sig", errors="replace")
    if isinstance(document, Mapping):
        members = Members(document)
        code = aadsts(members.get("error_codes")) or members.text("code", "error")
        description = members.text("description", "error_description", "message", "error")
        return ErrorBody(one_line(code), one_line(description), members.boolean("isRetryable"))
    text = document.strip() if isinstance(document, str) else ""
    if text[:1] == "<":
        text = "an HTML page"
    return ErrorBody(description=one_line(text or reason))


def aadsts(codes: object) -> str | None:
    """Return the first of the login service's error numbers as a code, for example ``AADSTS50034``."""
    first = codes[0] if isinstance(codes, list) and codes else None
    return f"AADSTS{first}"[:_MAX_CODE] if isinstance(first, int) else None


def one_line(text: str | None) -> str | None:
    """Return a string without line breaks and cut to a readable length; ``None`` if nothing is left."""
    line = " ".join(printable(text or "").split())
    return (line[:_MAX_TEXT] + "…" if len(line) > _MAX_TEXT else line) or None


_GDAP = "an administrator of the partner must give the caller a Partner Center role, or a GDAP role with this customer"
# Keyed by status and code because codes repeat: 2006 is published both with 400 and with 403.
_HINTS: dict[tuple[int, str], str] = {
    (401, "900420"): "the token was issued for another API; the owner of the connection must check 'cloud' and 'host'",
    (
        403,
        "900329",
    ): "this operation requires an App+User connection; its owner must add 'refresh_token' to the connection",
    (403, "900308"): _GDAP,
    (403, "900150"): _GDAP,
    (
        403,
        "900309",
    ): "a Conditional Access policy blocked the token; an Entra administrator must exempt the user",
    (403, "90000"): "Entra refused to issue a token for this customer; check the application's consent in that tenant",
    (403, "900149"): "the CSP program status of the partner is not active; a partner administrator must resolve it",
    (403, "800039"): "the reseller's CSP program status is not active; a partner administrator must resolve it",
    (403, "900124"): "a partner administrator must accept the Microsoft Partner Agreement in Partner Center",
    (403, "900123"): "the reseller must accept the Microsoft Partner Agreement in Partner Center",
    (403, "20002"): "the customer must accept the partner's relationship request first; check the customer id as well",
    (403, "900416"): "the customer's account is locked; Microsoft's support must unlock it",
    (403, "800073"): "Microsoft is vetting the customer's account (fraud check); wait until that is decided",
    (403, "800074"): "Microsoft is vetting the customer's account (fraud check); wait until that is decided",
    (403, "800075"): "Microsoft did not approve the customer's account (fraud check); ask Microsoft's support",
    (403, "13605"): "confirm the customer's acceptance of the Microsoft Customer Agreement first",
    (404, "1000"): "check the customer id; a customer created seconds ago may not be visible yet",
    (404, "60003"): "check the customer id: Microsoft does not know this tenant",
    (400, "900118"): "check the customer id",
    (400, "900127"): "the operation is not offered in this environment (sandbox and national clouds lack some)",
}
# These failures have their own classes, because a program may want to tell them apart.
_SPECIAL: dict[tuple[int, str], type[PartnerCenterError]] = {
    (401, "900420"): PartnerCenterAudienceError,
    (403, "900329"): PartnerCenterUserRequiredError,
}
_STATUS_HINTS: dict[int, str] = {
    400: "correct what Microsoft's message names; the request was not carried out",
    403: "check the caller's role, the relationship with the customer and the partner's agreements",
    404: "check the customer id; a customer created seconds ago may not be visible yet",
}


def error_from_response(
    what: str,
    status: int,
    body: bytes,
    *,
    reason: str = "",
    request_id: str | None = None,
    correlation_id: str | None = None,
    retry_after: float | None = None,
    write: bool = False,
    hint: str | None = None,
) -> PartnerCenterError:
    """
    Return the error for an unsuccessful answer.

    :param what: the operation and its customer, for the message.
    :param status: HTTP status, anything but 2xx.
    :param write: whether the call was a write that must not be repeated blindly.
    :param hint: what to do, if the caller has a better hint than the table of statuses.
    """
    fault = read_fault(body, reason)
    description = fault.description or ""
    text = f"{description} {reason}".lower()
    mfa = status == 401 and (fault.code in ("900421", "10001") or "mfa required" in text or "(10001)" in text)
    hint = _HINTS.get((status, fault.code or "")) or hint or _STATUS_HINTS.get(status)
    cls: type[PartnerCenterError]
    if mfa:
        cls, hint = PartnerCenterMfaRequiredError, RECONSENT
    elif special := _SPECIAL.get((status, fault.code or "")):
        cls = special
    elif status == 401:
        cls = PartnerCenterTokenRefusedError
        hint = hint or (
            "the owner of the connection must check its credentials, and a partner administrator must check that the "
            "application is registered in Partner Center (App management)"
        )
    elif status == 403:
        cls = PartnerCenterPermissionError
    elif status == 404:
        cls = PartnerCenterNotFoundError
    elif status == 429:
        cls = PartnerCenterThrottledError
        hint = "wait, or lower 'requests_per_minute' in the connection; all applications of the partner share the limit"
    elif status == 408 or (status >= 500 and status != 501):
        cls = PartnerCenterServiceUnavailableError
    elif status < 200:
        cls = PartnerCenterUnexpectedResponseError
    elif 300 <= status < 400:
        cls = PartnerCenterUnexpectedResponseError
        hint = "check 'host' in the connection; redirects are not followed, so that the token stays with that host"
    else:
        cls = PartnerCenterInvalidRequestError
    # The service decides, except for redirects and refused tokens: a later call would fail in the same way.
    retryable = False if 300 <= status < 400 else None if status == 401 else fault.retryable
    return cls(
        f"{what} failed",
        status=status,
        code=fault.code,
        description=fault.description,
        request_id=request_id,
        correlation_id=correlation_id,
        retry_after=retry_after,
        hint=hint,
        retryable=retryable,
        outcome_unknown=write and (status < 200 or status == 408 or status >= 500) and status != 501,
    )
