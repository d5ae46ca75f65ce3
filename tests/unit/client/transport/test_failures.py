"""What an exception of an HTTP library means."""

from __future__ import annotations

import errno
import socket
import ssl

import aiohttp
import pytest
import requests
import urllib3

from airflow_provider_partnercenter.client.protocol.commands import Hop
from airflow_provider_partnercenter.client.transport.failures import came_through, transport_error
from airflow_provider_partnercenter.client.transport.http_rules import UnreadableAnswerError
from airflow_provider_partnercenter.client.transport.tls_and_proxy import Proxy, Route

URL = "https://api.test/v1/customers"
DIRECT = Route(URL)
PROXIED = Route(URL, Proxy("http://somebody:word@proxy.test:3128", "HTTPS_PROXY"))
UNTRUSTED = ssl.SSLCertVerificationError(1, "certificate verify failed")
UNTRUSTED.verify_code, UNTRUSTED.verify_message = 20, "unable to get local issuer certificate"
CUT_OFF = ssl.SSLEOFError(8, "EOF occurred in violation of protocol")
WRONG_VERSION = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)")
WRONG_VERSION.reason = "WRONG_VERSION_NUMBER"
UNKNOWN_NAME = socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def caused(problem, cause):
    problem.__cause__ = cause
    return problem


def of_urllib3(cause):
    """The way requests tells what urllib3 tells about a failure of the system."""
    return requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("Connection aborted.", cause))


@pytest.mark.parametrize(
    ("problem", "options", "facts", "text"),
    [
        pytest.param(
            UNTRUSTED,
            {"connecting": True},
            (False, True),
            "the certificate of api.test:443 is not trusted: unable to get local issuer certificate",
            id="untrusted",
        ),
        pytest.param(
            requests.exceptions.SSLError(caused(urllib3.exceptions.HTTPError("x"), UNTRUSTED)),
            {"connecting": True, "route": PROXIED},
            (False, True),
            "the certificate of api.test:443 is not trusted: unable to get local issuer certificate",
            id="untrusted-deep-inside",
        ),
        pytest.param(
            caused(ssl.SSLCertVerificationError("of the library, without a reason"), UNTRUSTED),
            {"connecting": True},
            (False, True),
            "the certificate of api.test:443 is not trusted: unable to get local issuer certificate",
            id="untrusted-inside-an-exception-of-the-same-class",
        ),
        pytest.param(
            CUT_OFF,
            {"connecting": True},
            (False, False),
            "the TLS handshake with api.test:443 failed: the other side closed it",
            id="handshake-cut-off",
        ),
        pytest.param(
            ConnectionResetError(),
            {"connecting": True},
            (False, False),
            "the TLS handshake with api.test:443 failed: the other side closed it",
            id="handshake-cut-off-for-asyncio",
        ),
        pytest.param(
            ConnectionResetError(errno.ECONNRESET, "x"),
            {"connecting": True},
            (False, False),
            "the TLS handshake with api.test:443 failed: Connection reset by peer",
            id="handshake-reset",
        ),
        pytest.param(
            of_urllib3(WRONG_VERSION),
            {"connecting": True},
            (False, False),
            "the TLS handshake with api.test:443 failed: wrong version number",
            id="no-tls",
        ),
        pytest.param(
            CUT_OFF, {}, (True, False), "the connection broke: the other side closed it", id="tls-after-the-request"
        ),
        pytest.param(
            TimeoutError(),
            {"connecting": True},
            (False, False),
            "no connection to api.test:443 in time",
            id="connect-late",
        ),
        pytest.param(TimeoutError(), {}, (True, False), "no answer in time", id="answer-late"),
        pytest.param(
            of_urllib3(UNKNOWN_NAME),
            {"connecting": True},
            (False, False),
            "api.test:443 cannot be reached: Name or service not known",
            id="unknown-name",
        ),
        pytest.param(
            ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 1)"),
            {"connecting": True},
            (False, False),
            "api.test:443 cannot be reached: Connection refused",
            id="refused",
        ),
        pytest.param(
            OSError(errno.EHOSTUNREACH, "x"),
            {"connecting": True},
            (False, False),
            "api.test:443 cannot be reached: No route to host",
            id="no-route",
        ),
        pytest.param(
            OSError("x"), {"connecting": True}, (False, False), "api.test:443 cannot be reached", id="unknown"
        ),
        pytest.param(
            TimeoutError(),
            {"connecting": True, "route": PROXIED},
            (False, False),
            "no connection through the proxy proxy.test:3128 to api.test:443 in time",
            id="proxy-late",
        ),
        pytest.param(
            of_urllib3(ConnectionRefusedError(errno.ECONNREFUSED, "x")),
            {"connecting": True, "route": PROXIED},
            (False, False),
            "no connection through the proxy proxy.test:3128 to api.test:443: "
            "the proxy cannot be reached: Connection refused",
            id="proxy-refused",
        ),
        pytest.param(
            of_urllib3(UnreadableAnswerError("a header is not valid")),
            {"connecting": True, "route": PROXIED},
            (False, False),
            "no connection through the proxy proxy.test:3128 to api.test:443: "
            "the proxy's answer cannot be read: a header is not valid",
            id="proxy-unreadable",
        ),
        pytest.param(
            OSError("Tunnel connection failed: 407 x"),
            {"connecting": True, "route": PROXIED, "refusal": 407},
            (False, False),
            "no connection through the proxy proxy.test:3128 to api.test:443: it answered HTTP 407",
            id="proxy-refuses",
        ),
        pytest.param(
            of_urllib3(ConnectionResetError(errno.ECONNRESET, "x")),
            {"route": PROXIED},
            (True, False),
            "the connection broke: Connection reset by peer",
            id="reset",
        ),
        pytest.param(
            of_urllib3(UnreadableAnswerError("it has more than 128 headers")),
            {},
            (True, False),
            "the answer cannot be read: it has more than 128 headers",
            id="unreadable",
        ),
        pytest.param(
            aiohttp.InvalidURL("x"),
            {"unsendable": True},
            (False, True),
            "the URL or a header is not valid",
            id="url",
        ),
        pytest.param(
            requests.exceptions.InvalidHeader("x"), {}, (True, False), "the connection broke", id="header-of-the-answer"
        ),
        pytest.param(aiohttp.ClientPayloadError("x"), {}, (True, False), "the connection broke", id="half-an-answer"),
    ],
)
def test_what_an_exception_means(problem, options, facts, text):
    error = transport_error(problem, **{"route": DIRECT, "connecting": False, **options})
    assert (error.sent, error.permanent) == facts
    assert str(error) == text
    assert ("'ca_bundle'" in (error.hint or "")) is ("trusted" in text)
    assert "word" not in f"{error} {error.hint}".replace("password", "")


def test_what_somebody_was_just_handling_is_no_cause():
    try:
        try:
            raise UNTRUSTED
        except ssl.SSLError:
            raise ConnectionResetError  # noqa: B904  # the point of this test
    except ConnectionResetError as problem:
        error = transport_error(problem, DIRECT, connecting=False)
    assert (error.sent, error.permanent) == (True, False)


def test_the_traceback_shows_where_an_exception_comes_from():
    def connect():
        raise ConnectionResetError

    def send():
        try:
            connect()
        except ConnectionResetError as problem:
            raise OSError from problem

    with pytest.raises(OSError) as caught:  # noqa: PT011  # where it comes from matters, not what it says
        send()
    assert came_through(caught.value, connect.__code__)
    assert not came_through(caught.value, of_urllib3.__code__)


@pytest.mark.parametrize(
    ("problem", "route", "hop"),
    [
        (UNKNOWN_NAME, DIRECT, Hop.NAME),
        (UNKNOWN_NAME, PROXIED, Hop.NAME),
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), DIRECT, Hop.HOST),
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), PROXIED, Hop.PROXY),
        (TimeoutError(), DIRECT, Hop.HOST),
        (TimeoutError(), PROXIED, Hop.PROXY),
        (WRONG_VERSION, DIRECT, Hop.TLS),
        (ConnectionResetError(errno.ECONNRESET, "x"), PROXIED, Hop.TLS),
        (UNTRUSTED, PROXIED, Hop.TLS),
    ],
)
def test_at_which_step_there_was_no_connection(problem, route, hop):
    assert transport_error(problem, route, connecting=True).hop is hop


def test_a_proxy_that_refuses_is_a_step_of_its_own():
    assert transport_error(OSError(), PROXIED, connecting=True, refusal=407).hop is Hop.PROXY


def test_what_fails_after_the_connection_is_no_step():
    assert transport_error(TimeoutError(), DIRECT, connecting=False).hop is None
