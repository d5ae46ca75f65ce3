"""``airflow partnercenter webhook show``: show the tenant's registration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_partnercenter.commands.output import print_rows, say
from airflow_provider_partnercenter.commands.running import FAILED, command
from airflow_provider_partnercenter.commands.webhook.telling import NO_REGISTRATION, row_of_registration

if TYPE_CHECKING:
    from argparse import Namespace

    from airflow_provider_partnercenter.client.sync import PartnerCenterClient


@command
def webhook_show(client: PartnerCenterClient, arguments: Namespace) -> int:
    """Show the registration, or say that there is none."""
    registration = client.get_webhook_registration()
    rows = [row_of_registration(registration, secrets=arguments.show_secrets)] if registration else []
    print_rows(rows, arguments.output)
    if registration is None:
        say(*NO_REGISTRATION)
        return FAILED
    return 0
