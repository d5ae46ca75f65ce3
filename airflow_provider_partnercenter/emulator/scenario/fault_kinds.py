"""
The catalogue of faults by name, for ``--fault-kinds`` and the magic customers.

A fault whose name ends in ``-after`` happens after the request was carried out: a write has happened, but the client
does not learn it from the answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.emulator.errors import JSON, refused, refused_by_gateway, refused_by_login
from airflow_provider_partnercenter.emulator.scenario.faults import Fault, FaultKind, throttled
from airflow_provider_partnercenter.emulator.scenario.login_refusals import refusal as login_refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_partnercenter.emulator.errors import ApiError

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One row of the catalogue.

    :param group: the group of the kind; ``--fault-kinds`` accepts its name for all of its kinds.
    :param summary: what happens, for the help text.
    :param fault: the fault itself.
    :param login: whether the fault applies to the token endpoint instead of the API.
    """

    group: str
    summary: str
    fault: Fault
    login: bool = False


GROUPS = {
    "connection": "the connection breaks or is slow",
    "server": "500, 502, 503, 504",
    "throttle": "a 429 although no limit is reached",
    "content": "an answer with the wrong content",
    "token": "a token is refused, or a sign-in fails or is slow, for one request only",
    "refused": "refusals that no retry overcomes: MFA, audience, consent, client secret",
    "format": "errors in the formats of Microsoft's other gateways, request not carried out",
}
DEFAULT_GROUPS = tuple(name for name in GROUPS if name not in ("refused", "format"))


def answer(status: int, body: str = "", content_type: str = JSON) -> Fault:
    """Return a fault that answers without carrying out the request."""
    return Fault(FaultKind.ANSWER, status=status, body=body, content_type=content_type)


def _json(status: int, document: Mapping[str, Any], content_type: str = JSON) -> Fault:
    return answer(status, json.dumps(document, separators=(",", ":")), content_type)


def refusal(error: ApiError) -> Fault:
    """Return a fault that answers with one of the refusals of Microsoft's services."""
    return replace(_json(error.status, error.body), headers=tuple(error.headers.items()))


def page(status: int, title: str) -> Fault:
    """Return a fault that answers with an HTML page, as a proxy in front of the API may do."""
    text = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return answer(status, text, HTML)


def _token_refused(code: int | str, text: str) -> Fault:
    return refusal(refused(401, code, text, {"WWW-Authenticate": 'Bearer error="invalid_token"'}))


def _login_refused(number: int, name: str = "") -> Fault:
    # The date and the ids are the same each time, because nothing reads them.
    return refusal(refused_by_login(login_refusal(number, name), datetime(2026, 1, 15, 9, 30, tzinfo=UTC)))


SERVER_ERRORS = {
    500: refusal(refused(500, 800003, "Unexpected error, please try again later.")),
    502: refusal(refused_by_gateway(502, "Bad Gateway")),
    503: answer(503),
    504: refusal(refused_by_gateway(504, "The gateway did not receive a response in time.")),
}
_BUSY_TEXT = "The server is busy. Please try again later."
_NESTED = {"error": {"code": "ServiceUnavailable", "message": _BUSY_TEXT}}
_XML = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>ServerBusy</Code><Message>{_BUSY_TEXT}</Message></Error>'
_PROBLEM = {
    "type": "https://tools.ietf.org/html/rfc9110#section-15.6.1",
    "title": "An error occurred while processing your request.",
    "status": 500,
    "traceId": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
}
_MODEL_STATE = {
    "Message": "The request is invalid.",
    "ModelState": {"qualification": ["The qualification field is required."]},
}
_REDIRECT = replace(answer(302), elsewhere=True)
_BUSY = _login_refused(90055)
_MFA = _token_refused("900421", "MFA is required: the token has no MFA claim.")
_AUDIENCE = _token_refused(
    "900420",
    "The audience 'https://graph.windows.net' in the token is invalid and is not supported in Partner Center API.",
)


def _login(group: str, summary: str, fault: Fault) -> Kind:
    return Kind(group, summary, fault, login=True)


KINDS: dict[str, Kind] = {
    "close-before": Kind("connection", "closed before the request is carried out", Fault(FaultKind.RESET)),
    "close-after": Kind("connection", "closed after the request was carried out", Fault(FaultKind.LOST_ANSWER)),
    "reset-before": Kind("connection", "TCP reset before the request is carried out",
                         Fault(FaultKind.RESET, hard=True)),
    "reset-after": Kind("connection", "TCP reset after the request was carried out",
                        Fault(FaultKind.LOST_ANSWER, hard=True)),
    "truncated-after": Kind("connection", "half of the body, then closed", Fault(FaultKind.TRUNCATED)),
    "slow-headers": Kind("connection", "the headers arrive in small pieces", Fault(FaultKind.SLOW_HEADERS)),
    "slow-body": Kind("connection", "the body arrives in small pieces", Fault(FaultKind.SLOW_BODY)),
    **{f"error-{status}": Kind("server", f"{status}, request not carried out", fault)
       for status, fault in SERVER_ERRORS.items()},
    **{f"error-{status}-after": Kind("server", f"{status}, request carried out",
                                     replace(fault, kind=FaultKind.ANSWER_AFTER))
       for status, fault in SERVER_ERRORS.items()},
    "throttled": Kind("throttle", "429, Retry-After in seconds", throttled(1)),
    "throttled-date": Kind("throttle", "429, Retry-After with a date", replace(throttled(1), retry_date=True)),
    "html-200": Kind("content", "200 with an HTML page, request not carried out", page(200, "Sign in")),
    "html-200-after": Kind("content", "200 with an HTML page, request carried out",
                           replace(page(200, "Sign in"), kind=FaultKind.ANSWER_AFTER)),
    "html-502": Kind("content", "502 with an HTML page, request not carried out", page(502, "Bad Gateway")),
    "empty-after": Kind("content", "the correct status without a body", Fault(FaultKind.EMPTY)),
    "cut-off-after": Kind("content", "a complete answer with only half of the JSON", Fault(FaultKind.CUT_OFF)),
    "text": Kind("content", "the correct answer with the content type text/plain",
                 Fault(FaultKind.CONTENT_TYPE, content_type="text/plain")),
    "binary": Kind("content", "the correct answer with the content type application/octet-stream",
                   Fault(FaultKind.CONTENT_TYPE, content_type="application/octet-stream")),
    "redirect-302": Kind("content", "302 to another host, request not carried out", _REDIRECT),
    "redirect-307": Kind("content", "307 to another host, request not carried out", replace(_REDIRECT, status=307)),
    "access-denied": Kind("token", "401 with code 400", _token_refused(400, "Access denied.")),
    "login-early-expiry": _login("token", "the API refuses the token after a few seconds",
                                 Fault(FaultKind.EARLY_EXPIRY)),
    "login-throttled": _login("token", "429, Retry-After in seconds", replace(_BUSY, retry_after=1)),
    "login-500": _login("token", "500 without a body", answer(500)),
    "login-503": _login("token", "503 without a body", answer(503)),
    "login-html": _login("token", "502 with an HTML page", page(502, "Bad Gateway")),
    "login-cut-off": _login("token", "a complete answer with only half of the JSON", Fault(FaultKind.CUT_OFF)),
    "login-reset": _login("token", "TCP reset before a token is issued", Fault(FaultKind.RESET, hard=True)),
    "login-slow": _login("token", "the body arrives in small pieces", Fault(FaultKind.SLOW_BODY)),
    "mfa-required": Kind("refused", "401 with code 900421", _MFA),
    "wrong-audience": Kind("refused", "401 with code 900420", _AUDIENCE),
    "login-grant-expired": _login("refused", "invalid_grant, AADSTS700082", _login_refused(700082)),
    "login-grant-revoked": _login("refused", "invalid_grant, AADSTS70000",
                                  _login_refused(70000, "refresh_token")),
    "login-invalid-client": _login("refused", "invalid_client, AADSTS7000215", _login_refused(7000215)),
    "login-mfa": _login("refused", "invalid_grant, AADSTS50076", _login_refused(50076)),
    "nested-503": Kind("format", "503, the error in a nested object", _json(503, _NESTED)),
    "xml-503": Kind("format", "503, the error as XML", answer(503, _XML, "application/xml")),
    "problem-500": Kind("format", "500, the error as problem details (RFC 9457)",
                        _json(500, _PROBLEM, "application/problem+json; charset=utf-8")),
    "model-state-400": Kind("format", "400, the error as ASP.NET's ModelState", _json(400, _MODEL_STATE)),
    "error-200": Kind("format", "an error with the status 200",
                      _json(200, {"code": 1, "description": "The request was refused."})),
}  # fmt: skip
KINDS = {name: replace(kind, fault=replace(kind.fault, name=name)) for name, kind in KINDS.items()}


def describe(indent: str = "  ") -> str:
    """Return the catalogue as text, one line for each group and kind."""
    width = max(map(len, KINDS))
    lines = []
    for group, about in GROUPS.items():
        lines.append(f"{indent}{group}: {about}")
        lines += [f"{indent}  {name:<{width}}  {kind.summary}" for name, kind in KINDS.items() if kind.group == group]
    return "\n".join(lines)
