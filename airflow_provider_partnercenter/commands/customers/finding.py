"""Find a customer by its id, its domain or its company name, and customers by a part of these."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid, for_message, optional_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from airflow_provider_partnercenter.client.models import Customer
    from airflow_provider_partnercenter.client.sync import PartnerCenterClient

# Of customers with the same name, that are shown.
_SHOWN = 10
_FIELDS = ("Domain", "CompanyName")


def customer_id_of(client: PartnerCenterClient, given: str) -> str:
    """
    Return the id of the customer that a person means.

    :param given: the customer's id, or its whole domain or company name in any letter case.
    :return: the id, in lower case with hyphens.
    :raises PartnerCenterInvalidRequestError: if no customer has this name, or more than one.
    """
    try:
        return customer_guid(given)
    except PartnerCenterInvalidRequestError:
        text = _text(given)
        return the_one(text, whose_name_begins_with(client, text))


def the_one(given: str, customers: Iterable[Customer]) -> str:
    """
    Return the id of the only customer with this domain or company name.

    :param given: the whole name, in any letter case.
    :param customers: the customers in question.
    :raises PartnerCenterInvalidRequestError: if there is none, or more than one. The message lists them.
    """
    wanted = given.casefold()
    found = [each for each in customers if wanted in {name.casefold() for name in _names(each)}]
    if len(found) == 1:
        return customer_guid(found[0].id)
    if not found:
        raise PartnerCenterInvalidRequestError(
            f"{for_message(given)} is neither the id of a customer nor the domain or the company name of one",
            hint="find the customer by 'airflow partnercenter customers --search TEXT', and give its id",
        )
    listed = "; ".join(f"{each.id} ({', '.join(_names(each))})" for each in found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise PartnerCenterInvalidRequestError(
        f"{for_message(given)} is the name of {len(found)} customers: {listed}{more}", hint="give the id of one of them"
    )


def whose_name_begins_with(client: PartnerCenterClient, text: str) -> Iterator[Customer]:
    """Iterate over the customers whose domain or company name begins with a text, as Microsoft finds them."""
    lists = (client.get_customers(starts_with={field: text}) for field in _FIELDS)
    return _once_each(chain.from_iterable(lists))


def whose_name_contains(client: PartnerCenterClient, text: str) -> Iterator[Customer]:
    """Iterate over the customers whose domain or company name contains a text. This reads the whole list."""
    wanted = text.casefold()
    return (each for each in client.get_customers() if any(wanted in name.casefold() for name in _names(each)))


def search(client: PartnerCenterClient, text: str, *, contains: bool, limit: int) -> tuple[list[Customer], bool]:
    """
    Find customers by a part of their domain or company name.

    :param text: the part, in any letter case.
    :param contains: whether it may be anywhere in the name; else it is the beginning.
    :param limit: how many customers are returned at most. No more pages than needed are read.
    :return: the customers, and whether there are more.
    """
    text = _text(text)
    found = whose_name_contains(client, text) if contains else whose_name_begins_with(client, text)
    customers: Sequence[Customer] = list(islice(found, limit + 1))
    return list(customers[:limit]), len(customers) > limit


def _text(given: str) -> str:
    text = optional_text(given, "the name of a customer")
    if text is None:
        raise PartnerCenterInvalidRequestError("the name of a customer is empty", hint="give a part of it, or an id")
    return text


def _names(customer: Customer) -> list[str]:
    return [name for name in (customer.company_name, customer.domain) if name]


def _once_each(customers: Iterable[Customer]) -> Iterator[Customer]:
    seen = set()
    for customer in customers:
        if (key := customer.id.lower()) not in seen:
            seen.add(key)
            yield customer
