"""
Turn an unsuccessful answer of the API into the error to raise.

:mod:`.error_bodies` reads the body, and :mod:`.auth.login` does the same for the answers of the login service. Sources:
the pages ``error-codes``, ``api-throttling-guidance`` and ``partner-center-authentication``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

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
from airflow_provider_partnercenter.client.protocol.error_bodies import HTML_PAGE, read_error_body

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.protocol.error_bodies import ErrorBody

_GDAP = "an administrator of the partner must give the caller a Partner Center role, or a GDAP role with this customer"
_USER = "this operation requires an App+User connection; its owner must add 'refresh_token' to the connection"
_RELATIONSHIP = "the customer must accept the partner's relationship request first; check the customer id as well"
_CUSTOMER = "check the customer id; a customer created seconds ago may not be visible yet"
_SUPPORT = "if it happens again, give the ids of this call to Microsoft's support"
_LATER = f"try again later; {_SUPPORT}"
_THROTTLED = "wait, or lower 'requests_per_minute' in the connection; all applications of the partner share the limit"
_CREDENTIALS = (
    "the owner of the connection must check its credentials, and a partner administrator must check that the "
    "application is registered in Partner Center (App management)"
)
_PROXY = (
    "a proxy or a firewall seems to have answered instead of Partner Center; whoever runs it must let the call pass"
)

# What a code means. The key has the documented status too, because short codes repeat: 2006 is published both with 400
# and with 403. A code of five or more digits means the same with any status.
_CODES: dict[tuple[int, str], str] = {
    (401, "900420"): "the token was issued for another API; the owner of the connection must check 'cloud' and 'host'",
    (401, "900421"): RECONSENT,
    (401, "10001"): RECONSENT,
    (401, "800001"): _CREDENTIALS,
    (403, "900329"): _USER,
    (403, "900308"): _GDAP,
    (403, "900150"): _GDAP,
    (403, "900309"): "a Conditional Access policy blocked the token; an Entra administrator must exempt the user",
    (403, "90000"): "Entra refused to issue a token for this customer; check the application's consent in that tenant",
    (403, "900149"): "the CSP program status of the partner is not active; a partner administrator must resolve it",
    (403, "800039"): "the reseller's CSP program status is not active; a partner administrator must resolve it",
    (403, "900124"): "a partner administrator must accept the Microsoft Partner Agreement in Partner Center",
    (403, "900123"): "the reseller must accept the Microsoft Partner Agreement in Partner Center",
    (403, "2030"): "the partner is not onboarded for the customer's country; a partner administrator must resolve it",
    (403, "1002"): _RELATIONSHIP,
    (403, "20002"): _RELATIONSHIP,
    (403, "600006"): "the partner's account does not allow this operation; a partner administrator must check it",
    (403, "900416"): "the customer's account is locked; Microsoft's support must unlock it",
    (403, "800073"): "Microsoft is vetting the customer's account (fraud check); wait until that is decided",
    (403, "800074"): "Microsoft is vetting the customer's account (fraud check); wait until that is decided",
    (403, "800075"): "Microsoft did not approve the customer's account (fraud check); ask Microsoft's support",
    (403, "13605"): "confirm the customer's acceptance of the Microsoft Customer Agreement first",
    (404, "1000"): _CUSTOMER,
    (404, "60003"): "check the customer id: Microsoft does not know this tenant",
    (400, "900118"): "check the customer id",
    (400, "900127"): "the operation is not offered in this environment (sandbox and national clouds lack some)",
    (400, "900141"): "Microsoft does not offer this operation",
    (500, "800003"): _LATER,
    (500, "900192"): _LATER,
}
_DOCUMENTED = {code: status for status, code in _CODES if len(code) >= 5}


class _Words(NamedTuple):
    """What the words of an answer mean, whatever its status and code."""

    pattern: re.Pattern[str]
    status: int
    hint: str


def _words(pattern: str, status: int, hint: str) -> _Words:
    return _Words(re.compile(pattern, re.IGNORECASE), status, hint)


_USER_MISSING = _words("application credentials|missing user information", 403, _USER)
_MFA = _words(r"mfa required|\(10001\)", 401, RECONSENT)
_QUOTA = _words("call volume quota", 429, _THROTTLED)
_IN_WORDS = (
    _MFA,
    _USER_MISSING,
    _QUOTA,
    _words("relationship.{0,40}does not exist", 403, _RELATIONSHIP),
    _words(
        "(verification|education) (requests|attempts).{0,40}(reached|exceeded|exhausted|used)"
        "|(reached|exceeded|no (more|remaining)).{0,60}(verification|attempts)",
        400,
        "the customer has no verification request left; ask Microsoft's support to review the customer",
    ),
    _words(
        "validation code.{0,80}(no uses left|no (remaining|more)|used up|exhausted|already (been )?used|expired)"
        "|remainingCreates",
        400,
        "give another validation code, one with uses left (PartnerCenterHook.get_validation_codes lists them)",
    ),
    _words(
        "validation code.{0,80}(does not exist|not found|unknown|invalid|not valid)",
        400,
        "give one of the partner's validation codes (PartnerCenterHook.get_validation_codes lists them)",
    ),
    _words(
        "tagging denied",
        400,
        "Microsoft refuses this qualification for this customer; correct the customer's account in Partner Center, "
        "then request it with asynchronous validation, which gives the reason of a denial",
    ),
)
_CLASSES: dict[int, type[PartnerCenterError]] = {
    401: PartnerCenterTokenRefusedError,
    403: PartnerCenterPermissionError,
    404: PartnerCenterNotFoundError,
    429: PartnerCenterThrottledError,
}
_STATUSES = {
    401: _CREDENTIALS,
    403: "check the caller's role, the relationship with the customer and the partner's agreements",
    429: _THROTTLED,
}
# These failures have their own classes, because a program may want to tell them apart.
_SPECIAL: dict[str, type[PartnerCenterError]] = {
    "900420": PartnerCenterAudienceError,
    "900421": PartnerCenterMfaRequiredError,
    "10001": PartnerCenterMfaRequiredError,
    "900329": PartnerCenterUserRequiredError,
}


def error_from_response(
    what: str,
    status: int,
    body: bytes,
    *,
    reason: str = "",
    request_id: str | None = None,
    correlation_id: str | None = None,
    service_request_id: str | None = None,
    service_correlation_id: str | None = None,
    retry_after: float | None = None,
    write: bool = False,
    hint: str | None = None,
    customer: bool = True,
) -> PartnerCenterError:
    """
    Return the error for an unsuccessful answer, or for an error that comes with the status of a success.

    :param what: the operation and its customer, for the message.
    :param status: HTTP status of the answer.
    :param write: whether the call was a write that must not be repeated blindly.
    :param hint: what to do, if the caller has a better hint than the table of statuses.
    :param customer: whether the call was about one customer.
    """
    fault = read_error_body(body, reason)
    meant, code, cause = _meaning(status, fault, reason)
    if cause == _CUSTOMER and not customer:
        cause = None  # the code means that something does not exist, and this call has no customer
    retryable = fault.retryable
    if 200 <= status < 300:
        # Only a read may be repeated. What came of a write, a fresh read decides.
        retryable = not write and (meant == 429 or bool(retryable))
    elif 300 <= status < 400:
        retryable = False  # a later call would be redirected in the same way
    elif meant == 401:
        retryable = None
    return _class(meant, code, cause)(
        f"{what} failed",
        status=status,
        code=code,
        description=fault.description,
        request_id=request_id,
        correlation_id=correlation_id,
        service_request_id=service_request_id,
        service_correlation_id=service_correlation_id,
        retry_after=retry_after,
        hint=cause or hint or _hint(meant, fault, customer=customer, refused=meant == status),
        retryable=retryable,
        outcome_unknown=write and meant == status and (status < 200 or status == 408 or _is_outage(status)),
    )


def _meaning(status: int, fault: ErrorBody, reason: str) -> tuple[int, str | None, str | None]:
    """Return the status that says what is wrong, the code that says it, and what to do, if code or words say that."""
    if status == 429:
        return status, fault.code, None
    accepted = 200 <= status < 300
    for code in fault.codes:
        # A short code means something with its documented status only.
        documented = _DOCUMENTED.get(code, status)
        if accepted:
            documented = next((each for each, known in _CODES if known == code), documented)
        if hint := _CODES.get((documented, code)):
            return documented, code, hint
    text = f"{fault.description or ''} {reason}"
    for words in _IN_WORDS:
        # After an outage it is unknown whether a request was carried out, unless the caller could not do it at all.
        # A refused token is the caller's trouble, whatever the words about it sound like.
        certain = words is _USER_MISSING or (words is _MFA and not _is_outage(status))
        if words.pattern.search(text) and (certain or not (status == 401 or _is_outage(status))):
            return words.status, fault.code, words.hint
    return (fault.status or 400) if accepted else status, fault.code, None


def _is_outage(status: int) -> bool:
    return status >= 500 and status != 501


def _class(status: int, code: str | None, cause: str | None) -> type[PartnerCenterError]:
    if special := _SPECIAL.get(code or "") if cause else None:
        return special
    if cause in (_USER, RECONSENT):
        return PartnerCenterUserRequiredError if cause is _USER else PartnerCenterMfaRequiredError
    if status == 408 or _is_outage(status):
        return PartnerCenterServiceUnavailableError
    if status < 400:
        return PartnerCenterUnexpectedResponseError
    return _CLASSES.get(status, PartnerCenterInvalidRequestError)


def _hint(status: int, fault: ErrorBody, *, customer: bool, refused: bool) -> str | None:
    """Return what to do, if neither code nor words say it."""
    if status == 407:
        return "give the proxy's user and password in HTTPS_PROXY"
    if 400 <= status < 500 and (fault.description or "").startswith(HTML_PAGE):
        return _PROXY
    if status == 400:
        first = "correct what Microsoft's message names" if fault.description else "check the arguments"
        return f"{first}; the request was not carried out" if refused else first
    if status == 404:
        return _CUSTOMER if customer else "check 'host' in the connection: this address does not exist there"
    if status == 408 or _is_outage(status):
        return _LATER
    if 300 <= status < 400:
        return "check 'host' in the connection; redirects are not followed, so that the token stays with that host"
    return _STATUSES.get(status, _SUPPORT)
