"""The synchronous client, on ``requests``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.auth.tokens import TokenSource
from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.operations import Operations
from airflow_provider_partnercenter.client.protocol.commands import (
    Call,
    Command,
    GetToken,
    Procedure,
    Send,
    Sleep,
    TransportError,
    advance,
)
from airflow_provider_partnercenter.client.settings import CONNECT_TIMEOUT, ClientSettings
from airflow_provider_partnercenter.client.transport.with_requests import RequestsTransport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.client.auth.tokens import RefreshTokenStore
    from airflow_provider_partnercenter.client.protocol.endpoints import Endpoint
    from airflow_provider_partnercenter.client.protocol.paging import Paging

T = TypeVar("T")


class PartnerCenterClient(Operations):
    """
    A client that blocks until the answer has arrived. Several threads must not use it at the same time.

    :param settings: the credentials, the address and the limits.
    :param refresh_tokens: where the refresh token is stored; in memory by default.
    :raises PartnerCenterConfigurationError: if the CA file cannot be read.
    """

    def __init__(self, settings: ClientSettings, refresh_tokens: RefreshTokenStore | None = None) -> None:
        self.settings = settings
        self.exchange = settings.exchange()
        self._transport = RequestsTransport(settings.ca_bundle, CONNECT_TIMEOUT, settings.timeout)
        self.tokens = TokenSource(
            settings.credentials,
            self._transport,
            refresh_tokens=refresh_tokens,
            on_secret=settings.on_secret,
            on_sign_in=settings.on_sign_in,
            observer=settings.observer,
        )

    def send(self, endpoint: Endpoint[T]) -> T:
        """
        Make one call.

        :param endpoint: what to send and how to read the answer.
        :return: what the endpoint reads from the answer.
        :raises PartnerCenterError: if the call fails.
        """
        return self.run(self.exchange.send(endpoint))

    def run(self, procedure: Procedure[T]) -> T:
        """Carry out the commands of a procedure one by one, and return its result."""
        outcome: Any = None
        while True:
            try:
                command = advance(procedure, outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                outcome = self._obey(command)
            except (TransportError, PartnerCenterError) as failure:
                outcome = failure

    def walk(self, pages: Paging[T]) -> Iterator[T]:
        """
        Request the pages of a list one by one, and iterate over what is on them.

        :raises PartnerCenterError: if a page cannot be read, or if the list does not come to an end.
        """
        while (request := pages.next) is not None:
            yield from pages.take(self.send(request))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _obey(self, command: Command) -> Any:
        match command:
            case Send(request, timeout):
                return self._transport.send(request, timeout)
            case Sleep(seconds):
                return clock.sleep(seconds)
            case GetToken(refused, timeout):
                # It applies to each request of MSAL, and cannot be nothing.
                self._transport.timeout = min(self.settings.timeout, max(1.0, timeout))
                return self.tokens.cached(refused) or self.tokens.get(refused)
            case Call(function):
                return function()
