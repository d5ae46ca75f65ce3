"""
A common interface to both generations of the qualification API, so that :func:`.submission.submit` serves both.

Microsoft calls them "asynchronous validation" (``/qualifications``) and "synchronous validation" (``/qualification``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification, VettingStatus
from airflow_provider_partnercenter.client.protocol import endpoints

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.protocol.commands import Procedure
    from airflow_provider_partnercenter.client.protocol.endpoints import Endpoint
    from airflow_provider_partnercenter.client.protocol.exchange import Exchange
    from airflow_provider_partnercenter.qualification.request import SubmissionRequest

Entries = Sequence[CustomerQualification]


@dataclass(frozen=True, slots=True)
class Generation:
    """
    One of the two generations of the API: how to read a customer's qualifications, and how to request one.

    :param read: reads all qualifications of the customer.
    :param request: takes the ``MS-RequestId`` and the validation code (``None`` if not needed), and returns what would
        be sent.
    :param write: takes the same, sends the request and returns the qualifications that the answer lists.
    """

    read: Callable[[], Procedure[Entries]]
    request: Callable[[str, str | None], Endpoint[Any]]
    write: Callable[[str, str | None], Procedure[Entries]]


def generation(exchange: Exchange, request: SubmissionRequest, *, legacy: bool) -> Generation:
    """
    Return one of the two generations.

    :param legacy: whether synchronous validation is wanted.
    """
    return (synchronous_validation if legacy else asynchronous_validation)(exchange, request)


def asynchronous_validation(exchange: Exchange, request: SubmissionRequest) -> Generation:
    """Return the generation of ``/qualifications``: a list with vetting."""

    def post(request_id: str, validation_code: str | None) -> Endpoint[list[CustomerQualification]]:
        return endpoints.create_qualification(
            request.customer_id,
            request.qualification,
            education_segment=request.education_segment,
            website=request.website,
            validation_code=validation_code,
            request_id=request_id,
        )

    def write(request_id: str, validation_code: str | None) -> Procedure[Entries]:
        return exchange.send(post(request_id, validation_code))

    return Generation(lambda: exchange.send(endpoints.get_qualifications(request.customer_id)), post, write)


def synchronous_validation(exchange: Exchange, request: SubmissionRequest) -> Generation:
    """
    Return the generation of the legacy ``/qualification``: one value without vetting, which can be set once.

    It does not show denials, so the list of the other generation is read as well, if it is available.
    """

    def read() -> Procedure[Entries]:
        held = yield from exchange.send(endpoints.get_qualification(request.customer_id))
        if held is not Qualification.NONE:
            if held is not request.qualification:
                raise PartnerCenterInvalidRequestError(
                    f"Customer {request.customer_id}: already qualified as {held}, not as {request.qualification}",
                    hint="nothing was changed; use asynchronous validation for a second qualification",
                    correlation_id=exchange.correlation_id,
                )
            return [_set(request)]
        try:
            return (yield from exchange.send(endpoints.get_qualifications(request.customer_id)))
        except PartnerCenterError as error:
            if error.retryable:
                raise
            return []

    def put(request_id: str, validation_code: str | None) -> Endpoint[Qualification | str]:
        endpoint = endpoints.update_qualification(
            request.customer_id, request.qualification, validation_code=validation_code
        )
        return replace(endpoint, request_id=request_id)

    def write(request_id: str, validation_code: str | None) -> Procedure[Entries]:
        yield from exchange.send(put(request_id, validation_code))
        return [_set(request)]

    return Generation(read, put, write)


def _set(request: SubmissionRequest) -> CustomerQualification:
    """Return the legacy value as an entry of the list: a granted qualification."""
    return CustomerQualification(request.qualification, VettingStatus.APPROVED)
