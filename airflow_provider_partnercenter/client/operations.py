"""The operations of both clients, each declared once. The synchronous client returns results; the other is awaited."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, overload

from airflow_provider_partnercenter.client.entries import current_entry
from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.models import CustomerQualification, EducationSegment, Qualification
from airflow_provider_partnercenter.client.protocol import endpoints, paging
from airflow_provider_partnercenter.client.protocol.arguments import to_qualification
from airflow_provider_partnercenter.client.protocol.commands import Procedure
from airflow_provider_partnercenter.client.protocol.endpoints import Endpoint
from airflow_provider_partnercenter.client.protocol.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterator

    from airflow_provider_partnercenter.client.protocol.paging import Paging

log = logging.getLogger(__name__)

P = ParamSpec("P")

T = TypeVar("T")

# An operation of several calls, with its arguments checked.
Steps = Callable[[Exchange], Procedure[T]]


class Runner(Protocol):
    """A client that carries out an operation at once and returns its result."""

    exchange: Exchange

    def run(self, procedure: Procedure[T]) -> T: ...

    def walk(self, pages: Paging[T]) -> Iterator[T]: ...


class AsyncRunner(Protocol):
    """A client that returns an awaitable for each operation."""

    exchange: Exchange

    async def run(self, procedure: Procedure[T]) -> T: ...

    def walk(self, pages: Paging[T]) -> AsyncIterator[T]: ...


class Operation(Generic[P, T]):
    """
    A method of a client: ``get_customer = Operation(endpoints.get_customer)``.

    :param describe: returns an endpoint to send, or steps to take. The method has its arguments and its docstring.
    """

    def __init__(self, describe: Callable[P, Endpoint[T] | Steps[T]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, client: AsyncRunner, owner: type) -> Callable[P, Awaitable[T]]: ...
    @overload
    def __get__(self, client: Runner, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: None, owner: type) -> Operation[P, T]: ...

    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return self

        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            what = self._describe(*args, **kwargs)
            exchange: Exchange = client.exchange
            return client.run(exchange.send(what) if isinstance(what, Endpoint) else what(exchange))

        return update_wrapper(call, self._describe)


class Listing(Generic[P, T]):
    """
    A method of a client that returns an iterator: ``get_customers = Listing(paging.get_customers)``.

    :param describe: returns the way through the list. The method has its arguments and its docstring.
    """

    def __init__(self, describe: Callable[P, Paging[T]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, client: AsyncRunner, owner: type) -> Callable[P, AsyncIterator[T]]: ...
    @overload
    def __get__(self, client: Runner, owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, client: None, owner: type) -> Listing[P, T]: ...

    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return self

        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            return client.walk(self._describe(*args, **kwargs))

        return update_wrapper(call, self._describe)


def create_qualification(
    customer_id: str,
    qualification: Qualification | str,
    *,
    education_segment: EducationSegment | str | None = None,
    website: str | None = None,
    validation_code: str | None = None,
    request_id: str | None = None,
) -> Steps[CustomerQualification]:
    """
    POST ``/customers/{id}/qualifications`` (asynchronous validation) and return the entry it made; needs App+User.

    The answer is documented in several shapes, one of which is empty. If it does not contain the entry, the entry is
    read. An error of that read is only logged, so that no caller repeats a request that was carried out.

    :param customer_id: the customer's tenant id, a GUID.
    :param qualification: ``Education``, ``GovernmentCommunityCloud`` or ``StateOwnedEntity``.
    :param education_segment: ``K12`` or ``HigherEducation``; required for ``Education``.
    :param website: the school's host name; optional, for ``Education``.
    :param validation_code: required for ``GovernmentCommunityCloud``.
    :param request_id: the ``MS-RequestId``, a GUID, which names the decision to submit; by default a new one. Give the
        same one if you repeat a call whose answer was lost.
    :return: the entry; without a status if the service does not show it yet.
    :raises PartnerCenterError: if the request is refused, or if its outcome is unknown.
    """
    wanted = to_qualification(qualification)
    post = endpoints.create_qualification(
        customer_id,
        wanted,
        education_segment=education_segment,
        website=website,
        validation_code=validation_code,
        request_id=request_id,
    )

    def steps(exchange: Exchange) -> Procedure[CustomerQualification]:
        exchange = exchange.scoped()
        entry = current_entry((yield from exchange.send(post)), wanted)
        if entry is None:
            try:
                entries = yield from exchange.send(endpoints.get_qualifications(customer_id))
                entry = current_entry(entries, wanted)
            except PartnerCenterError as error:
                log.warning("%s The submission itself succeeded.", error)
        return entry or CustomerQualification(wanted)

    return steps


class Operations:
    """The operations of both clients."""

    get_qualification = Operation(endpoints.get_qualification)
    update_qualification = Operation(endpoints.update_qualification)
    get_qualifications = Operation(endpoints.get_qualifications)
    create_qualification = Operation(create_qualification)
    get_validation_codes = Operation(endpoints.get_validation_codes)
    get_customer = Operation(endpoints.get_customer)
    get_customers = Listing(paging.get_customers)
    get_customers_page = Operation(endpoints.get_customers_page)
    get_audit_records = Listing(paging.get_audit_records)
    get_audit_records_page = Operation(endpoints.get_audit_records_page)
    is_mfa_compliant = Operation(endpoints.is_mfa_compliant)
