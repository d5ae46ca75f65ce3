"""
What can go wrong, told to the person who must act on it.

One class for each thing that a reader can do, and one function, :func:`error_from_response`, that turns an HTTP answer
of the API into one of them; what the login service answers is read in :mod:`.login`. Sources: the pages
``error-codes``, ``api-throttling-guidance`` and ``partner-center-authentication``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_partnercenter.client.wire import Members, loads, printable

RECONSENT = (
    "the partner's integration user must sign in again with MFA, and the owner of the connection put the new refresh "
    "token into 'refresh_token'; it takes effect at once"
)
_MAX_TEXT = 300
_MAX_CODE = 20


class PartnerCenterError(Exception):
    """
    Base of everything this package raises about Partner Center.

    ``str()`` is one line that can be pasted into a support ticket: what failed, what Microsoft said, what to do, and
    the correlation id.

    :param message: what failed, and for which customer.
    :param status: HTTP status of the answer; ``None`` if there was none.
    :param code: Microsoft's error code (a number in text form, or an ``AADSTS…`` code of the login service).
    :param description: what Microsoft said.
    :param request_id: the ``MS-RequestId`` of the call.
    :param correlation_id: the ``MS-CorrelationId`` of the call; Microsoft's support asks for it.
    :param retry_after: after how many seconds the service wants to be asked again.
    :param hint: what to do, and who must do it.
    :param retryable: whether the same call may succeed later; the default is the class's.
    :param outcome_unknown: whether a write may have been carried out although its answer is missing.
    """

    retryable = False

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        description: str | None = None,
        request_id: str | None = None,
        correlation_id: str | None = None,
        retry_after: float | None = None,
        hint: str | None = None,
        retryable: bool | None = None,
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.description = description
        self.request_id = request_id
        self.correlation_id = correlation_id
        self.retry_after = retry_after
        self.hint = hint
        if retryable is not None:
            self.retryable = retryable
        self.outcome_unknown = outcome_unknown

    def __str__(self) -> str:
        facts = (self.status and f"HTTP {self.status}", self.code and f"code {self.code}")
        answered = ", ".join(fact for fact in facts if fact)
        parts = [f"{self.message} ({answered})" if answered else self.message]
        if self.description:
            parts.append(f"Microsoft says: {self.description.rstrip('.')}")
        if self.hint:
            parts.append(f"What to do: {self.hint.rstrip('.')}")
        text = ". ".join(part.rstrip(".") for part in parts) + "."
        return f"{text} [correlation id {self.correlation_id}]" if self.correlation_id else text

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types; :func:`error_from_dict` reads them back on the other side of a deferral."""
        return {
            "type": type(self).__name__,
            "message": self.message,
            "status": self.status,
            "code": self.code,
            "description": self.description,
            "request_id": self.request_id,
            "correlation_id": self.correlation_id,
            "retry_after": self.retry_after,
            "hint": self.hint,
            "retryable": self.retryable,
            "outcome_unknown": self.outcome_unknown,
        }


class PartnerCenterConfigurationError(PartnerCenterError, ValueError):
    """The connection cannot work; the message names the field."""


class PartnerCenterAuthenticationError(PartnerCenterError):
    """The login service or the API refused the credentials."""


class PartnerCenterMfaRequiredError(PartnerCenterAuthenticationError):
    """The token carries no MFA claim; only a new interactive sign-in cures it."""


class PartnerCenterAudienceError(PartnerCenterAuthenticationError):
    """The token was made for another API than this one (900420); the connection must be corrected."""


class PartnerCenterTokenRefusedError(PartnerCenterAuthenticationError):
    """The API refuses the access token for another reason; a fresh one cures it, or nothing here does."""


class PartnerCenterRefreshTokenError(PartnerCenterAuthenticationError):
    """The login service refuses the refresh token: expired, revoked or never valid; only a new sign-in cures it."""


class PartnerCenterClientCredentialError(PartnerCenterAuthenticationError):
    """The login service refuses the application: its id, its secret or its certificate is wrong or has expired."""


class PartnerCenterPermissionError(PartnerCenterError):
    """The caller may not do this: role, relationship, agreement or credential mode."""


class PartnerCenterUserRequiredError(PartnerCenterPermissionError):
    """The operation takes no App-only token (900329); the connection must become App+User."""


class PartnerCenterNotFoundError(PartnerCenterError):
    """There is no such customer, or no such resource."""


class PartnerCenterInvalidRequestError(PartnerCenterError, ValueError):
    """An argument is wrong, found by us before the call or by Microsoft after it."""


class PartnerCenterThrottledError(PartnerCenterError):
    """Too many requests; ``retry_after`` tells in how many seconds to come back."""

    retryable = True


class PartnerCenterServiceUnavailableError(PartnerCenterError):
    """The service could not be reached or failed to answer properly; the same call may succeed later."""

    retryable = True


class PartnerCenterLoginThrottledError(PartnerCenterThrottledError):
    """Too many sign-ins; ``retry_after`` tells in how many seconds to come back."""


class PartnerCenterLoginUnavailableError(PartnerCenterServiceUnavailableError):
    """The login service could not be reached or failed; signing in may succeed later."""


class PartnerCenterUnexpectedResponseError(PartnerCenterError):
    """The answer cannot be read. Retryable, because gateways answer with error pages of their own during an outage."""

    retryable = True


class PartnerCenterUnknownOutcomeError(PartnerCenterError):
    """A submission's answer was lost twice and reading does not tell whether it was carried out."""


_CLASSES: dict[str, type[PartnerCenterError]] = {
    cls.__name__: cls
    for cls in (
        PartnerCenterError,
        PartnerCenterConfigurationError,
        PartnerCenterAuthenticationError,
        PartnerCenterMfaRequiredError,
        PartnerCenterAudienceError,
        PartnerCenterTokenRefusedError,
        PartnerCenterRefreshTokenError,
        PartnerCenterClientCredentialError,
        PartnerCenterPermissionError,
        PartnerCenterUserRequiredError,
        PartnerCenterNotFoundError,
        PartnerCenterInvalidRequestError,
        PartnerCenterThrottledError,
        PartnerCenterLoginThrottledError,
        PartnerCenterServiceUnavailableError,
        PartnerCenterLoginUnavailableError,
        PartnerCenterUnexpectedResponseError,
        PartnerCenterUnknownOutcomeError,
    )
}


def error_from_dict(data: Mapping[str, Any]) -> PartnerCenterError:
    """Read back what :meth:`PartnerCenterError.to_dict` wrote; an unknown class becomes the base class."""
    cls = _CLASSES.get(str(data.get("type")), PartnerCenterError)
    names = ("status", "code", "description", "request_id", "correlation_id", "retry_after", "hint", "retryable")
    return cls(
        str(data.get("message") or "Partner Center failed"),
        outcome_unknown=bool(data.get("outcome_unknown")),
        **{name: data.get(name) for name in names},
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """
    What an error body says, whichever of the five formats it came in.

    :param code: the error code as text.
    :param description: what Microsoft says, on one line and cut to a readable length.
    :param retryable: the service's own word on repeating the call, where it gives one.
    """

    code: str | None = None
    description: str | None = None
    retryable: bool | None = None


def read_fault(body: bytes, reason: str = "") -> Fault:
    """
    Read an error body: Partner Center's two JSON formats, the gateway's, the login service's, or no JSON at all.

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
        return Fault(one_line(code), one_line(description), members.boolean("isRetryable"))
    text = document.strip() if isinstance(document, str) else ""
    if text[:1] == "<":
        text = "an HTML page"
    return Fault(description=one_line(text or reason))


def aadsts(codes: object) -> str | None:
    """Return the first of the login service's error numbers as the code that Microsoft documents."""
    first = codes[0] if isinstance(codes, list) and codes else None
    return f"AADSTS{first}"[:_MAX_CODE] if isinstance(first, int) else None


def one_line(text: str | None) -> str | None:
    """Return a text without line breaks and cut to a readable length; ``None`` if nothing is left."""
    line = " ".join(printable(text or "").split())
    return (line[:_MAX_TEXT] + "…" if len(line) > _MAX_TEXT else line) or None


_GDAP = "an administrator of the partner must give the caller a Partner Center role, or a GDAP role with this customer"
# Keyed by status and code because codes repeat: 2006 is published both with 400 and with 403.
_HINTS: dict[tuple[int, str], str] = {
    (401, "900420"): "the token was issued for another API; the owner of the connection must check 'cloud' and 'host'",
    (
        403,
        "900329",
    ): "this takes an App+User connection: its owner must add 'refresh_token' to the connection",
    (403, "900308"): _GDAP,
    (403, "900150"): _GDAP,
    (
        403,
        "900309",
    ): "a Conditional Access policy blocked the token; an Entra administrator must exempt the user",
    (403, "90000"): "Entra refused to issue a token for this customer; check the consent of the application there",
    (403, "900149"): "the CSP programme status of the partner is not active; a partner administrator must resolve it",
    (403, "800039"): "the reseller's CSP programme status is not active; a partner administrator must resolve it",
    (403, "900124"): "a partner administrator must accept the Microsoft Partner Agreement in Partner Center",
    (403, "900123"): "the reseller must accept the Microsoft Partner Agreement in Partner Center",
    (403, "20002"): "the customer must accept the partner's relationship request first; check the customer id as well",
    (403, "900416"): "the customer's account is locked; Microsoft's support must unlock it",
    (403, "800073"): "Microsoft is vetting the customer's account (fraud check); wait until that is decided",
    (403, "800074"): "Microsoft is vetting the customer's account (fraud check); wait until that is decided",
    (403, "800075"): "Microsoft did not approve the customer's account (fraud check); ask Microsoft's support",
    (403, "13605"): "confirm the customer's acceptance of the Microsoft Customer Agreement first",
    (404, "1000"): "check the customer id; a customer created seconds ago may not be visible yet",
    (404, "60003"): "check the customer id: Microsoft knows no such tenant",
    (400, "900118"): "check the customer id",
    (400, "900127"): "the operation is not offered in this environment (sandbox and national clouds lack some)",
}
# The failures that have a class of their own, because a program may want to tell them apart.
_SPECIAL: dict[tuple[int, str], type[PartnerCenterError]] = {
    (401, "900420"): PartnerCenterAudienceError,
    (403, "900329"): PartnerCenterUserRequiredError,
}
_STATUS_HINTS: dict[int, str] = {
    400: "correct what Microsoft names; the request was not carried out",
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
    Turn an answer that is not a success into the error to raise; the one place that knows the tables.

    :param what: the operation and its customer, for the message.
    :param status: HTTP status, anything but 2xx.
    :param write: whether the call was a write that must not be repeated blindly.
    :param hint: what to do, where the caller knows better than the table of statuses.
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
            "the owner must check the credentials of the connection, and a partner administrator that the application "
            "is registered in Partner Center (App management)"
        )
    elif status == 403:
        cls = PartnerCenterPermissionError
    elif status == 404:
        cls = PartnerCenterNotFoundError
    elif status == 429:
        cls = PartnerCenterThrottledError
        hint = (
            "wait, or lower 'requests_per_minute' in the connection: the limit is shared by all programs of the partner"
        )
    elif status == 408 or (status >= 500 and status != 501):
        cls = PartnerCenterServiceUnavailableError
    elif status < 200:
        cls = PartnerCenterUnexpectedResponseError
    elif 300 <= status < 400:
        cls = PartnerCenterUnexpectedResponseError
        hint = "check 'host' in the connection; redirects are not followed, so that the token stays with that host"
    else:
        cls = PartnerCenterInvalidRequestError
    # The service's own word counts, but neither redirects nor refused tokens get better by themselves.
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
