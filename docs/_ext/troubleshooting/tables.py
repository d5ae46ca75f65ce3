"""The errors whose meaning the package looks up in a table: by Microsoft's code, by its words, by a reason."""

from __future__ import annotations

import json
import re
import ssl
from typing import TYPE_CHECKING

from _ext.troubleshooting.calls import GAP
from _ext.troubleshooting.page import NO_ANSWER, Page, Subject
from airflow_provider_partnercenter.client.auth import advice as login
from airflow_provider_partnercenter.client.auth import flaws
from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification, VettingStatus
from airflow_provider_partnercenter.client.protocol import error_answers as api
from airflow_provider_partnercenter.client.transport.certificates import HINTS as _CERTIFICATES
from airflow_provider_partnercenter.client.transport.certificates import refused_certificate
from airflow_provider_partnercenter.client.transport.tls_and_proxy import Route
from airflow_provider_partnercenter.client.wire import key_of
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.scenario.login_refusals import TABLE as _EMULATED
from airflow_provider_partnercenter.qualification import denials
from airflow_provider_partnercenter.qualification.vetting import MAX_ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.client.errors import PartnerCenterError

# The words of OpenSSL for the numbers that the package has a remedy for (X509_verify_cert_error_string). Python takes
# its own for a host name that does not match.
_OPENSSL = {
    2: "unable to get issuer certificate",
    9: "certificate is not yet valid",
    10: "certificate has expired",
    18: "self-signed certificate",
    19: "self-signed certificate in certificate chain",
    20: "unable to get local issuer certificate",
    21: "unable to verify the first certificate",
    24: "issuer certificate doesn't have a public key",
    27: "certificate not trusted",
    30: "authority and subject key identifier mismatch",
    31: "authority and issuer serial number mismatch",
    32: "key usage does not include certificate signing",
    37: "invalid non-CA certificate (has CA markings)",
    41: "invalid or inconsistent certificate extension",
    62: f"Hostname mismatch, certificate is not valid for {GAP}",
    64: f"IP address mismatch, certificate is not valid for {GAP}",
    79: "invalid CA certificate",
    80: "Path length invalid for non-CA cert",
    81: "Path length given without key usage keyCertSign",
    82: "Key usage keyCertSign invalid for non-CA cert",
    83: "Issuer name empty",
    84: "Subject name empty",
    85: "Missing Authority Key Identifier",
    86: "Missing Subject Key Identifier",
    87: "Empty Subject Alternative Name extension",
    88: "Subject empty and Subject Alt Name extension not critical",
    89: "Basic Constraints of CA cert not marked critical",
    90: "Authority Key Identifier marked critical",
    91: "Subject Key Identifier marked critical",
    92: "CA cert does not include key usage extension",
    93: "Using cert extension requires at least X509v3",
}
# Statuses that are told apart without a code, and some that are not.
_STATUSES = (200, 302, 400, 401, 403, 404, 405, 407, 408, 409, 429, 500, 501, 502, 503, 504)
# What the words of an answer are about, each with an answer that has them. The first ones are those of the emulator.
_WORDS = (
    "This operation does not accept application credentials.",
    "The request is missing user information.",
    "MFA required.",
    "The call volume quota of the partner is exceeded.",
    "A relationship between the partner and the customer does not exist.",
    f"The maximum number of verification requests ({MAX_ATTEMPTS}) was reached for this customer.",
    "The validation code has no uses left.",
    "The validation code does not exist.",
    "Tagging denied.",
)
# As Microsoft's pages spell the reasons for which there is advice: the emulator has a customer for each.
_REASONS = sorted(
    {step.verdict.reason for row in magic.TABLE for step in row.behaviour.course or () if step.verdict.reason}
)


def pages_of_tables() -> Iterator[Page]:
    """Yield a page for each row of the tables."""
    yield from _codes()
    yield from _statuses()
    yield from _words()
    yield from _sign_ins()
    yield from _certificates()
    yield from _flaws()
    yield from _denials()


def _of_api(status: int, title: str, *, code: str = "", said: str = "") -> Page:
    body = {"code": code, "description": said} if code else {"description": said} if said else {}
    error = api.error_from_response(GAP, status, json.dumps(body).encode() if body else b"")
    return _of_error(Subject.REFUSALS, error, title, said=said)


def _of_error(subject: Subject, error: PartnerCenterError, title: str, *, said: str = "") -> Page:
    return Page(
        subject,
        title,
        error=type(error).__name__,
        hints=(error.hint,) if error.hint else (),
        retryable=error.retryable,
        said=said,
    )


def _codes() -> Iterator[Page]:
    for status, code in api._CODES:
        yield _of_api(status, f"{GAP} failed (HTTP {status}, code {code})", code=code)


def _statuses() -> Iterator[Page]:
    for status in _STATUSES:
        yield _of_api(status, f"{GAP} failed (HTTP {status})")


def _words() -> Iterator[Page]:
    for text in _WORDS:
        words = next(each for each in api._IN_WORDS if each.pattern.search(text))
        yield _of_api(words.status, f"{GAP} failed. Microsoft says: {text.rstrip('.')}", said=text)


def _sign_ins() -> Iterator[Page]:
    told: set[int | str] = set()
    for cls, hint, signs in login._ROWS:
        for sign in sorted(signs - told, key=lambda sign: (isinstance(sign, str), sign)):
            told.add(sign)
            said = ""
            if isinstance(sign, int):
                title = f"Signing in to Microsoft failed (code AADSTS{sign})"
                said = re.sub(r"'\{name\}'|\{name\}", GAP, str(_EMULATED.get(sign, {}).get("text", "")))
            elif sign.startswith("text: "):
                title = f"Signing in to Microsoft failed. Microsoft says: {_readable(login._TEXTS[sign].pattern)}"
            else:
                title = f"Signing in to Microsoft failed ({sign})"
            error = cls(title, hint=hint.replace("{who}", "the application or the integration user"))
            yield _of_error(Subject.SIGN_IN, error, title, said=said)


def _readable(pattern: str) -> str:
    """Return the words of a simple pattern."""
    return pattern.replace("\\", "")


def _certificates() -> Iterator[Page]:
    for number in sorted(_CERTIFICATES):
        problem = ssl.SSLCertVerificationError()
        problem.verify_code, problem.verify_message = number, _OPENSSL[number]
        error = refused_certificate(problem, Route("https://host"))
        title = NO_ANSWER + str(error).replace(Route("https://host").target, GAP)
        hints = (error.hint,) if error.hint else ()
        yield Page(Subject.CONNECTING, title, error="TransportError", hints=hints, retryable=False)


def _flaws() -> Iterator[Page]:
    # A character that is not ASCII has no row, because the text names it.
    unusual = [flaws._not_ascii(text) for text in ("ä", "\u200b")]
    for flaw in [*(flaw for _, flaw in (*flaws._IN_PLACE, *flaws._DAMAGED)), *filter(None, unusual)]:
        problem = re.sub(r"U\+[0-9A-F]+|(?<=position )\d+", GAP, flaw.problem)
        title = f"Connection {GAP} {problem}"
        yield Page(Subject.CONNECTION, title, error="PartnerCenterConfigurationError", hints=(flaw.hint,))


def _denials() -> Iterator[Page]:
    reasons = {key_of(reason): reason for reason in _REASONS}
    for key in denials._ADVICE:
        yield _denial(f"Customer {GAP}: Microsoft denied {GAP}: {reasons[key]}", reasons[key])
    yield _denial(f"Customer {GAP}: Microsoft denied {GAP}: no reason given", None)


def _denial(title: str, reason: str | None) -> Page:
    """Return the page of a reason, with what the task tells while a request is left, and when none is left."""
    denial = CustomerQualification(Qualification.EDUCATION, VettingStatus.DENIED, reason)
    hints = (denials.remedy(denial), denials.advice(denial, 0))
    return Page(Subject.DENIALS, title, error="QualificationDeniedError", hints=hints)
