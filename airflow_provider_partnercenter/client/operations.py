"""The operations that both clients offer, each declared once: the synchronous client returns, the other is awaited."""

from __future__ import annotations

from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, overload

from airflow_provider_partnercenter.client import endpoints

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from airflow_provider_partnercenter.client.endpoints import Endpoint

P = ParamSpec("P")
T = TypeVar("T")


class Sender(Protocol):
    """A client that returns results."""

    def send(self, endpoint: Endpoint[T]) -> T: ...


class AsyncSender(Protocol):
    """A client whose results are awaited."""

    async def send(self, endpoint: Endpoint[T]) -> T: ...


class Operation(Generic[P, T]):
    """
    A method that sends an endpoint: ``get_customer = Operation(endpoints.get_customer)``.

    :param endpoint: the function that describes the call; the method has its arguments and its documentation.
    """

    def __init__(self, endpoint: Callable[P, Endpoint[T]]) -> None:
        self._endpoint = endpoint
        self.__doc__ = endpoint.__doc__

    @overload
    def __get__(self, client: AsyncSender, owner: type) -> Callable[P, Awaitable[T]]: ...
    @overload
    def __get__(self, client: Sender, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: None, owner: type) -> Operation[P, T]: ...

    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return self

        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            return client.send(self._endpoint(*args, **kwargs))

        return update_wrapper(call, self._endpoint)


class Operations:
    """What can be asked of Partner Center, whichever the client."""

    get_qualification = Operation(endpoints.get_qualification)
    update_qualification = Operation(endpoints.update_qualification)
    get_qualifications = Operation(endpoints.get_qualifications)
    create_qualification = Operation(endpoints.create_qualification)
    get_validation_codes = Operation(endpoints.get_validation_codes)
    get_customer = Operation(endpoints.get_customer)
    get_customers_page = Operation(endpoints.get_customers_page)
