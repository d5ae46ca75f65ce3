"""Turn the answers of the login service into errors. This module has no credentials, tokens or retries."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_partnercenter.client.auth.advice import LATER, THROTTLED, meaning_of, says_tenant_is_wrong
from airflow_provider_partnercenter.client.auth.answers import read_refusal, without_ids
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterLoginThrottledError,
    PartnerCenterLoginUnavailableError,
    PartnerCenterUnexpectedResponseError,
)
from airflow_provider_partnercenter.client.protocol.error_bodies import read_error_body
from airflow_provider_partnercenter.client.protocol.retry import read_retry_after
from airflow_provider_partnercenter.client.wire import loads

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

DEFAULT_PAUSE = 5.0
"""Seconds to wait if a throttling login service does not say how long. MSAL has the same default."""


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
        answer = self._checked(self._transport.get(url, **options))
        # MSAL would raise the same exception whatever the reason is.
        if error := error_from_discovery(self._where, answer.status_code, json.loads(answer.text)):
            raise error
        return answer

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
    body_says = read_error_body(body)
    try:
        refusal = read_refusal(loads(body))
    except ValueError:
        refusal = read_refusal(None)
    meaning = meaning_of(refusal, app_only=False)
    throttled = status == 429 or meaning.cls is PartnerCenterLoginThrottledError
    cls = PartnerCenterLoginThrottledError if throttled else PartnerCenterLoginUnavailableError
    # A refusal that comes with such a status passes all the same.
    hint = meaning.hint if meaning.cls is cls else THROTTLED if throttled else LATER
    return cls(
        f"Signing in failed at {where}",
        status=status,
        code=meaning.code or body_says.code,
        description=refusal.description or without_ids(body_says.description),
        correlation_id=refusal.correlation_id,
        retry_after=DEFAULT_PAUSE if throttled and retry_after is None else retry_after,
        hint=hint,
    )


def error_from_discovery(where: str, status: int, document: object) -> PartnerCenterError | None:
    """
    Return the error if the login service refuses to return the tenant's addresses for another reason than the tenant.

    :param where: the login service, for the message.
    :param document: the parsed answer.
    """
    if status < 400:
        return None
    refusal = read_refusal(document)
    if not refusal.error and not refusal.numbers:
        return no_login_service(where, status=status, retryable=False)
    if says_tenant_is_wrong(refusal):
        return None
    meaning = meaning_of(refusal, app_only=False)
    return meaning.cls(
        f"Signing in failed at {where}",
        status=status,
        code=meaning.code,
        description=refusal.description,
        correlation_id=refusal.correlation_id,
        hint=meaning.hint,
    )


def error_from_token_answer(answer: Mapping[str, Any], mode: str) -> PartnerCenterError:
    """
    Turn what MSAL returns instead of a token into the error to raise.

    :param answer: MSAL's dictionary with ``error``, ``error_description``, ``error_codes`` and ``correlation_id``.
    :param mode: ``"App-only"`` or ``"App+User"``, for the message.
    """
    refusal = read_refusal(answer)
    meaning = meaning_of(refusal, app_only=mode == "App-only")
    throttled = issubclass(meaning.cls, PartnerCenterLoginThrottledError)
    return meaning.cls(
        f"Signing in to Microsoft ({mode}) failed",
        code=meaning.code or "no answer",
        description=refusal.description,
        correlation_id=refusal.correlation_id,
        hint=meaning.hint,
        retry_after=DEFAULT_PAUSE if throttled else None,
    )
