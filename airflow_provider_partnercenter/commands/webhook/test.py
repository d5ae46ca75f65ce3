"""``airflow partnercenter webhook test``: let Microsoft send an event, and wait for its delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_partnercenter.commands.output import print_rows, say
from airflow_provider_partnercenter.commands.running import FAILED, command
from airflow_provider_partnercenter.commands.webhook.telling import (
    NO_REGISTRATION,
    about_attempt,
    about_ending,
    about_request,
    about_wait,
    row_of_attempt,
    why_it_cannot_be_tried,
)
from airflow_provider_partnercenter.qualification.webhooks.validation import follow_validation_event

if TYPE_CHECKING:
    from argparse import Namespace

    from airflow_provider_partnercenter.client.sync import PartnerCenterClient


@command
def webhook_test(client: PartnerCenterClient, arguments: Namespace) -> int:
    """Send a validation event, tell of each attempt to deliver it, and end with the first success or with the last."""
    registration = client.get_webhook_registration()
    if registration is None:
        say(*NO_REGISTRATION)
        return FAILED
    if problem := why_it_cannot_be_tried(registration):
        say(*problem)
        return FAILED
    say(about_request(registration))
    correlation_id = client.send_validation_event()
    say(about_wait(correlation_id, arguments.timeout))
    event = client.run(
        follow_validation_event(
            client.exchange,
            correlation_id,
            arguments.timeout,
            lambda number, attempt: say(about_attempt(number, attempt)),
        )
    )
    print_rows([row_of_attempt(number, attempt) for number, attempt in enumerate(event.results, 1)], arguments.output)
    say(*about_ending(event, correlation_id, registration, arguments.timeout))
    return 0 if event.delivered else FAILED
