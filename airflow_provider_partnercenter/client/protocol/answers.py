"""Read an answer of the API: the result that an endpoint finds in it, or the error that it means. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterUnexpectedResponseError
from airflow_provider_partnercenter.client.protocol.error_answers import error_from_response
from airflow_provider_partnercenter.client.protocol.error_bodies import is_error, says_why
from airflow_provider_partnercenter.client.protocol.retry import read_retry_after
from airflow_provider_partnercenter.client.protocol.texts import one_line
from airflow_provider_partnercenter.client.wire import loads

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.protocol.commands import Response
    from airflow_provider_partnercenter.client.protocol.endpoints import Endpoint

T = TypeVar("T")

# Characters of an id of the service; a GUID has 36.
_LONGEST_ID = 100


def read_answer(endpoint: Endpoint[T], response: Response, token: str, *, request_id: str, correlation_id: str) -> T:
    """
    Return what an endpoint reads from an answer.

    :param token: the access token of the call. An answer that quotes it does not reveal it.
    :param request_id: the ``MS-RequestId`` of the call.
    :param correlation_id: the ``MS-CorrelationId`` of the call.
    :raises PartnerCenterUnexpectedResponseError: if the answer of a success cannot be read.
    :raises PartnerCenterError: if the service refused the call, also with the status of a success.
    """
    document: Any = None
    problem: Exception | None = None
    refused = not 200 <= response.status < 300
    if not refused:
        try:
            document = loads(response.body)
            if not (refused := is_error(document)):
                return _result(endpoint, response, document)
        except (ValueError, TypeError) as unreadable:
            problem, refused = unreadable, says_why(document, response.body)
    if refused:
        raise _refusal(endpoint, response, token, request_id, correlation_id)
    raise PartnerCenterUnexpectedResponseError(
        f"{endpoint.what}: the answer cannot be read: {str(problem)[:200]}",
        status=response.status,
        hint="a proxy or gateway may have answered instead of Partner Center; try again later",
        # The service accepted the call, so a write was carried out even if its answer makes no sense.
        outcome_unknown=not endpoint.repeatable,
        request_id=request_id,
        correlation_id=correlation_id,
    ) from problem


def _result(endpoint: Endpoint[T], response: Response, document: Any) -> T:
    # Only 204 and "null" mean that there is nothing. A lost body does not mean "no qualifications".
    nothing = document is None and endpoint.method == "GET" and response.status != 204
    if nothing and b"null" not in response.body:
        raise ValueError("it is empty")
    return endpoint.parse(response.header(endpoint.header) if endpoint.header else document)


def _refusal(
    endpoint: Endpoint[Any], response: Response, token: str, request_id: str, correlation_id: str
) -> PartnerCenterError:
    def own(name: str) -> str | None:
        # The service names the ids under which it logged the call. Support asks for them.
        value = one_line((response.header(name) or "")[:_LONGEST_ID])
        return value if value and value.lower() not in (request_id.lower(), correlation_id.lower()) else None

    return error_from_response(
        endpoint.what,
        response.status,
        response.body.replace(token.encode(), b"***") if token else response.body,
        reason=response.reason,
        retry_after=read_retry_after(response.header("Retry-After"), response.header("Date")),
        write=not endpoint.repeatable,
        hint=endpoint.hints.get(response.status),
        customer=endpoint.about_customer,
        request_id=request_id,
        correlation_id=correlation_id,
        service_request_id=own("MS-RequestId"),
        service_correlation_id=own("MS-CorrelationId"),
    )
