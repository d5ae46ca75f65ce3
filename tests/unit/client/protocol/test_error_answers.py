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
from airflow_provider_partnercenter.client.protocol.error_answers import ErrorBody, error_from_response, read_fault

Refused, Mfa, Permission = PartnerCenterTokenRefusedError, PartnerCenterMfaRequiredError, PartnerCenterPermissionError
NotFound, Invalid, Throttled = (
    PartnerCenterNotFoundError,
    PartnerCenterInvalidRequestError,
    PartnerCenterThrottledError,
)
Unavailable, Unexpected = PartnerCenterServiceUnavailableError, PartnerCenterUnexpectedResponseError


@pytest.mark.parametrize(
    ("body", "reason", "fault"),
    [
        pytest.param(
            b'{"code":"3000","description":"Invalid value.","data":[],"source":"S"}',
            "",
            ErrorBody("3000", "Invalid value."),
            id="A-documented",
        ),
        pytest.param(b'{"code":20002,"description":"No."}', "", ErrorBody("20002", "No."), id="A-code-as-number"),
        pytest.param(
            b'\xef\xbb\xbf\n{"Code":7,"Description":"No."}', "", ErrorBody("7", "No."), id="A-bom-pascal-case"
        ),
        pytest.param(
            b'{"code":600074,"message":null,"description":"None yet","errorName":"X","isRetryable":false}',
            "",
            ErrorBody("600074", "None yet", False),
            id="B-customer-service",
        ),
        pytest.param(
            b'{"code":600001,"message":"Busy","isRetryable":true}',
            "",
            ErrorBody("600001", "Busy", True),
            id="B-retryable",
        ),
        pytest.param(
            b'{"statusCode":429,"message":"Slow down. Try again in 9 seconds."}',
            "",
            ErrorBody(None, "Slow down. Try again in 9 seconds."),
            id="C-gateway",
        ),
        pytest.param(b"upstream  gone\r\naway", "", ErrorBody(None, "upstream gone away"), id="D-text-on-one-line"),
        pytest.param(b'"Resource not found"', "", ErrorBody(None, "Resource not found"), id="D-json-string"),
        pytest.param(b"<!DOCTYPE html><h1>502</h1>", "Bad Gateway", ErrorBody(None, "an HTML page"), id="D-html"),
        pytest.param(b"\xef\xbb\xbf <html></html>", "", ErrorBody(None, "an HTML page"), id="D-html-with-bom"),
        pytest.param(b"", "Unauthorized - MFA required", ErrorBody(None, "Unauthorized - MFA required"), id="D-reason"),
        pytest.param(b"[]", "Conflict", ErrorBody(None, "Conflict"), id="D-other-json"),
        pytest.param(b"", "", ErrorBody(), id="D-nothing"),
        pytest.param(b"\xff\xfe", "", ErrorBody(None, "\ufffd\ufffd"), id="D-not-utf-8"),
        pytest.param(
            b'{"error":"invalid_grant","error_description":"AADSTS70008: Too old","error_codes":[70008]}',
            "",
            ErrorBody("AADSTS70008", "AADSTS70008: Too old"),
            id="E-login-service",
        ),
        pytest.param(b'{"error":"invalid_client"}', "", ErrorBody("invalid_client", "invalid_client"), id="E-bare"),
        pytest.param(
            b'{"code":"1\\r\\nFORGED line","description":"x"}', "", ErrorBody("1 FORGED line", "x"), id="code-lines"
        ),
        pytest.param(b'{"code":"\\u001b[31m\\u0000"}', "", ErrorBody("\ufffd[31m\ufffd"), id="code-control-characters"),
        pytest.param(b'"\\ud83c"', "", ErrorBody(None, "\ufffd"), id="D-half-a-character"),
        pytest.param(b"", "Nope\udcff", ErrorBody(None, "Nope\ufffd"), id="D-reason-not-utf-8"),
        pytest.param(b'{"error":"x","error_codes":[[1]]}', "", ErrorBody("x", "x"), id="E-no-number"),
    ],
)
def test_read_fault(body, reason, fault):
    assert read_fault(body, reason) == fault


def test_a_long_description_is_cut():
    description = read_fault(json.dumps({"description": "word " * 1000}).encode()).description
    assert len(description) <= 301
    assert description.endswith("…")


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
        (405, None, Invalid, False, None),
        (406, None, Invalid, False, None),
        (409, None, Invalid, False, None),
        (410, None, Invalid, False, None),
        (412, None, Invalid, False, None),
        (417, None, Invalid, False, None),
        (501, "0", Invalid, False, None),
        (408, None, Unavailable, True, None),
        (429, None, Throttled, True, "requests_per_minute"),
        (500, "800003", Unavailable, True, None),
        (500, "900192", Unavailable, True, None),
        (502, None, Unavailable, True, None),
        (503, None, Unavailable, True, None),
        (504, None, Unavailable, True, None),
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
    if hint:
        assert hint in error.hint
    else:
        assert error.hint is None
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
