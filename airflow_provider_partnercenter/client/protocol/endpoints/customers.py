"""Customers: one, a page of their list, and what a request for one tells of the sign-in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.models import Customer, CustomerPage
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid, read_filter, whole_number
from airflow_provider_partnercenter.client.protocol.endpoints.endpoint import Endpoint
from airflow_provider_partnercenter.client.protocol.endpoints.pages import read_page, seek

if TYPE_CHECKING:
    from collections.abc import Mapping


def get_customer(customer_id: str) -> Endpoint[Customer]:
    """GET ``/customers/{id}``: return one customer."""
    customer = customer_guid(customer_id)
    return Endpoint(
        f"Customer {customer}: reading the customer",
        "GET",
        f"/v1/customers/{customer}",
        Customer.from_json,
        kind="get_customer",
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
        query, headers = seek(continuation)
    else:
        query, headers = {"size": str(whole_number(page_size, "page_size"))}, {}
        if filtered := read_filter(starts_with):
            query["filter"] = json.dumps({"Field": filtered[0], "Value": filtered[1], "Operator": "starts_with"})
    return Endpoint(
        "Listing the customers",
        "GET",
        "/v1/customers",
        _read_customers,
        query=query,
        headers=headers,
        kind="get_customers_page",
    )


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
        kind="is_mfa_compliant",
    )


def _read_customers(document: Any) -> CustomerPage:
    page = read_page(document, Customer.from_json)
    return CustomerPage(page.items, page.continuation, page.unreadable)


def _read_flag(value: str | None) -> bool | None:
    return {"true": True, "false": False}.get((value or "").strip().lower())
