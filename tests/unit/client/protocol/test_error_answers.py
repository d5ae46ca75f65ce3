from __future__ import annotations

import json

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAudienceError,
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
from airflow_provider_partnercenter.client.protocol.error_answers import error_from_response

Refused, Mfa, Permission = PartnerCenterTokenRefusedError, PartnerCenterMfaRequiredError, PartnerCenterPermissionError
NotFound, Invalid, Throttled = (
    PartnerCenterNotFoundError,
    PartnerCenterInvalidRequestError,
    PartnerCenterThrottledError,
)
Unavailable, Unexpected = PartnerCenterServiceUnavailableError, PartnerCenterUnexpectedResponseError


@pytest.mark.parametrize(
    ("status", "code", "cls", "retryable", "hint"),
    [
        (400, "3000", Invalid, False, "correct"),
        (400, "2006", Invalid, False, "correct"),
        (400, "900118", Invalid, False, "customer id"),
        (400, "900127", Invalid, False, "environment"),
        (401, None, Refused, False, "App management"),
        (401, "400", Refused, False, "credentials"),
        (401, "800001", Refused, False, "credentials"),
        (401, "900420", PartnerCenterAudienceError, False, "'cloud'"),
        (401, "900421", Mfa, False, "sign in again with MFA"),
        (403, None, Permission, False, "role"),
        (403, "2006", Permission, False, "role"),
        (403, "900329", PartnerCenterUserRequiredError, False, "refresh_token"),
        (403, "900308", Permission, False, "GDAP"),
        (403, "900150", Permission, False, "GDAP"),
        (403, "900309", Permission, False, "Conditional Access"),
        (403, "90000", Permission, False, "consent"),
        (403, "900149", Permission, False, "partner administrator"),
        (403, "800039", Permission, False, "reseller"),
        (403, "900124", Permission, False, "Partner Agreement"),
        (403, "900123", Permission, False, "reseller"),
        (403, "20002", Permission, False, "relationship"),
        (403, "900416", Permission, False, "support"),
        (403, "800073", Permission, False, "wait"),
        (403, "800074", Permission, False, "wait"),
        (403, "800075", Permission, False, "support"),
        (403, "13605", Permission, False, "Customer Agreement"),
        (404, None, NotFound, False, "customer id"),
        (404, "1000", NotFound, False, "customer id"),
        (404, "60003", NotFound, False, "tenant"),
        (405, None, Invalid, False, "support"),
        (406, None, Invalid, False, "support"),
        (409, None, Invalid, False, "support"),
        (410, None, Invalid, False, "support"),
        (412, None, Invalid, False, "support"),
        (417, None, Invalid, False, "support"),
        (501, "0", Invalid, False, "support"),
        (408, None, Unavailable, True, "try again later"),
        (429, None, Throttled, True, "requests_per_minute"),
        (500, "800003", Unavailable, True, "try again later"),
        (500, "900192", Unavailable, True, "try again later"),
        (502, None, Unavailable, True, "try again later"),
        (503, None, Unavailable, True, "try again later"),
        (504, None, Unavailable, True, "try again later"),
        (301, None, Unexpected, False, "host"),
        (307, None, Unexpected, False, "host"),
    ],
)
def test_error_table(status, code, cls, retryable, hint):
    body = json.dumps({"code": code, "description": "Because."}).encode()
    error = error_from_response("Reading x", status, body, correlation_id="corr", request_id="req")
    assert type(error) is cls
    assert error.retryable is retryable
    assert (error.status, error.code, error.description) == (status, code, "Because.")
    assert not error.outcome_unknown
    assert hint in error.hint
    text = str(error)
    assert "\n" not in text
    for part in ("Reading x failed", f"HTTP {status}", "Because", "corr", *filter(None, (code, error.hint))):
        assert part in text


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b'{"code":900421,"description":"x"}', "", id="code"),
        pytest.param(b"", "Unauthorized - MFA required", id="reason-phrase"),
        pytest.param(b'{"code":"400","description":"Authentication failed. MFA required. (10001)"}', "", id="text"),
        pytest.param(b'{"code":"400","description":"Authentication failed. (10001)"}', "", id="number-in-the-text"),
        pytest.param(b'{"code":10001,"description":"Authentication failed."}', "", id="number"),
    ],
)
def test_every_sign_of_missing_mfa(body, reason):
    assert type(error_from_response("x", 401, body, reason=reason)) is Mfa


def test_the_service_may_forbid_another_attempt():
    assert not error_from_response("x", 503, b'{"isRetryable":false}').retryable
    assert not error_from_response("x", 429, b'{"isRetryable":false}').retryable


@pytest.mark.parametrize(
    ("status", "unknown"),
    [(400, False), (401, False), (404, False), (409, False), (429, False), (501, False), (302, False)]
    + [(status, True) for status in (101, 408, 500, 502, 503, 504, 599)],
)
def test_after_which_answers_a_write_may_have_been_carried_out(status, unknown):
    assert error_from_response("x", status, b"", write=True).outcome_unknown is unknown
    assert not error_from_response("x", status, b"", write=False).outcome_unknown


def test_the_caller_s_hint_wins_over_the_table():
    assert error_from_response("x", 404, b"", hint="use the other one").hint == "use the other one"


USER = PartnerCenterUserRequiredError


@pytest.mark.parametrize(
    ("status", "body", "cls", "hint"),
    [
        # A code of five or more digits means the same with any status and at any depth.
        (400, {"error": {"code": 900308, "message": "x"}}, Permission, "GDAP"),
        (500, {"code": "900329", "description": "x"}, USER, "refresh_token"),
        (403, {"code": 1002, "description": "x", "error": {"code": "20002"}}, Permission, "relationship"),
        (403, {"code": "Forbidden", "innererror": {"code": "900309"}}, Permission, "Conditional Access"),
        (400, {"errorCode": "60003", "errorMessage": "x"}, NotFound, "does not know this tenant"),
        (401, {"code": 900308}, Permission, "GDAP"),
        # The words say more than the status.
        (400, {"description": "Authorization header token missing user information"}, USER, "refresh_token"),
        (403, {"message": "This resource can't be accessed by application credentials."}, USER, "refresh_token"),
        (500, {"message": "This resource can&#39;t be accessed by application credentials."}, USER, "refresh_token"),
        (403, {"description": "Authentication failed. MFA required. (10001)"}, Mfa, "sign in again with MFA"),
        (400, {"code": 3000, "description": "The relationship does not exist."}, Permission, "relationship"),
        (403, {"message": "Out of call volume quota. Try again in 01:12:00."}, Throttled, "wait"),
        (400, "The maximum number of verification requests (3) was reached for this customer.", Invalid, "no verific"),
        (400, "The validation code 'x' has no uses left.", Invalid, "another validation code"),
        (400, "Invalid request input: the validation code 'x' does not exist.", Invalid, "partner's validation codes"),
        (400, "Customer tagging denied.", Invalid, "asynchronous validation"),
        # What is said about a token is not said about a validation code or an attempt.
        (401, "The authorization code has expired.", Refused, "credentials"),
        (401, "No more attempts: the token was refused.", Refused, "credentials"),
        # A code of few digits means something with its documented status only.
        (400, {"code": "1000", "description": "x"}, Invalid, "correct"),
        (429, {"code": "900308", "description": "x"}, Throttled, "requests_per_minute"),
        # After an outage nobody knows whether the request was carried out.
        (503, "The maximum number of verification requests (3) was reached for this customer.", Unavailable, "later"),
        # No advice that does not fit.
        (400, b"", Invalid, "check the arguments"),
        (403, b"<html><title>Access denied</title></html>", Permission, "a proxy or a firewall"),
        (404, b"<html><h1>Not found</h1></html>", NotFound, "a proxy or a firewall"),
        (407, b"", Invalid, "HTTPS_PROXY"),
    ],
)
def test_the_advice_cures_the_cause(status, body, cls, hint):
    error = error_from_response("Reading x", status, body if isinstance(body, bytes) else json.dumps(body).encode())
    assert type(error) is cls
    assert hint in error.hint
    assert error.retryable is cls.retryable


@pytest.mark.parametrize("body", [b"", b'{"code": 1000, "description": "Not found"}'])
def test_advice_about_a_customer_needs_a_customer(body):
    error = error_from_response("Listing the customers", 404, body, customer=False)
    assert "customer id" not in error.hint
    assert "'host'" in error.hint
    error = error_from_response("Reading x", 404, body, customer=False, hint="look elsewhere")
    assert error.hint == "look elsewhere"


@pytest.mark.parametrize(
    ("body", "cls", "retryable"),
    [
        pytest.param({"code": 1, "description": "x"}, Invalid, False, id="code"),
        pytest.param({"error": {"code": "900308", "message": "x"}}, Permission, False, id="known-code"),
        pytest.param({"code": 900421, "description": "x"}, Mfa, False, id="mfa"),
        pytest.param({"status": 404, "title": "x"}, NotFound, False, id="status-in-the-body"),
        pytest.param({"statusCode": 429, "message": "x"}, Throttled, True, id="limit"),
        pytest.param({"statusCode": 503, "message": "x"}, Unavailable, False, id="outage"),
        pytest.param({"message": "x", "isRetryable": True}, Invalid, True, id="the-service-says-so"),
    ],
)
def test_an_error_under_http_200_is_a_refusal(body, cls, retryable):
    for write in (False, True):
        error = error_from_response("Reading x", 200, json.dumps(body).encode(), write=write)
        assert type(error) is cls
        assert error.retryable is (retryable and not write)
        assert not error.outcome_unknown
        assert "x" in str(error)
