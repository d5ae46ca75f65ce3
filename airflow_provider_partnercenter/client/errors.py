"""
The errors, each with a hint for the person who must act on it.

One class for each thing that a reader can do. Which answer of the API becomes which of them is decided in
:mod:`.protocol.error_answers`, which answer of the login service in :mod:`.auth.login`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

RECONSENT = (
    "the partner's integration user must sign in again with MFA, and the owner of the connection must put the new "
    "refresh token into 'refresh_token'; it takes effect at once"
)


class PartnerCenterError(Exception):
    """
    Base class of all errors of this package about Partner Center.

    ``str()`` is one line that can be pasted into a support ticket: what failed, what Microsoft said, what to do, and
    the correlation id.

    :param message: what failed, and for which customer.
    :param status: HTTP status of the answer; ``None`` if there was none.
    :param code: Microsoft's error code (a number as a string, or an ``AADSTS…`` code of the login service).
    :param description: what Microsoft said.
    :param request_id: the ``MS-RequestId`` of the call.
    :param correlation_id: the ``MS-CorrelationId`` of the call; Microsoft's support asks for it.
    :param retry_after: after how many seconds the service may be called again; ``None`` if it did not say.
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
