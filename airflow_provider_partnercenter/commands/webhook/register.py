"""``airflow partnercenter webhook register``: let Partner Center send events to an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.models import WebhookRegistration
from airflow_provider_partnercenter.client.protocol.arguments import to_webhook_url
from airflow_provider_partnercenter.commands.output import print_rows, say
from airflow_provider_partnercenter.commands.running import FAILED, command
from airflow_provider_partnercenter.commands.webhook.telling import about_registration, row_of_registration
from airflow_provider_partnercenter.qualification.webhooks.registration import Step, events_to_register, next_step

if TYPE_CHECKING:
    from argparse import Namespace

    from airflow_provider_partnercenter.client.sync import PartnerCenterClient


@command
def webhook_register(client: PartnerCenterClient, arguments: Namespace) -> int:
    """Register the address, unless the tenant has a different registration and may not lose it."""
    webhook_url = to_webhook_url(arguments.url)
    events = events_to_register(arguments.events, client.get_webhook_events())
    wanted = WebhookRegistration(webhook_url, events, arguments.signature_header)
    existing = client.get_webhook_registration()
    step = next_step(existing, wanted, replace=arguments.replace)
    match step:
        case Step.CREATE:
            registration = client.create_webhook_registration(
                webhook_url, events, signature_token_to_ms_signature_header=arguments.signature_header
            )
        case Step.REPLACE:
            registration = client.replace_webhook_registration(
                webhook_url, events, signature_token_to_ms_signature_header=arguments.signature_header
            )
        case _:
            registration = existing or wanted
    print_rows([row_of_registration(registration)], arguments.output)
    say(*about_registration(step, registration, existing))
    return FAILED if step is Step.REFUSE else 0
