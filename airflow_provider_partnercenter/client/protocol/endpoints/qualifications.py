"""Qualifications of a customer, in both generations of the API, and the codes that some of them need."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from airflow_provider_partnercenter.client.models import (
    CustomerQualification,
    EducationSegment,
    Qualification,
    ValidationCode,
)
from airflow_provider_partnercenter.client.protocol.arguments import (
    customer_guid,
    for_header,
    optional_text,
    to_qualification,
    to_segment,
)
from airflow_provider_partnercenter.client.protocol.endpoints.endpoint import Endpoint
from airflow_provider_partnercenter.client.protocol.endpoints.pages import readable
from airflow_provider_partnercenter.client.wire import Members, key_of

log = logging.getLogger(__name__)

# A customer has at most three requests for each of two vetted qualifications, and one that is not vetted.
_MAX_ENTRIES = 20

# Microsoft announced their end for February 2021 (page ``api-change-log``), but the REST reference still has them.
_RETIRED = dict.fromkeys(
    (404, 405, 410), "Microsoft may have retired this endpoint; use asynchronous validation (validation='asynchronous')"
)

# The members of a collection besides its items.
_ENVELOPE = frozenset({"totalcount", "links", "attributes"})


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
        kind="get_qualifications",
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
        kind="create_qualification",
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
        kind="get_qualification",
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
        kind="update_qualification",
    )


def get_validation_codes() -> Endpoint[list[ValidationCode]]:
    """GET ``/customers/all/validations``: return the partner's validation codes for the Government Community Cloud."""
    return Endpoint(
        "Reading the validation codes",
        "GET",
        "/v1/customers/all/validations",
        _read_validation_codes,
        kind="get_validation_codes",
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
