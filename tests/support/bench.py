"""What the tests of the client share: a clock that moves when told, and a driver that obeys without a network."""

from __future__ import annotations

import heapq
import json
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.protocol.budget import RequestBudget
from airflow_provider_partnercenter.client.protocol.commands import (
    Call,
    GetToken,
    Request,
    Response,
    Send,
    Sleep,
    TransportError,
    advance,
)
from airflow_provider_partnercenter.client.protocol.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

CUSTOMER = "5f0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f"
BASE_URL = "https://api.example.test"
EPOCH = 1_750_000_000.0

Answer = Response | Exception


def answer(status: int = 200, body: Any = b"", reason: str = "", **headers: str) -> Response:
    """Make a response; a body that is not bytes is sent as JSON, ``Retry_After="3"`` becomes ``Retry-After: 3``."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, content, reason)


class Clock:
    """Both clocks of an exchange; only :meth:`advance` moves them."""

    def __init__(self) -> None:
        self.passed = 0.0

    def monotonic(self) -> float:
        return 1000.0 + self.passed

    def now(self) -> float:
        return EPOCH + self.passed

    def advance(self, seconds: float) -> None:
        assert seconds >= 0
        self.passed += seconds


class Bench:
    """
    A driver of procedures without network and without waiting; keeps what it was told to do.

    ``answers`` is a list to be used up or a function of the request; an exception in it is thrown into the procedure.
    ``latency`` is how long each takes, up to the limit that the procedure gave; ``sign_in`` how long a token takes.
    """

    def __init__(
        self,
        answers: list[Answer] | Callable[[Request], Answer],
        *,
        clock: Clock | None = None,
        budget: RequestBudget | None = None,
        tokens: list[str | Exception] | None = None,
        latency: float = 0.0,
        sign_in: float = 0.0,
        chance: float = 0.5,
        **options: Any,
    ) -> None:
        self.clock = clock or Clock()
        self.exchange = Exchange(
            BASE_URL,
            budget=budget or RequestBudget(0),
            monotonic=self.clock.monotonic,
            now=self.clock.now,
            chance=lambda: chance,
            **options,
        )
        self.sent: list[Request] = []
        self.timeouts: list[float] = []
        self.slept: list[float] = []
        self.refused: list[str | None] = []
        self._answers = answers
        self._tokens: list[str | Exception] = list(tokens or [])
        self._latency = latency
        self._sign_in = sign_in

    def run(self, procedure: Generator[Any, Any, Any]) -> Any:
        outcome: Any = None
        while True:
            try:
                command = advance(procedure, outcome)
            except StopIteration as end:
                return end.value
            outcome = self._obey(command)

    def run_all(self, procedures: Iterable[Generator[Any, Any, Any]]) -> list[tuple[float, Any]]:
        """Run procedures at the same time; tell of each how much time had passed at its end, and its result."""
        started = list(procedures)
        ends: list[Any] = [None] * len(started)
        queue: list[tuple[float, int]] = [(self.clock.passed, number) for number in range(len(started))]
        while queue:
            moment, number = heapq.heappop(queue)
            self.clock.passed = max(self.clock.passed, moment)
            outcome: Any = None
            try:
                while not isinstance(command := advance(started[number], outcome), Sleep):
                    outcome = self._obey(command)
            except StopIteration as end:
                ends[number] = (self.clock.passed, end.value)
            else:
                heapq.heappush(queue, (self.clock.passed + command.seconds, number))
        return ends

    def send(self, endpoint: Any) -> Any:
        return self.run(self.exchange.send(endpoint))

    def request_ids(self) -> list[str]:
        return [request.headers["MS-RequestId"] for request in self.sent]

    def _obey(self, command: Any) -> Any:
        match command:
            case Send(request, timeout):
                self.sent.append(request)
                self.timeouts.append(timeout)
                self.clock.advance(min(self._latency, timeout))
                if callable(self._answers):
                    return self._answers(request)
                assert self._answers, f"an unexpected request: {request}"
                return self._answers.pop(0)
            case Sleep(seconds):
                self.slept.append(seconds)
                self.clock.advance(seconds)
                return None
            case GetToken(refused, timeout):
                self.refused.append(refused)
                self.clock.advance(min(self._sign_in, max(0.0, timeout)))
                if self._sign_in > timeout:
                    return TransportError("the sign-in took too long", sent=False)
                return self._tokens.pop(0) if self._tokens else "token"
            case Call(function):
                try:
                    return function()
                except PartnerCenterError as error:
                    return error
        raise AssertionError(f"an unknown command: {command}")
