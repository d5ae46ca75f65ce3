"""What error bodies say, in every shape that Microsoft's services and their gateways use."""

from __future__ import annotations

import json

import pytest

from airflow_provider_partnercenter.client.protocol.error_bodies import ErrorBody, is_error, read_error_body


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
            ErrorBody(None, "Slow down. Try again in 9 seconds.", status=429),
            id="C-gateway",
        ),
        pytest.param(b"upstream  gone\r\naway", "", ErrorBody(None, "upstream gone away"), id="D-text-on-one-line"),
        pytest.param(b'"Resource not found"', "", ErrorBody(None, "Resource not found"), id="D-json-string"),
        pytest.param(b"<!DOCTYPE html><h1>502</h1>", "Bad Gateway", ErrorBody(None, "an HTML page: 502"), id="D-html"),
        pytest.param(b"\xef\xbb\xbf <html></html>", "", ErrorBody(None, "an HTML page"), id="D-html-with-bom"),
        pytest.param(b"", "Unauthorized - MFA required", ErrorBody(None, "Unauthorized - MFA required"), id="D-reason"),
        pytest.param(b"[]", "Conflict", ErrorBody(None, "Conflict"), id="D-other-json"),
        pytest.param(b"", "", ErrorBody(), id="D-nothing"),
        pytest.param(b"\xff\xfe", "", ErrorBody(None, "\ufffd\ufffd"), id="D-not-utf-8"),
        pytest.param(
            b'{"error":"invalid_grant","error_description":"AADSTS70008: Too old","error_codes":[70008]}',
            "",
            ErrorBody("invalid_grant", "AADSTS70008: Too old"),
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
def test_read_error_body(body, reason, fault):
    assert read_error_body(body, reason) == fault


def test_a_long_description_is_cut():
    description = read_error_body(json.dumps({"description": "word " * 1000}).encode()).description
    assert len(description) <= 301
    assert description.endswith("…")


@pytest.mark.parametrize(
    ("document", "code", "words"),
    [
        pytest.param({"error": {"code": 900308, "message": "x"}}, "900308", "x", id="nested"),
        pytest.param({"Error": {"Code": "900308", "Message": "x"}}, "900308", "x", id="nested-pascal-case"),
        pytest.param(
            {"error": {"code": "Forbidden", "message": "x", "innererror": {"code": "900308", "message": "why"}}},
            "Forbidden",
            "x. why",
            id="inner-error",
        ),
        pytest.param({"odata.error": {"code": "A", "message": {"lang": "en", "value": "x"}}}, "A", "x", id="odata"),
        pytest.param({"error": '{"code":900308,"message":"x"}'}, "900308", "x", id="json-in-the-error"),
        pytest.param(
            {"code": 1, "description": '{"error":{"code":900308,"message":"x"}}'},
            "1",
            "x",
            id="json-in-description",
        ),
        pytest.param({"errorCode": "900308", "errorMessage": "x"}, "900308", "x", id="errorCode"),
        pytest.param({"code": 3000, "description": "x", "data": ["why", "how"]}, "3000", "x. why. how", id="data"),
        pytest.param({"code": 3000, "data": {"field": ["why"]}}, "3000", "field: why", id="data-by-name"),
        pytest.param(
            {"type": "https://x", "title": "x", "status": 400, "detail": "why", "errors": {"website": ["bad"]}},
            None,
            "x. why. website: bad",
            id="problem-details",
        ),
        pytest.param(
            {"Message": "The request is invalid.", "ModelState": {"request.website": ["bad", "worse"]}},
            None,
            "The request is invalid. request.website: bad. request.website: worse",
            id="model-state",
        ),
        pytest.param({"Message": "x", "ExceptionMessage": "why", "StackTrace": "at X"}, None, "x. why", id="exception"),
        pytest.param([{"code": 1, "message": "x"}, {"code": 2, "message": "why"}], "1", "x. why", id="list"),
        pytest.param(["x", "why"], None, "x. why", id="list-of-texts"),
        pytest.param({"errors": [{"errorCode": "1", "errorMessage": "x"}]}, "1", "x", id="errors"),
        pytest.param({"fault": {"faultstring": "x", "detail": {"errorcode": "a.b"}}}, "a.b", "x", id="fault"),
        pytest.param({"timestamp": 1, "status": 404, "error": "Not Found"}, None, "Not Found", id="sentence-as-error"),
        pytest.param({"code": 1, "description": "it&#39;s &lt;b&gt;"}, "1", "it's <b>", id="html-entities"),
        pytest.param({"foo": {"bar": "x"}}, None, "bar: x", id="unknown-names"),
        pytest.param("Customer tagging denied.", None, "Customer tagging denied.", id="bare-string"),
    ],
)
def test_json_of_any_shape(document, code, words):
    body = read_error_body(json.dumps(document).encode(), "Bad Request")
    assert (body.code, body.description) == (code, words)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        pytest.param("<Error><Code>900308</Code><Message>it&#39;s</Message></Error>", "900308", "it's", id="xml"),
        pytest.param(
            '<?xml version="1.0"?><m:error xmlns:m="http://x"><m:code/><m:message lang="en">x</m:message></m:error>',
            None,
            "x",
            id="xml-namespace",
        ),
        pytest.param("<error><description><![CDATA[a < b]]></description></error>", None, "a < b", id="xml-cdata"),
        pytest.param("<string>Customer tagging denied.</string>", None, "Customer tagging denied.", id="xml-string"),
        pytest.param("<Error><Code>1</Code><Message>cut o", "1", "cut o", id="truncated-xml"),
        pytest.param('{"code":900308,"description":"it\\u0027s cut o', "900308", "it's cut o", id="truncated-json"),
        pytest.param("<html><title>502</title><h1>502 Bad</h1>", None, "an HTML page: 502 Bad", id="html"),
        pytest.param("<a></a>", None, "an XML document", id="nothing-in-it"),
    ],
)
def test_what_is_not_json(text, code, words):
    body = read_error_body(text.encode())
    assert (body.code, body.description) == (code, words)


JWT = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2FwaSJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("document", "secret"),
    [
        ({"description": f"The token {JWT} is not valid"}, JWT),
        ({"description": f"Authorization: Bearer {'opaque' * 8}"}, "opaque" * 8),
        ({"description": "grant_type=refresh_token&refresh_token=s3cret&client_id=x"}, "s3cret"),
        ({"description": 'got {"client_secret": "s3cret"}, which is wrong'}, "s3cret"),
        ({"data": {"client_secret": "s3cret", "refresh_token": ["s3cret"]}, "message": "x"}, "s3cret"),
        ({"description": "0.AXoAb1c2d3e4f5g6h7i8j9k0.secretsecret is revoked"}, "secretsecret"),
        ({"description": "abc8Q~0123456789abcdefghijklmnopqrstuvwx is wrong"}, "8Q~0123456789"),
        ({"description": "word " * 55 + JWT}, JWT[:30]),
    ],
    ids=["access-token", "bearer", "form", "json", "members", "refresh-token", "client-secret", "where-it-is-cut"],
)
def test_secrets_stay_out_of_the_message(document, secret):
    description = read_error_body(json.dumps(document).encode()).description
    assert description
    assert secret not in description


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"code": 1, "description": "x"}, True),
        ({"error": {"code": 1}}, True),
        ({"error": "x"}, True),
        ({"code": 0, "message": "OK"}, False),
        ({"items": [], "error": None}, False),
        ({"qualification": "Education", "vettingStatus": "Denied"}, False),
        ([{"code": 1, "description": "x"}], False),
        ("x", False),
        (None, False),
    ],
)
def test_whether_the_answer_of_a_success_is_an_error(document, error):
    assert is_error(document) is error
