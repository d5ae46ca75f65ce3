"""
Turn the answers of the login service into errors. This module has no credentials, tokens or retries.

The OAuth ``error`` decides the class. Microsoft warns programs not to rely on the ``AADSTS`` numbers (page
``reference-error-codes`` of the identity platform), so they are only used where the ``error`` says too little.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_partnercenter.client.errors import (
    RECONSENT,
    PartnerCenterAuthenticationError,
    PartnerCenterClientCredentialError,
    PartnerCenterError,
    PartnerCenterLoginThrottledError,
    PartnerCenterLoginUnavailableError,
    PartnerCenterMfaRequiredError,
    PartnerCenterRefreshTokenError,
    PartnerCenterUnexpectedResponseError,
)
from airflow_provider_partnercenter.client.protocol.error_bodies import aadsts, read_error_body
from airflow_provider_partnercenter.client.protocol.retry import read_retry_after
from airflow_provider_partnercenter.client.protocol.texts import one_line
from airflow_provider_partnercenter.client.wire import Members, loads

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

DEFAULT_PAUSE = 5.0
"""Seconds to wait if a throttling login service does not say how long. MSAL has the same default."""

_SECRET = "the owner of the connection must check the client secret or certificate; it may be wrong or expired"
_WRONG_SECRET = f"{_SECRET}; use the secret's value, not its id"
_OLD_SECRET = (
    "an Entra administrator of the partner must create a new client secret for the application, and the owner of the "
    "connection must put it into 'password'"
)
_CERTIFICATE = (
    "the owner of the connection must check that the client secret or certificate is right and has not expired; an "
    "Entra administrator must upload a new certificate to the application before the certificate is used"
)
_APPLICATION = (
    "the partner's tenant does not know the application; the owner of the connection must check 'login' (the "
    "application (client) id) and 'tenant_id'"
)
_PERMISSIONS = "an Entra administrator of the partner must grant the application its permissions (admin consent)"
_ASSIGNMENT = "an Entra administrator of the partner must assign the integration user to the application"
_ACCOUNT = (
    "an Entra administrator of the partner must check the integration user's account: it is locked, disabled or deleted"
)
_BLOCKED = (
    "a Conditional Access policy blocked the sign-in; an Entra administrator of the partner must exempt the "
    "integration user"
)
_FREQUENCY = (
    "a sign-in frequency policy ended the refresh token; an Entra administrator must exempt the integration user from "
    f"it, then {RECONSENT}"
)
_ONE_DAY = (
    "the refresh token comes from a single-page application and lives for a day; an Entra administrator must register "
    f"the redirect URI under the platform 'Web', then {RECONSENT}"
)
_TENANT = "the owner of the connection must check 'tenant_id'"
_CHECK = "the owner of the connection must check the credentials, 'tenant_id' and 'cloud'"
_LATER = "try again later; a task repeats the sign-in automatically"
_THROTTLED = "try again later; sign-ins of other applications of the same partner count towards the same limit"

_Meaning = tuple[type[PartnerCenterError], str]

_BY_ERROR: dict[str, _Meaning] = {
    "invalid_grant": (PartnerCenterRefreshTokenError, RECONSENT),
    "interaction_required": (PartnerCenterRefreshTokenError, RECONSENT),
    "login_required": (PartnerCenterRefreshTokenError, RECONSENT),
    "invalid_client": (PartnerCenterClientCredentialError, _SECRET),
    "unauthorized_client": (PartnerCenterClientCredentialError, _APPLICATION),
    "consent_required": (PartnerCenterAuthenticationError, _PERMISSIONS),
    "invalid_tenant": (PartnerCenterAuthenticationError, _TENANT),
    "temporarily_unavailable": (PartnerCenterLoginUnavailableError, _LATER),
    "server_error": (PartnerCenterLoginUnavailableError, _LATER),
    "timeout": (PartnerCenterLoginUnavailableError, _LATER),
    "slow_down": (PartnerCenterLoginThrottledError, _THROTTLED),
}
# The numbers that say more than the error does.
_BY_NUMBER: dict[str, _Meaning] = {
    f"AADSTS{number}": meaning
    for numbers, meaning in (
        ((50072, 50074, 50076, 50078, 50079), (PartnerCenterMfaRequiredError, RECONSENT)),
        ((70043,), (PartnerCenterRefreshTokenError, _FREQUENCY)),
        ((700084,), (PartnerCenterRefreshTokenError, _ONE_DAY)),
        ((7000215,), (PartnerCenterClientCredentialError, _WRONG_SECRET)),
        ((7000222,), (PartnerCenterClientCredentialError, _OLD_SECRET)),
        ((700027,), (PartnerCenterClientCredentialError, _CERTIFICATE)),
        ((700016,), (PartnerCenterClientCredentialError, _APPLICATION)),
        ((50131, 53000, 53001, 53003), (PartnerCenterAuthenticationError, _BLOCKED)),
        ((50034, 50053, 50057), (PartnerCenterAuthenticationError, _ACCOUNT)),
        ((50105,), (PartnerCenterAuthenticationError, _ASSIGNMENT)),
        ((65001,), (PartnerCenterAuthenticationError, _PERMISSIONS)),
        ((50033, 50087, 90006, 90012, 90024, 90033), (PartnerCenterLoginUnavailableError, _LATER)),
        ((50196, 90055), (PartnerCenterLoginThrottledError, _THROTTLED)),
    )
    for number in numbers
}


class HttpClient(Protocol):
    """The interface that MSAL requires of its ``http_client``."""

    def get(self, url: str, **options: Any) -> requests.Response: ...

    def post(self, url: str, **options: Any) -> requests.Response: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class LoginAnswer:
    """The answer as MSAL reads it. Its text is always JSON, because MSAL logs any other text unchanged."""

    status_code: int
    headers: Mapping[str, str]
    text: str

    def raise_for_status(self) -> None:
        """Do nothing: :class:`LoginTransport` has already raised the error."""


class LoginTransport:
    """
    Sends MSAL's requests, and raises an error if the login service is overloaded or unavailable.

    MSAL would cache such an answer for the time in its ``Retry-After``, return it without asking again, and not say how
    long that is. An exception carries the time, and MSAL caches nothing.

    :param transport: sends the requests.
    :param where: the login service, for messages.
    """

    def __init__(self, transport: HttpClient, where: str) -> None:
        self._transport = transport
        self._where = where

    def get(self, url: str, **options: Any) -> LoginAnswer:
        return self._checked(self._transport.get(url, **options))

    def post(self, url: str, **options: Any) -> LoginAnswer:
        return self._checked(self._transport.post(url, **options))

    def close(self) -> None:
        self._transport.close()

    def _checked(self, answer: requests.Response) -> LoginAnswer:
        status = answer.status_code
        retry_after = read_retry_after(answer.headers.get("Retry-After"), answer.headers.get("Date"))
        if error := error_from_login_status(self._where, status, answer.content, retry_after):
            raise error
        # A redirect means that the address is wrong. A page instead of JSON may be temporary.
        if 300 <= status < 400:
            raise no_login_service(self._where, status=status, retryable=False)
        try:
            document = loads(answer.content)
        except ValueError:
            raise no_login_service(self._where, status=status) from None
        return LoginAnswer(status, answer.headers, json.dumps(document))


def no_login_service(
    where: str, *, status: int | None = None, retryable: bool = True
) -> PartnerCenterUnexpectedResponseError:
    """
    Return the error for an answer that did not come from a login service.

    :param where: the login service that was called.
    """
    return PartnerCenterUnexpectedResponseError(
        f"Signing in failed: the answer did not come from {where}",
        status=status,
        retryable=retryable,
        hint="check 'authority' in the connection, and any proxy between this machine and the login service",
    )


def error_from_login_status(
    where: str, status: int, body: bytes, retry_after: float | None = None
) -> PartnerCenterError | None:
    """
    Return the error if the login service is overloaded or unavailable, or ``None`` for an answer that MSAL can read.

    :param where: the login service, for the message.
    :param retry_after: the ``Retry-After`` header in seconds, or ``None``.
    """
    if status not in (408, 429) and status < 500:
        return None
    fault = read_error_body(body)
    cls, hint = _BY_NUMBER.get(fault.code or "", (PartnerCenterLoginUnavailableError, _LATER))
    throttled = status == 429 or cls is PartnerCenterLoginThrottledError
    if throttled:
        cls, hint = PartnerCenterLoginThrottledError, _THROTTLED
    elif not cls.retryable:
        cls, hint = PartnerCenterLoginUnavailableError, _LATER
    if throttled and retry_after is None:
        retry_after = DEFAULT_PAUSE
    return cls(
        f"Signing in failed at {where}",
        status=status,
        code=fault.code,
        description=fault.description,
        retry_after=retry_after,
        hint=hint,
    )


def error_from_token_answer(answer: Mapping[str, Any], mode: str) -> PartnerCenterError:
    """
    Turn what MSAL returns instead of a token into the error to raise.

    :param answer: MSAL's dictionary with ``error``, ``error_description``, ``error_codes`` and ``correlation_id``.
    :param mode: ``"App-only"`` or ``"App+User"``, for the message.
    """
    members = Members(answer)
    error = one_line(members.text("error")) or "no answer"
    # The first line says what is wrong. Paragraphs of trace ids and links follow.
    description = answer.get("error_description")
    first_line = one_line(description.strip().partition("\n")[0]) if isinstance(description, str) else None
    code = aadsts(answer.get("error_codes")) or error
    in_text = re.match(r"AADSTS\d+", first_line or "")
    number = code if code in _BY_NUMBER or not in_text else in_text[0]
    cls, hint = _BY_NUMBER.get(number) or _BY_ERROR.get(error) or (PartnerCenterAuthenticationError, _CHECK)
    throttled = issubclass(cls, PartnerCenterLoginThrottledError)
    return cls(
        f"Signing in to Microsoft ({mode}) failed",
        code=code,
        description=first_line,
        correlation_id=one_line(members.text("correlation_id")),
        hint=hint,
        retry_after=DEFAULT_PAUSE if throttled else None,
    )
