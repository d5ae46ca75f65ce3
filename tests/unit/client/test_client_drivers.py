"""Both clients, driven by a script instead of a network."""

from __future__ import annotations

import asyncio
import inspect
import ssl
from types import SimpleNamespace

import aiohttp
import pytest
import requests
import urllib3
from client_fakes import BASE_URL, CUSTOMER, answer

from airflow_provider_partnercenter.client import aio, endpoints, requests_transport, sync
from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.errors import PartnerCenterAuthenticationError, PartnerCenterThrottledError
from airflow_provider_partnercenter.client.exchange import GetToken, Request, Send, Sleep, TransportError
from airflow_provider_partnercenter.client.operations import Operation, Operations
from airflow_provider_partnercenter.client.settings import ClientSettings
from airflow_provider_partnercenter.client.sync import PartnerCenterClient

CREDENTIALS = Credentials("app", "tenant", "https://login.example.test", "scope", client_secret="s")
SETTINGS = ClientSettings(CREDENTIALS, BASE_URL, requests_per_minute=0)
REQUEST = Request("GET", BASE_URL, {})


class Tokens:
    """Stands in for the token source."""

    def __init__(self):
        self.current, self.signed_in = None, []

    def cached(self, refused=None):
        return self.current if self.current != refused else None

    def get(self, refused=None):
        self.signed_in.append(refused)
        self.current = f"token-{len(self.signed_in)}"
        return self.current


class Driver:
    """One of the clients, obeying from a script, called alike."""

    def __init__(self, kind, monkeypatch):
        self.kind, self.sent, self.slept, self.answers = kind, [], [], []
        if kind == "sync":
            self.client = PartnerCenterClient(SETTINGS)
            self.client._transport = SimpleNamespace(send=self._answer)
            monkeypatch.setattr(sync.time, "sleep", self.slept.append)
        else:
            self.client = AsyncPartnerCenterClient(SETTINGS)

            async def send(request):
                return self._answer(request)

            async def sleep(seconds):
                self.slept.append(seconds)

            monkeypatch.setattr(self.client, "_send", send)
            monkeypatch.setattr(aio.asyncio, "sleep", sleep)
        self.client.tokens = Tokens()

    def _answer(self, request):
        self.sent.append(request)
        result = self.answers.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    def call(self, function):
        """Call a function of the client and return its result, awaited if need be."""
        if self.kind == "sync":
            return function(self.client)

        async def call():
            return await function(self.client)

        return asyncio.run(call())

    def listed(self, function):
        if self.kind == "sync":
            return list(function(self.client))

        async def collect():
            return [item async for item in function(self.client)]

        return asyncio.run(collect())


TLS = ssl.create_default_context()


@pytest.fixture(autouse=True)
def _tls(monkeypatch):
    # Reading all public authorities for every client would take most of the time of these tests.
    for module in (aio, requests_transport):
        monkeypatch.setattr(module, "ssl_context", lambda ca_bundle: TLS)


@pytest.fixture(params=["sync", "aio"])
def driver(request, monkeypatch):
    return Driver(request.param, monkeypatch)


class TestRun:
    def test_results_go_in_and_the_return_value_comes_out(self, driver):
        def procedure():
            response = yield Send(REQUEST)
            assert (yield Sleep(2.5)) is None
            token = yield GetToken()
            other = yield GetToken(token)
            return response.status, token, other

        driver.answers = [answer(204)]
        assert driver.call(lambda client: client.run(procedure())) == (204, "token-1", "token-2")
        assert driver.sent == [REQUEST]
        assert driver.slept == [2.5]
        assert driver.client.tokens.signed_in == [None, "token-1"]

    def test_a_procedure_without_commands(self, driver):
        def procedure():
            return "at once"
            yield

        assert driver.call(lambda client: client.run(procedure())) == "at once"

    def test_a_transport_error_is_thrown_in_and_may_be_handled(self, driver):
        def procedure():
            try:
                yield Send(REQUEST)
            except TransportError as error:
                second = yield Send(REQUEST)
                return str(error), second.status

        driver.answers = [TransportError("gone"), answer(200)]
        assert driver.call(lambda client: client.run(procedure())) == ("gone", 200)

    def test_an_error_of_the_sign_in_is_thrown_in(self, driver):
        def refuse(refused=None):
            raise PartnerCenterAuthenticationError("no")

        def procedure():
            try:
                yield GetToken()
            except PartnerCenterAuthenticationError:
                return "thrown"

        driver.client.tokens.get = refuse
        assert driver.call(lambda client: client.run(procedure())) == "thrown"

    def test_what_the_procedure_does_not_handle_comes_out(self, driver):
        def procedure():
            yield Send(REQUEST)

        driver.answers = [TransportError("gone")]
        with pytest.raises(TransportError, match="gone"):
            driver.call(lambda client: client.run(procedure()))

    def test_what_the_procedure_raises_comes_out(self, driver):
        def procedure():
            yield Sleep(0)
            raise PartnerCenterThrottledError("too many")

        with pytest.raises(PartnerCenterThrottledError):
            driver.call(lambda client: client.run(procedure()))

    def test_a_whole_exchange(self, driver):
        driver.answers = [answer(401), answer(200, [{"qualification": "StateOwnedEntity"}])]
        (entry,) = driver.call(lambda client: client.get_qualifications(CUSTOMER))
        assert str(entry.qualification) == "StateOwnedEntity"
        assert [request.headers["Authorization"] for request in driver.sent] == ["Bearer token-1", "Bearer token-2"]


OPERATIONS = [name for name, value in vars(Operations).items() if isinstance(value, Operation)]


class TestOperations:
    def test_every_endpoint_is_offered(self):
        public = {
            name
            for name, value in vars(endpoints).items()
            if inspect.isfunction(value) and name.startswith(("get_", "create_", "update_"))
        }
        assert set(OPERATIONS) == public

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_the_method_has_the_endpoint_s_signature_and_documentation(self, driver, name):
        method, endpoint = getattr(driver.client, name), getattr(endpoints, name)
        assert inspect.signature(method) == inspect.signature(endpoint)
        assert method.__name__ == name
        assert method.__doc__ == endpoint.__doc__ == getattr(type(driver.client), name).__doc__

    @pytest.mark.parametrize(
        ("name", "arguments", "body", "result"),
        [
            ("get_qualification", (CUSTOMER,), "education", "Education"),
            ("update_qualification", (CUSTOMER, "Education"), "education", "Education"),
            ("get_qualifications", (CUSTOMER,), [], "[]"),
            ("create_qualification", (CUSTOMER, "Education"), [], "[]"),
            ("get_validation_codes", (), [], "[]"),
        ],
    )
    def test_one_declaration_works_for_both(self, driver, name, arguments, body, result):
        driver.answers = [answer(200, body)]
        assert str(driver.call(lambda client: getattr(client, name)(*arguments))) == result

    def test_on_the_class_it_is_the_declaration(self):
        assert isinstance(PartnerCenterClient.get_customer, Operation)


def test_the_list_of_customers_follows_pages(driver):
    def page(number, more):
        following = {"next": {"headers": [{"key": "MS-ContinuationToken", "value": f"after-{number}"}]}}
        return answer(200, {"items": [{"id": f"c-{number}"}], "links": following if more else None})

    driver.answers = [page(1, True), page(2, True), page(3, False)]
    customers = driver.listed(lambda client: client.get_customers(page_size=1, starts_with={"Domain": "elm"}))
    assert [customer.id for customer in customers] == ["c-1", "c-2", "c-3"]
    assert [request.headers.get("MS-ContinuationToken") for request in driver.sent] == [None, "after-1", "after-2"]
    assert ["size=1" in request.url for request in driver.sent] == [True, False, False]


def test_many_waits_sign_in_once(monkeypatch):
    driver = Driver("aio", monkeypatch)

    async def together():
        return await asyncio.gather(*(driver.client._obey(GetToken()) for _ in range(20)))

    assert set(asyncio.run(together())) == {"token-1"}
    assert driver.client.tokens.signed_in == [None]


def test_the_session_is_closed_when_the_last_user_leaves():
    closed = []

    async def close():
        closed.append(True)

    async def scenario():
        client = AsyncPartnerCenterClient(SETTINGS)
        client._session = SimpleNamespace(close=close)
        async with client:
            async with client:
                pass
            assert not closed
        assert closed == [True]
        assert client._session is None

    asyncio.run(scenario())


KEY = SimpleNamespace(ssl=True, host="api.example.test", port=443, is_ssl=True)
REFUSED = ConnectionRefusedError(111, "refused")


def request_error(reason):
    pool_error = urllib3.exceptions.MaxRetryError(None, "/", reason)
    return requests.ConnectionError(pool_error)


@pytest.mark.parametrize(
    ("problem", "sent", "permanent"),
    [
        (requests.exceptions.SSLError("x"), False, True),
        (requests.exceptions.ProxyError("x"), False, False),
        (requests.exceptions.ConnectTimeout("x"), False, False),
        (requests.exceptions.ReadTimeout("x"), True, False),
        (request_error(urllib3.exceptions.NewConnectionError(None, "x")), False, False),
        (request_error(urllib3.exceptions.ProtocolError("x")), True, False),
        (requests.ConnectionError("aborted"), True, False),
        (requests.exceptions.InvalidURL("x"), False, True),
        (requests.exceptions.InvalidSchema("x"), False, True),
        (urllib3.exceptions.ProtocolError("x"), True, False),
        (requests.exceptions.ChunkedEncodingError("x"), True, False),
        (ConnectionResetError("x"), True, False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_transport_errors_of_requests(problem, sent, permanent):
    error = requests_transport.transport_error(problem)
    assert (error.sent, error.permanent) == (sent, permanent)


@pytest.mark.parametrize(
    ("problem", "sent", "permanent"),
    [
        (aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLError(1, "x")), False, True),
        (aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "x")), False, True),
        (aiohttp.ClientProxyConnectionError(KEY, REFUSED), False, False),
        (aiohttp.ClientConnectorError(KEY, REFUSED), False, False),
        (aiohttp.ConnectionTimeoutError("x"), False, False),
        (aiohttp.SocketTimeoutError("x"), True, False),
        (TimeoutError("x"), True, False),
        (aiohttp.ServerDisconnectedError("x"), True, False),
        (aiohttp.ClientPayloadError("x"), True, False),
        (aiohttp.ClientOSError(104, "x"), True, False),
        (aiohttp.InvalidURL("x"), False, True),
        (ConnectionResetError("x"), True, False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_transport_errors_of_aiohttp(problem, sent, permanent):
    error = aio._transport_error(problem)
    assert (error.sent, error.permanent) == (sent, permanent)
