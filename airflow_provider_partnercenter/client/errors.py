"""
The errors, each with a hint for the person who must act on it.

There is one class for each kind of remedy. :mod:`.protocol.error_answers` chooses the class for an answer of the API,
and :mod:`.auth.login` for an answer of the login service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

RECONSENT = (
    "the partner's integration user must sign in again with MFA ('airflow partnercenter sign-in --replace --conn-id "
    "ID'), or the owner of the connection must put a new refresh token into 'refresh_token'; it takes effect at once"
)


class PartnerCenterError(Exception):
    """
    Base class of all errors of this package about Partner Center.

    ``str()`` is one line that can be pasted into a support ticket: what failed, what Microsoft said, what to do, and
    the ids. :attr:`lines` has the same on up to three lines.

    :param message: what failed, and for which customer.
    :param status: HTTP status of the answer; ``None`` if there was none.
    :param code: Microsoft's error code (a number as a string, or an ``AADSTS…`` code of the login service).
    :param description: what Microsoft said.
    :param request_id: the ``MS-RequestId`` of the call.
    :param correlation_id: the ``MS-CorrelationId`` of the call; Microsoft's support asks for it.
    :param service_request_id: the ``MS-RequestId`` of the answer, if the service used another one than the call.
    :param service_correlation_id: the ``MS-CorrelationId`` of the answer, if the service used another one.
    :param retry_after: the seconds to wait before the next call; ``None`` if the service did not say.
    :param hint: what to do, and who must do it.
    :param retryable: whether the same call may succeed later; by default the class decides.
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
        service_request_id: str | None = None,
        service_correlation_id: str | None = None,
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
        self.service_request_id = service_request_id
        self.service_correlation_id = service_correlation_id
        self.retry_after = retry_after
        self.hint = hint
        if retryable is not None:
            self.retryable = retryable
        self.outcome_unknown = outcome_unknown

    @property
    def contradictory(self) -> bool:
        """For a write: whether it was refused with the status of a success, so that only a read shows its outcome."""
        return not self.outcome_unknown and self.status is not None and 200 <= self.status < 300

    @property
    def lines(self) -> tuple[str, ...]:
        """One line that says what happened, one that says what to do, and one with the ids; only those that exist."""
        facts = (self.status and f"HTTP {self.status}", self.code and f"code {self.code}")
        answered = ", ".join(fact for fact in facts if fact)
        what = f"{self.message} ({answered})" if answered else self.message
        if self.description:
            what = f"{what.rstrip('.')}. Microsoft says: {self.description}"
        ids = {
            "correlation id": self.correlation_id,
            "Microsoft's correlation id": self.service_correlation_id,
            "Microsoft's request id": self.service_request_id,
        }
        known = ", ".join(f"{name} {value}" for name, value in ids.items() if value)
        hint = self.hint and f"What to do: {self.hint.rstrip('.')}."
        return tuple(line for line in (f"{what.rstrip('.')}.", hint, known and f"[{known}]") if line)

    def __str__(self) -> str:
        return " ".join(self.lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types; ``error_from_dict`` reads them back on the other side of a deferral."""
        return {
            "type": type(self).__name__,
            "message": self.message,
            "status": self.status,
            "code": self.code,
            "description": self.description,
            "request_id": self.request_id,
            "correlation_id": self.correlation_id,
            "service_request_id": self.service_request_id,
            "service_correlation_id": self.service_correlation_id,
            "retry_after": self.retry_after,
            "hint": self.hint,
            "retryable": self.retryable,
            "outcome_unknown": self.outcome_unknown,
        }


class PartnerCenterConfigurationError(PartnerCenterError, ValueError):
    """
    The connection cannot be used; the message names the field.

    What to do: the owner of the connection must correct the field.
    """


class PartnerCenterAuthenticationError(PartnerCenterError):
    """
    The login service or the API refused the credentials.

    What to do: the message says who must do what, by the code of the login service.
    """


class PartnerCenterMfaRequiredError(PartnerCenterAuthenticationError):
    """
    The token carries no MFA claim; only a new interactive sign-in resolves this.

    What to do: the partner's integration user must sign in again with MFA.
    """


class PartnerCenterAudienceError(PartnerCenterAuthenticationError):
    """
    The token was issued for another API (900420).

    What to do: the owner of the connection must check ``cloud`` and ``host``.
    """


class PartnerCenterTokenRefusedError(PartnerCenterAuthenticationError):
    """
    The API refuses the access token for another reason. The client tries one new token before it raises this.

    What to do: the owner of the connection must check its credentials, and a partner administrator must check that the
    application is registered in Partner Center.
    """


class PartnerCenterRefreshTokenError(PartnerCenterAuthenticationError):
    """
    The login service refuses the refresh token: expired, revoked or never valid.

    What to do: the partner's integration user must sign in again with MFA.
    """


class PartnerCenterClientCredentialError(PartnerCenterAuthenticationError):
    """
    The login service refuses the application: its id, its secret or its certificate is wrong or has expired.

    What to do: the owner of the connection must correct them, with the help of an Entra administrator of the partner.
    """


class PartnerCenterPermissionError(PartnerCenterError):
    """
    The caller may not do this because of its role, a relationship, an agreement or the credential mode.

    What to do: a partner administrator must resolve it; the message says what is missing by Microsoft's code.
    """


class PartnerCenterUserRequiredError(PartnerCenterPermissionError):
    """
    The operation does not accept an App-only token (900329).

    What to do: the owner of the connection must add ``refresh_token``, which makes it App+User.
    """


class PartnerCenterNotFoundError(PartnerCenterError):
    """
    The customer or the resource does not exist.

    What to do: the author of the DAG must check the id. A customer created seconds ago may not be visible yet.
    """


class PartnerCenterInvalidRequestError(PartnerCenterError, ValueError):
    """
    An argument is not valid. Either the client found this before the call, or Microsoft refused the call.

    What to do: the author of the DAG must correct what the message names.
    """


class PartnerCenterThrottledError(PartnerCenterError):
    """
    Too many requests were sent; ``retry_after`` is the number of seconds to wait, if the service said it.

    What to do: nothing, or lower ``requests_per_minute`` in the connection. All applications of the partner share
    Microsoft's limit.
    """

    retryable = True


class PartnerCenterServiceUnavailableError(PartnerCenterError):
    """
    The service could not be reached or failed to answer properly; the same call may succeed later.

    What to do: nothing, if the task is retried. If it happens again, the message says where the connection failed.
    """

    retryable = True


class PartnerCenterLoginThrottledError(PartnerCenterThrottledError):
    """
    Too many sign-ins were made; ``retry_after`` is the number of seconds to wait.

    What to do: nothing, if the task is retried. All applications of the partner share Microsoft's limit.
    """


class PartnerCenterLoginUnavailableError(PartnerCenterServiceUnavailableError):
    """
    The login service could not be reached or failed; signing in may succeed later.

    What to do: nothing, if the task is retried.
    """


class PartnerCenterUnexpectedResponseError(PartnerCenterError):
    """
    The answer cannot be read. This is retryable, because gateways return their own error pages during an outage.

    What to do: nothing, if the task is retried. If it happens again, look for a proxy or gateway that answers instead
    of Partner Center.
    """

    retryable = True


class PartnerCenterUnknownOutcomeError(PartnerCenterError):
    """
    The answer to a submission is missing, and reads do not show whether the submission was carried out.

    What to do: a person must look at the customer in Partner Center, and clear the task only if no request is there.
    """


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
    names = [
        *("status", "code", "description", "request_id", "correlation_id", "service_request_id"),
        *("service_correlation_id", "retry_after", "hint", "retryable"),
    ]
    return cls(
        str(data.get("message") or "Partner Center failed"),
        outcome_unknown=bool(data.get("outcome_unknown")),
        **{name: data.get(name) for name in names},
    )
