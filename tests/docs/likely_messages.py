"""The error messages that users are most likely to meet, as the code makes them, each with the page about it."""

from __future__ import annotations

import json
import re
import socket
import ssl
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

from airflow.sdk import BaseOperator, Connection

from airflow_provider_partnercenter.client.auth.credentials import Credentials
from airflow_provider_partnercenter.client.auth.login import error_from_token_answer
from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterServiceUnavailableError
from airflow_provider_partnercenter.client.models import (
    CustomerQualification,
    EducationSegment,
    Qualification,
    VettingStatus,
)
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid
from airflow_provider_partnercenter.client.protocol.error_answers import error_from_response
from airflow_provider_partnercenter.client.transport.failures import transport_error
from airflow_provider_partnercenter.client.transport.tls_and_proxy import Route
from airflow_provider_partnercenter.emulator.scenario.login_refusals import refusal
from airflow_provider_partnercenter.hooks.connection import client_settings
from airflow_provider_partnercenter.qualification.outcome import unknown
from airflow_provider_partnercenter.qualification.records import Submission
from airflow_provider_partnercenter.qualification.request import SubmissionRequest
from airflow_provider_partnercenter.qualification.submission import require_user
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome
from airflow_provider_partnercenter.qualification.waiting.sighting import Sighting
from airflow_provider_partnercenter.tasks.endings import conclude_wait
from airflow_provider_partnercenter.triggers.payloads import ending_of, make_event, read_ending
from tests.airflow_versions import AirflowFailException, AirflowSensorTimeout
from tests.support.records import begun

if TYPE_CHECKING:
    from collections.abc import Callable

CUSTOMER = "5f0c1d2e-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
SUBMITTING, READING = f"Customer {CUSTOMER}: submitting Education", f"Customer {CUSTOMER}: reading the qualifications"
CALL: dict[str, Any] = {"correlation_id": "3d6c1f0a-0b1c-4d2e-9f3a-4b5c6d7e8f90"}
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Likely(NamedTuple):
    """
    A message.

    :param page: the name of its page.
    :param error: returns or raises the error.
    """

    page: str
    error: Callable[[], object]

    @property
    def lines(self) -> tuple[str, ...]:
        """What the log of a task shows."""
        try:
            error = self.error()
        except (PartnerCenterError, AirflowFailException, AirflowSensorTimeout) as raised:
            error = raised
        return error.lines if isinstance(error, PartnerCenterError) else (str(error),)

    @property
    def without_ids(self) -> str:
        """What happened, without ids and names in quotation marks."""
        first = self.lines[0].partition(" What to do:")[0]
        names = {field: field for field in ("tenant_id", "refresh_token", "credential_variable")}
        return GUID.sub("", re.sub(r"'([^']*)'", lambda match: names.get(match[1], ""), first))


def api(status: int, code: str | None = None, said: str | None = None, what: str = SUBMITTING) -> PartnerCenterError:
    """Return the error for an answer of the API."""
    body = {name: value for name, value in {"code": code, "description": said}.items() if value}
    return error_from_response(what, status, json.dumps(body).encode() if body else b"", **CALL)


def sign_in(number: int, mode: str = "App+User") -> PartnerCenterError:
    """Return the error for a refusal of the login service, as the emulator sends it."""
    refused = refusal(number, "11111111-2222-4333-8444-555555555555")
    answer = {
        "error": refused.error,
        "suberror": refused.suberror,
        "error_codes": [number],
        "error_description": f"AADSTS{number}: {refused.text} Trace ID: {CUSTOMER} Correlation ID: {CUSTOMER}",
        **CALL,
    }
    return error_from_token_answer({name: value for name, value in answer.items() if value}, mode)


def wait(judgement: Judgement, *, ended: bool = True, submission: dict[str, object] | None = None) -> object:
    """End a task as its sensor does."""
    event = make_event(ending_of(begun(submission), Sighting(judgement, ended), submission))
    return conclude_wait({"ti": mock.Mock()}, BaseOperator(task_id="task"), read_ending(event), "fail")


def no_answer(problem: Exception) -> PartnerCenterError:
    """Return the error for a request that got no answer, as ``Exchange.send`` makes it."""
    failure = transport_error(problem, Route("https://api.partnercenter.microsoft.com"), connecting=True)
    return PartnerCenterServiceUnavailableError(f"{READING} got no answer: {failure}", hint=failure.hint, **CALL)


def untrusted() -> Exception:
    problem = ssl.SSLCertVerificationError(1, "certificate verify failed")
    problem.verify_code, problem.verify_message = 20, "unable to get local issuer certificate"
    return problem


def denied(reason: str) -> object:
    entry = CustomerQualification(Qualification.EDUCATION, VettingStatus.DENIED, reason)
    return wait(Judgement(Outcome.DENIED, entry, attempts_left=2))


def connection(**changes: str | None) -> object:
    """Read a connection."""
    extra = {"tenant_id": CUSTOMER, "refresh_token": "token", **changes}
    extra = {name: value for name, value in extra.items() if value}
    fields: dict[str, Any] = {"conn_type": "partnercenter", "login": CUSTOMER, "password": "secret"}
    return client_settings(Connection(conn_id="partnercenter_default", **fields, extra=json.dumps(extra)))


def app_only() -> None:
    """Refuse to submit, as a task does before anything is sent."""
    credentials = Credentials(CUSTOMER, CUSTOMER, "https://login.microsoftonline.com", "scope", client_secret="secret")
    require_user(credentials, "partnercenter_default", f"{SUBMITTING} was")


REQUEST = SubmissionRequest(CUSTOMER, Qualification.EDUCATION, education_segment=EducationSegment.K12)
IN_REVIEW = Judgement(Outcome.IN_REVIEW, CustomerQualification(Qualification.EDUCATION, VettingStatus.IN_REVIEW))
FAILED = "signing-in-to-microsoft-failed-code-aadsts"

LIKELY = (
    Likely(f"{FAILED}700082", lambda: sign_in(700082)),
    Likely(f"{FAILED}50173", lambda: sign_in(50173)),
    Likely(f"{FAILED}50076", lambda: sign_in(50076)),
    Likely(f"{FAILED}53003", lambda: sign_in(53003)),
    Likely(f"{FAILED}65001", lambda: sign_in(65001)),
    Likely(f"{FAILED}700016", lambda: sign_in(700016, "App-only")),
    Likely(f"{FAILED}7000215", lambda: sign_in(7000215)),
    Likely(f"{FAILED}7000222", lambda: sign_in(7000222, "App-only")),
    Likely("failed-http-401-code-900420", lambda: api(401, "900420", "Invalid audience.", READING)),
    Likely("failed-http-401-code-900421", lambda: api(401, "900421")),
    Likely(
        "failed-http-403-code-900329", lambda: api(403, "900329", "This operation does not accept App-only tokens.")
    ),
    Likely("failed-http-403-code-900308", lambda: api(403, "900308")),
    Likely("failed-http-404", lambda: api(404, what=READING)),
    Likely("failed-http-429", lambda: api(429, what=READING)),
    Likely("failed-http-503", lambda: api(503, what=READING)),
    Likely("customer-microsoft-denied-not-an-education-customer", lambda: denied("Not an Education Customer")),
    Likely("customer-microsoft-denied-not-an-academic-domain", lambda: denied("Not an Academic Domain")),
    Likely("customer-no-verdict-on-within-last-seen", lambda: wait(IN_REVIEW, ended=False)),
    Likely(
        "customer-there-is-no-qualification-and-no-request-for-it-is-visible", lambda: wait(Judgement(Outcome.ABSENT))
    ),
    Likely(
        "customer-it-is-unknown-whether-was-submitted-the-answer-is-missing-and-reads-cannot-tell",
        lambda: unknown(Submission(REQUEST, IN_REVIEW, (), submitted=True, **CALL)),
    ),
    Likely("not-submitted-connection-is-app-only-and-can-only-read", app_only),
    Likely("connection-tenant_id-is-missing", lambda: connection(tenant_id=None)),
    Likely(
        "connection-refresh_token-is-missing-but-credential_variable-requires-it",
        lambda: connection(refresh_token=None, credential_variable="partnercenter_token"),
    ),
    Likely(
        "got-no-answer-the-certificate-of-is-not-trusted-unable-to-get-local-issuer-certificate",
        lambda: no_answer(untrusted()),
    ),
    Likely(
        "got-no-answer-cannot-be-reached",
        lambda: no_answer(socket.gaierror(socket.EAI_NONAME, "Name or service not known")),
    ),
    Likely("customer_id-is-not-a-guid", lambda: customer_guid("contoso")),
    Likely(
        "education_segment-is-missing-an-education-request-needs-one",
        lambda: SubmissionRequest.validated(CUSTOMER, Qualification.EDUCATION),
    ),
    Likely(
        "validation_code-is-missing-a-governmentcommunitycloud-request-needs-one",
        lambda: SubmissionRequest.validated(CUSTOMER, Qualification.GOVERNMENT_COMMUNITY_CLOUD),
    ),
)
"""Twenty are promised."""
