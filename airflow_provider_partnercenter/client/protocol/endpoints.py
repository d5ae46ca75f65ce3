"""The REST operations. One function for each says what to send and how to read the answer, for both clients. No I/O."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from airflow_provider_partnercenter.client.models import (
    Customer,
    CustomerPage,
    CustomerQualification,
    EducationSegment,
    Qualification,
    ValidationCode,
)
from airflow_provider_partnercenter.client.protocol.arguments import (
    customer_guid,
    for_header,
    optional_text,
    read_filter,
    to_qualification,
    to_segment,
    whole_number,
)
from airflow_provider_partnercenter.client.protocol.paging import read_customer_page, readable
from airflow_provider_partnercenter.client.wire import Members, key_of

log = logging.getLogger(__name__)

T = TypeVar("T")

# A customer has at most three requests for each of two vetted qualifications, and one that is not vetted.
_MAX_ENTRIES = 20

# Microsoft announced their end for February 2021 (page ``api-change-log``), but the REST reference still has them.
_RETIRED = dict.fromkeys(
    (404, 405, 410), "Microsoft may have retired this endpoint; use asynchronous validation (validation='asynchronous')"
)

_ABOUT_CUSTOMER = re.compile("/v1/customers/[0-9a-f-]{36}(/|$)")

# The members of a collection besides its items.
_ENVELOPE = frozenset({"totalcount", "links", "attributes"})


@dataclass(slots=True)
class Endpoint(Generic[T]):
    """
    One call of the API.

    :param what: the operation and its customer in words, for error messages and logs.
    :param method: the HTTP method.
    :param path: the path below the API's base URL, with the version.
    :param parse: reads the JSON document of a 2xx answer (``None`` without a body); raises ``ValueError`` if it cannot.
    :param query: query parameters.
    :param headers: headers beyond those of every call.
    :param body: the JSON document to send.
    :param request_id: the ``MS-RequestId`` to use; a fresh one if ``None``.
    :param repeatable: whether a call without an answer may simply be sent again; false for a submission, because a
        repeated one costs the customer one of three verification attempts.
    :param waiting: whether this call is a poll for a verdict. Polls use only a share of the request budget.
    :param hints: hints by HTTP status, for statuses with a better hint than the general table has.
    :param header: the header of the answer whose value (``None`` if missing) ``parse`` reads instead of the document.
    """

    what: str
    method: str
    path: str
    parse: Callable[[Any], T]
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    request_id: str | None = None
    repeatable: bool = True
    waiting: bool = False
    hints: Mapping[int, str] = field(default_factory=dict)
    header: str | None = None

    @property
    def about_customer(self) -> bool:
        """Whether the call is about one customer, whose id is in the path."""
        return _ABOUT_CUSTOMER.match(self.path) is not None

    @property
    def content(self) -> bytes | None:
        """The request body as bytes, or ``None``."""
        return None if self.body is None else json.dumps(self.body).encode()


def get_qualifications(customer_id: str, *, waiting: bool = False) -> Endpoint[list[CustomerQualification]]:
    """
    GET ``/customers/{id}/qualifications`` (asynchronous validation).

    :param customer_id: the customer's tenant id, a GUID.
    :param waiting: whether this call is a poll for a verdict. Polls use only a share of the request budget.
    :return: the customer's entries; an empty list for an unqualified customer.
    """
    customer = customer_guid(customer_id)
    return Endpoint(
        f"Customer {customer}: reading the qualifications",
        "GET",
        f"/v1/customers/{customer}/qualifications",
        read_qualifications,
        waiting=waiting,
    )


def create_qualification(
    customer_id: str,
    qualification: Qualification | str,
    *,
    education_segment: EducationSegment | str | None = None,
    website: str | None = None,
    validation_code: str | None = None,
    request_id: str | None = None,
) -> Endpoint[list[CustomerQualification]]:
    """
    POST ``/customers/{id}/qualifications`` (asynchronous validation). Requires App+User.

    The parameters are those of :func:`.operations.create_qualification`. The validation code is sent in the body and in
    the query: Microsoft's pages disagree on its place, and none says that the two conflict.
    """
    customer, wanted, code = (
        customer_guid(customer_id),
        to_qualification(qualification),
        optional_text(validation_code, "validation_code"),
    )
    body = {
        "qualification": wanted.api_name,
        "educationSegment": to_segment(education_segment),
        "website": optional_text(website, "website"),
        "validationCode": code,
    }
    return Endpoint(
        f"Customer {customer}: submitting {wanted}",
        "POST",
        f"/v1/customers/{customer}/qualifications",
        read_qualifications,
        query={"code": code} if code else {},
        body={name: value for name, value in body.items() if value is not None},
        request_id=None if request_id is None else for_header(request_id, "request_id"),
        repeatable=False,
    )


def get_qualification(customer_id: str) -> Endpoint[Qualification | str]:
    """
    GET ``/customers/{id}/qualification`` (synchronous validation, legacy).

    :param customer_id: the customer's tenant id, a GUID.
    :return: the qualification, or the string as received if it is unknown to this version.
    """
    customer = customer_guid(customer_id)
    return Endpoint(
        f"Customer {customer}: reading the qualification (synchronous validation)",
        "GET",
        f"/v1/customers/{customer}/qualification",
        read_single_qualification,
        hints=_RETIRED,
    )


def update_qualification(
    customer_id: str, qualification: Qualification | str, *, validation_code: str | None = None
) -> Endpoint[Qualification | str]:
    """
    PUT ``/customers/{id}/qualification`` (synchronous validation, legacy). The body is the enumeration's number.

    :param customer_id: the customer's tenant id, a GUID.
    :param qualification: the qualification to set.
    :param validation_code: required for ``GovernmentCommunityCloud``.
    :return: the qualification in the answer.
    """
    customer, wanted, code = (
        customer_guid(customer_id),
        to_qualification(qualification),
        optional_text(validation_code, "validation_code"),
    )
    return Endpoint(
        f"Customer {customer}: setting {wanted} (synchronous validation)",
        "PUT",
        f"/v1/customers/{customer}/qualification",
        read_single_qualification,
        query={"code": code} if code else {},
        body=wanted.value,
        repeatable=False,
        hints=_RETIRED,
    )


def get_validation_codes() -> Endpoint[list[ValidationCode]]:
    """GET ``/customers/all/validations``: return the partner's validation codes for the Government Community Cloud."""
    return Endpoint(
        "Reading the validation codes",
        "GET",
        "/v1/customers/all/validations",
        _read_validation_codes,
    )


def get_customer(customer_id: str) -> Endpoint[Customer]:
    """GET ``/customers/{id}``: return one customer."""
    customer = customer_guid(customer_id)
    return Endpoint(
        f"Customer {customer}: reading the customer", "GET", f"/v1/customers/{customer}", Customer.from_json
    )


def get_customers_page(
    *, page_size: int = 500, starts_with: Mapping[str, str] | None = None, continuation: str | None = None
) -> Endpoint[CustomerPage]:
    """
    GET ``/customers``: one page of the customer list.

    :param page_size: how many customers to request; the service may return fewer.
    :param starts_with: at most one filter: a field (``CompanyName`` or ``Domain``) and the beginning of its value.
    :param continuation: the token of the previous page. It contains size and filter, which are not sent again.
    """
    if continuation is not None:
        query, headers = {"seekOperation": "Next"}, {"MS-ContinuationToken": for_header(continuation, "continuation")}
    else:
        query, headers = {"size": str(whole_number(page_size, "page_size"))}, {}
        if filtered := read_filter(starts_with):
            query["filter"] = json.dumps({"Field": filtered[0], "Value": filtered[1], "Operator": "starts_with"})
    return Endpoint("Listing the customers", "GET", "/v1/customers", read_customer_page, query=query, headers=headers)


def is_mfa_compliant() -> Endpoint[bool | None]:
    """
    GET ``/customers`` with ``ValidateMfa``: return whether the token's user has signed in with MFA.

    :return: whether the user has, or ``None`` if the service does not say, as for an App-only token, which has no user.
    """
    return Endpoint(
        "Checking the sign-in",
        "GET",
        "/v1/customers",
        _read_flag,
        query={"size": "1"},
        headers={"ValidateMfa": "true"},
        header="isMfaCompliant",
    )


def read_qualifications(document: Any) -> list[CustomerQualification]:
    """
    Read the answer of ``/qualifications`` in every shape that is documented or was seen.

    It is an array, an object with a member ``qualifications`` or ``items``, a single object, or a bare name or number.
    An empty body and the qualification ``None`` give an empty list. An entry that cannot be read is an error: if it was
    left out, a request might be submitted a second time.

    :raises ValueError: if the document is none of these.
    """
    entries = [CustomerQualification.from_json(item) for item in _items(document, "qualifications", "items")]
    if len(entries) > _MAX_ENTRIES:
        raise ValueError(f"it lists {len(entries)} qualifications, more than a customer can have")
    return [entry for entry in entries if entry.qualification is not Qualification.NONE]


def read_single_qualification(document: Any) -> Qualification | str:
    """Read the answer of the legacy ``/qualification``. If it is a list, read its first entry."""
    entries = [CustomerQualification.from_json(item) for item in _items(document, "qualifications", "items")]
    return entries[0].qualification if entries else Qualification.NONE


def _read_flag(value: str | None) -> bool | None:
    return {"true": True, "false": False}.get((value or "").strip().lower())


def _read_validation_codes(document: Any) -> list[ValidationCode]:
    items = _items(document, "items")
    # A code without an id is of no use.
    codes = readable(items, ValidationCode.from_json)
    if len(codes) < len(items):
        log.warning("Reading the validation codes: %d have no id and were left out.", len(items) - len(codes))
    return codes


def _items(document: Any, *names: str) -> list[Any]:
    """Return the items of a list, whether bare or in one of the named members. Any other document is a single item."""
    if document is None:
        return []
    if isinstance(document, list):
        return document
    if isinstance(document, Mapping):
        members = Members(document)
        for name in names:
            if isinstance(inner := members.get(name), list):
                return inner
        # {"qualifications": null} means that there are none; an object with other members is a single entry.
        if not set(map(key_of, document)).isdisjoint(names) and set(members) <= _ENVELOPE:
            return []
    return [document]
