"""Checks of the options ``[partnercenter] webhook_…``, as the API server reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.commands.doctor.examination import failed, finding_of, ok, skipped
from airflow_provider_partnercenter.compat import AirflowException

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.commands.doctor.examination import Finding
    from airflow_provider_partnercenter.commands.doctor.patient import Patient


@dataclass(frozen=True, slots=True)
class WebhookFacts:
    """
    What the API server would do.

    :param enabled: whether it receives webhooks; ``None`` if the option is neither true nor false.
    :param asset: the asset of their events.
    :param error: why it would not receive them.
    """

    enabled: bool | None
    asset: str | None = None
    error: PartnerCenterConfigurationError | None = None


def look_at_webhooks(_: Patient) -> WebhookFacts:
    """Read the options, and make a receiver with them."""
    from airflow_provider_partnercenter.plugins.web.webhook_settings import read_webhook_settings, webhook_is_enabled

    try:
        if not webhook_is_enabled():
            return WebhookFacts(enabled=False)
    except (AirflowException, ValueError):
        return WebhookFacts(enabled=None)
    from airflow_provider_partnercenter.plugins.web.webhook import make_receiver

    try:
        settings = read_webhook_settings()
        make_receiver(settings)
    except PartnerCenterConfigurationError as error:
        return WebhookFacts(enabled=True, error=error)
    return WebhookFacts(enabled=True, asset=settings.asset)


def judge_webhooks(facts: WebhookFacts) -> Iterator[Finding]:
    """Judge the options."""
    if facts.enabled is None:
        yield failed(
            "The option [partnercenter] webhook_enabled is neither true nor false.",
            "Whoever configures Airflow must set it to True or False, and restart the API server.",
        )
    elif not facts.enabled:
        yield skipped("This Airflow receives no webhooks ([partnercenter] webhook_enabled).")
    elif facts.error:
        yield finding_of(facts.error)
    else:
        yield ok(
            f"The options are valid; events go to the asset {facts.asset!r}. Whether they arrive, "
            "'airflow partnercenter webhook test' tries."
        )
