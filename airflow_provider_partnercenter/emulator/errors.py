"""The error bodies of Microsoft's services, each in the format of the service that sends it, and the emulator's own."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

JSON = "application/json; charset=utf-8"


class ApiError(Exception):
    """
    An answer that refuses a request.

    :param status: the HTTP status.
    :param body: the JSON document.
    :param headers: additional headers of the answer.
    """

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = dict(body)
        self.headers = dict(headers or {})


def refused(status: int, code: int | str, description: str, headers: Mapping[str, str] | None = None) -> ApiError:
    """
    Return an error in the API's usual format.

    :param code: the error code. It is a number on the wire, although documented as a string; the token checks send a
        string of digits.
    """
    body: dict[str, Any] = {"code": code, "description": description, "data": [], "source": "PartnerFD"}
    return ApiError(status, body, headers)


def refused_by_customer_service(status: int, code: int, name: str, message: str) -> ApiError:
    """Return an error of the customer service, which has its own format."""
    return ApiError(
        status,
        {
            "code": code,
            "message": message,
            "description": message,
            "errorName": name,
            "isRetryable": False,
            "parameters": {},
            "errorMessageExtended": f"InternalErrorCode={code}",
        },
    )


def refused_by_gateway(status: int, message: str, headers: Mapping[str, str] | None = None) -> ApiError:
    """Return an error of the gateway in front of the API."""
    return ApiError(status, {"statusCode": status, "message": message}, headers)


def not_implemented(what: str) -> ApiError:
    """Return the answer to a request that Microsoft's service would carry out, but the emulator cannot."""
    text = f"The emulator does not implement {what}."
    body = {"code": 501, "description": text, "data": [], "source": "partnercenter-emulator"}
    # The header repeats the text, because an answer to HEAD has no body.
    return ApiError(501, body, {"X-Emulator": text})


class LoginRefusedError(Exception):
    """
    A refusal of the login service, as its rules raise it. :func:`refused_by_login` turns it into an answer.

    :param number: the number after ``AADSTS``.
    :param status: the HTTP status.
    :param error: the OAuth error.
    :param text: what the answer says.
    :param suberror: Microsoft's ``suberror``; ``None`` for none.
    :param claims: the claims that another sign-in has to bring, as JSON; ``None`` for none.
    """

    def __init__(
        self,
        number: int,
        status: int,
        error: str,
        text: str,
        *,
        suberror: str | None = None,
        claims: str | None = None,
    ) -> None:
        super().__init__(f"AADSTS{number}: {text}")
        self.number = number
        self.status = status
        self.error = error
        self.text = text
        self.suberror = suberror
        self.claims = claims


def refused_by_login(
    refusal: LoginRefusedError, now: datetime, *, trace_id: str | None = None, correlation_id: str | None = None
) -> ApiError:
    """
    Return an error of the login service, as the page ``reference-error-codes`` of the identity platform shows it.

    :param refusal: what is wrong.
    :param trace_id: the id of the answer; a new one by default.
    :param correlation_id: the id that the client sent; a new one by default.
    """
    trace_id, correlation_id = trace_id or str(uuid.uuid4()), correlation_id or str(uuid.uuid4())
    timestamp = f"{now:%Y-%m-%d %H:%M:%SZ}"
    ids = f"Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}"
    body: dict[str, Any] = {
        "error": refusal.error,
        "error_description": f"AADSTS{refusal.number}: {refusal.text} {ids}",
        "error_codes": [refusal.number],
        "timestamp": timestamp,
        "trace_id": trace_id,
        "correlation_id": correlation_id,
        "error_uri": f"https://login.microsoftonline.com/error?code={refusal.number}",
    }
    if refusal.suberror:
        body["suberror"] = refusal.suberror
    if refusal.claims:
        body["claims"] = refusal.claims
    return ApiError(refusal.status, body)
