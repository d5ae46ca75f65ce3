"""``airflow partnercenter customers``: find the id of a customer by a part of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_partnercenter.commands.customers.finding import search
from airflow_provider_partnercenter.commands.customers.telling import about_search, row_of_customer
from airflow_provider_partnercenter.commands.output import print_rows, say
from airflow_provider_partnercenter.commands.running import FAILED, command

if TYPE_CHECKING:
    from argparse import Namespace

    from airflow_provider_partnercenter.client.sync import PartnerCenterClient


@command
def customers(client: PartnerCenterClient, arguments: Namespace) -> int:
    """List the customers whose company name or domain begins with a text, or contains it."""
    found, more = search(client, arguments.search, contains=arguments.contains, limit=arguments.limit)
    print_rows([row_of_customer(customer) for customer in found], arguments.output)
    say(*about_search(len(found), arguments.search, contains=arguments.contains, more=more))
    return 0 if found else FAILED
