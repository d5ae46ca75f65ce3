"""What an exception of an HTTP library means."""

from __future__ import annotations

import ssl

import aiohttp
import pytest
import requests
import urllib3

from airflow_provider_partnercenter.client.transport.failures import CA_HINT, transport_error

UNTRUSTED = ssl.SSLCertVerificationError(1, "unable to get local issuer certificate")
CUT_OFF = ssl.SSLEOFError(8, "EOF occurred in violation of protocol")


def caused(problem, cause):
    problem.__cause__ = cause
    return problem


@pytest.mark.parametrize(
    ("problem", "options", "facts", "text"),
    [
        pytest.param(UNTRUSTED, {"connecting": True}, (False, True), "is not trusted", id="untrusted"),
        pytest.param(
            requests.exceptions.SSLError(caused(urllib3.exceptions.HTTPError("x"), UNTRUSTED)),
            {"connecting": True, "proxied": True},
            (False, True),
            "is not trusted",
            id="untrusted-deep-inside",
        ),
        pytest.param(CUT_OFF, {"connecting": True}, (False, False), "the TLS handshake failed", id="handshake"),
        pytest.param(CUT_OFF, {}, (True, False), "the connection broke", id="tls-after-the-request"),
        pytest.param(TimeoutError(), {"connecting": True}, (False, False), "no connection in time", id="connect-late"),
        pytest.param(TimeoutError(), {}, (True, False), "no answer in time", id="answer-late"),
        pytest.param(ConnectionRefusedError(), {"connecting": True}, (False, False), "cannot be reached", id="refused"),
        pytest.param(
            TimeoutError(), {"connecting": True, "proxied": True}, (False, False), "through the proxy", id="proxy"
        ),
        pytest.param(ConnectionResetError(), {"proxied": True}, (True, False), "the connection broke", id="reset"),
        pytest.param(
            aiohttp.InvalidURL("x"), {"unsendable": True}, (False, True), "URL or a header is not valid", id="url"
        ),
        pytest.param(
            requests.exceptions.InvalidHeader("x"), {}, (True, False), "the connection broke", id="header-of-the-answer"
        ),
        pytest.param(aiohttp.ClientPayloadError("x"), {}, (True, False), "the connection broke", id="half-an-answer"),
    ],
)
def test_what_an_exception_means(problem, options, facts, text):
    error = transport_error(problem, **{"connecting": False, "proxied": False, **options})
    assert (error.sent, error.permanent) == facts
    assert text in str(error)
    assert (error.hint == CA_HINT) is ("trusted" in text)


def test_what_somebody_was_just_handling_is_no_cause():
    try:
        try:
            raise UNTRUSTED
        except ssl.SSLError:
            raise ConnectionResetError  # noqa: B904  # the point of this test
    except ConnectionResetError as problem:
        error = transport_error(problem, connecting=False, proxied=False)
    assert (error.sent, error.permanent) == (True, False)
