"""Both clients, driven by a script instead of a network."""

from __future__ import annotations

import asyncio
import inspect
import ssl
import threading
import weakref
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_partnercenter.client import clock, operations
from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterInvalidRequestError,
    PartnerCenterThrottledError,
)
from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification, VettingStatus
from airflow_provider_partnercenter.client.operations import Operation, Operations
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.client.protocol.commands import (
    GetToken,
    Request,
    Response,
    Send,
    Sleep,
    TransportError,
)
from airflow_provider_partnercenter.client.settings import ClientSettings
from airflow_provider_partnercenter.client.sync import PartnerCenterClient
from airflow_provider_partnercenter.client.transport import with_aiohttp, with_requests
from tests.support.bench import BASE_URL, CUSTOMER, answer

CREDENTIALS = Credentials("app", "tenant", "https://login.example.test", "scope", client_secret="s")
SETTINGS = ClientSettings(CREDENTIALS, BASE_URL, requests_per_minute=0)
REQUEST = Request("GET", BASE_URL, {})


class Tokens:
    """Stands in for the token source."""

    def __init__(self):
        self.current, self.signed_in, self.failures = None, [], 0

    def cached(self, refused=None):
        return self.current if self.current != refused else None

    def get(self, refused=None, failures=None):
        self.signed_in.append(refused)
        self.current = f"token-{len(self.signed_in)}"
        return self.current


class Driver:
    """One of the clients, obeying from a script, called alike."""

    def __init__(self, kind, monkeypatch):
        self.kind, self.sent, self.timeouts, self.answers = kind, [], [], []
        self.slept: list[float] = []
        # Either of them, with stand-ins in the place of its parts.
        self.client: Any
        if kind == "sync":
            self.client = PartnerCenterClient(SETTINGS)
            self.client._transport = SimpleNamespace(send=self._answer)
            monkeypatch.setattr(clock.source, "sleep", self.slept.append)
        else:
            self.client = AsyncPartnerCenterClient(SETTINGS)

            async def send(request, seconds):
                return self._answer(request, seconds)

            async def sleep(seconds):
                self.slept.append(seconds)

            self.client._transport = SimpleNamespace(send=send)
            monkeypatch.setattr(clock.source, "async_sleep", sleep)
        self.client.tokens = Tokens()

    def _answer(self, request, timeout):
        self.sent.append(request)
        self.timeouts.append(timeout)
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
    for module in (with_aiohttp, with_requests):
        monkeypatch.setattr(module, "ssl_context", lambda ca_bundle: TLS)


@pytest.fixture(params=["sync", "aio"])
def driver(request, monkeypatch):
    return Driver(request.param, monkeypatch)


class TestRun:
    def test_results_go_in_and_the_return_value_comes_out(self, driver):
        def procedure():
            response = yield Send(REQUEST, 7.5)
            assert (yield Sleep(2.5)) is None
            token = yield GetToken()
            other = yield GetToken(token)
            return response.status, token, other

        driver.answers = [answer(204)]
        assert driver.call(lambda client: client.run(procedure())) == (204, "token-1", "token-2")
        assert (driver.sent, driver.timeouts) == ([REQUEST], [7.5])
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
                yield Send(REQUEST, 7.5)
            except TransportError as error:
                second = yield Send(REQUEST, 7.5)
                return str(error), second.status

        driver.answers = [TransportError("gone"), answer(200)]
        assert driver.call(lambda client: client.run(procedure())) == ("gone", 200)

    def test_an_error_of_the_sign_in_is_thrown_in(self, driver):
        def refuse(refused=None, failures=None):
            raise PartnerCenterAuthenticationError("no")

        def procedure():
            try:
                yield GetToken()
            except PartnerCenterAuthenticationError:
                return "thrown"

        driver.client.tokens.get = refuse
        assert driver.call(lambda client: client.run(procedure())) == "thrown"

    def test_a_sign_in_that_takes_too_long_names_the_login_service(self, monkeypatch):
        def procedure():
            yield GetToken(timeout=0.0)

        with pytest.raises(TransportError, match=r"the sign-in at https://login\.example\.test took too long"):
            Driver("aio", monkeypatch).call(lambda client: client.run(procedure()))

    def test_what_the_procedure_does_not_handle_comes_out(self, driver):
        def procedure():
            yield Send(REQUEST, 7.5)

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
            if inspect.isfunction(value) and name.startswith(("get_", "create_", "replace_", "send_", "update_", "is_"))
        }
        assert set(OPERATIONS) == public

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_the_method_has_the_endpoint_s_signature_and_documentation(self, driver, name):
        method, endpoint = getattr(driver.client, name), getattr(endpoints, name)
        assert inspect.signature(method).parameters == inspect.signature(endpoint).parameters
        assert method.__name__ == name
        described = vars(operations).get(name, endpoint)
        assert method.__doc__ == described.__doc__ == getattr(type(driver.client), name).__doc__

    @pytest.mark.parametrize(
        ("name", "arguments", "body", "result"),
        [
            ("get_qualification", (CUSTOMER,), "education", "Education"),
            ("update_qualification", (CUSTOMER, "Education"), "education", "Education"),
            ("get_qualifications", (CUSTOMER,), [], "[]"),
            ("get_validation_codes", (), [], "[]"),
        ],
    )
    def test_one_declaration_works_for_both(self, driver, name, arguments, body, result):
        driver.answers = [answer(200, body)]
        assert str(driver.call(lambda client: getattr(client, name)(*arguments))) == result

    def test_an_operation_of_several_calls_works_for_both(self, driver):
        driver.answers = [answer(201), answer(200, [{"qualification": "Education", "vettingStatus": "InReview"}])]
        made = driver.call(lambda client: client.create_qualification(CUSTOMER, "Education"))
        assert made == CustomerQualification(Qualification.EDUCATION, VettingStatus.IN_REVIEW)
        assert [request.method for request in driver.sent] == ["POST", "GET"]
        assert len({request.headers["MS-CorrelationId"] for request in driver.sent}) == 1

    def test_its_arguments_are_checked_at_once(self, driver):
        with pytest.raises(PartnerCenterInvalidRequestError):
            driver.client.create_qualification("contoso", "Education")

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


def test_who_waits_for_a_sign_in_that_fails_fails_with_it(monkeypatch):
    driver, attempts, begun = Driver("aio", monkeypatch), [], threading.Event()

    def fail(refused=None, failures=None):
        begun.wait()
        if driver.client.tokens.failures > failures:
            raise PartnerCenterAuthenticationError("the same")
        attempts.append(refused)
        driver.client.tokens.failures += 1
        raise PartnerCenterAuthenticationError("no")

    driver.client.tokens.get = fail

    async def together():
        waits = [asyncio.ensure_future(driver.client._obey(GetToken())) for _ in range(20)]
        await asyncio.sleep(0)
        begun.set()
        return await asyncio.gather(*waits, return_exceptions=True)

    assert sorted({str(error) for error in asyncio.run(together())}) == ["no.", "the same."]
    assert attempts == [None]


def test_a_wait_does_not_keep_its_last_answer(monkeypatch):
    class Answer(Response):
        """An answer that can be referred to weakly."""

    client, answers, kept = Driver("aio", monkeypatch).client, [], []

    async def send(request, seconds):
        answers.append(weakref.ref(found := Answer(200, {}, b"")))
        return found

    async def sleep(seconds):
        kept.append(answers[-1]())

    client._transport = SimpleNamespace(send=send)
    monkeypatch.setattr(clock.source, "async_sleep", sleep)

    def procedure():
        yield Send(REQUEST, 1.0)
        yield Sleep(3600.0)

    asyncio.run(client.run(procedure()))
    assert kept == [None]


def test_the_session_is_closed_when_the_last_user_leaves():
    closed = []

    async def close():
        closed.append("session")

    async def scenario():
        client: Any = AsyncPartnerCenterClient(SETTINGS)
        client._transport._session = SimpleNamespace(close=close)
        client._login = SimpleNamespace(close=lambda: closed.append("login"))
        async with client:
            async with client:
                pass
            assert not closed
        assert closed == ["login", "session"]
        assert client._transport._session is None

    asyncio.run(scenario())
