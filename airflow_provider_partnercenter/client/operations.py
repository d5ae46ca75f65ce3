"""The operations of both clients, each declared once. The synchronous client returns results; the other is awaited."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, overload

from airflow_provider_partnercenter.client.entries import current_entry
from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterNotFoundError
from airflow_provider_partnercenter.client.models import (
    CustomerQualification,
    EducationSegment,
    Qualification,
    WebhookRegistration,
)
from airflow_provider_partnercenter.client.protocol import endpoints, paging
from airflow_provider_partnercenter.client.protocol.arguments import REQUESTABLE, to_qualification
from airflow_provider_partnercenter.client.protocol.commands import Procedure
from airflow_provider_partnercenter.client.protocol.endpoints import Endpoint
from airflow_provider_partnercenter.client.protocol.endpoints.webhooks import ANOTHER_REGISTRATION
from airflow_provider_partnercenter.client.protocol.error_bodies import HTML_PAGE
from airflow_provider_partnercenter.client.protocol.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Collection, Iterator

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
    wanted = to_qualification(qualification, REQUESTABLE)
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


def get_webhook_registration() -> Steps[WebhookRegistration | None]:
    """
    GET ``/webhooks/v1/registration``: return where Partner Center sends which events.

    :return: the tenant's registration; ``None`` if there is none.
    """

    def steps(exchange: Exchange) -> Procedure[WebhookRegistration | None]:
        try:
            return (yield from exchange.send(endpoints.get_webhook_registration()))
        except PartnerCenterNotFoundError as error:
            if (error.description or "").startswith(HTML_PAGE):
                raise  # something else has answered
            return None

    return steps


def create_webhook_registration(
    webhook_url: str, webhook_events: Collection[str], *, signature_token_to_ms_signature_header: bool = False
) -> Steps[WebhookRegistration]:
    """
    POST ``/webhooks/v1/registration``: let Partner Center send events to an address.

    If the answer is lost, the registration is read.

    :param webhook_url: where events are to be sent; https.
    :param webhook_events: the names of the events, at least one.
    :param signature_token_to_ms_signature_header: whether the signature is to be sent in the header
        ``x-ms-signature`` instead of ``Authorization``.
    :return: the registration as the service has it now.
    :raises PartnerCenterInvalidRequestError: if the tenant has a registration already, because it can have only one.
    :raises PartnerCenterError: with ``outcome_unknown`` set if neither the answer nor a read shows what came of it.
    """
    post = endpoints.create_webhook_registration(
        webhook_url,
        webhook_events,
        signature_token_to_ms_signature_header=signature_token_to_ms_signature_header,
    )
    wanted = WebhookRegistration.from_json(post.body)

    def steps(exchange: Exchange) -> Procedure[WebhookRegistration]:
        exchange = exchange.scoped()
        try:
            return (yield from exchange.send(post))
        except PartnerCenterError as error:
            if not (error.outcome_unknown or error.contradictory):
                raise
            lost = error
        try:
            found = yield from get_webhook_registration()(exchange)
        except PartnerCenterError as error:
            log.warning("%s Whether the registration was created is unknown.", error)
            raise lost from error
        if found is not None and found.same_as(wanted):
            return found
        if lost.outcome_unknown:
            lost.outcome_unknown = False
            lost.hint = "a read shows that it was not created; try again" if found is None else ANOTHER_REGISTRATION
        raise lost

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
    get_webhook_registration = Operation(get_webhook_registration)
    create_webhook_registration = Operation(create_webhook_registration)
    replace_webhook_registration = Operation(endpoints.replace_webhook_registration)
    get_webhook_events = Operation(endpoints.get_webhook_events)
    send_validation_event = Operation(endpoints.send_validation_event)
    get_validation_event = Operation(endpoints.get_validation_event)
