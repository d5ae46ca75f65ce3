"""Checks of the options ``[partnercenter] webhook_…``, as the API server reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_partnercenter.commands.doctor.examination import ok, skipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.commands.doctor.examination import Finding
    from airflow_provider_partnercenter.commands.doctor.patient import Patient


def look_at_webhooks(_: Patient) -> str | None:
    """Read the options, and make a receiver with them; return the asset of its events, or nothing if it is off."""
    from airflow_provider_partnercenter.plugins.web.webhook import make_receiver
    from airflow_provider_partnercenter.plugins.web.webhook_settings import webhook_is_off

    return None if webhook_is_off() else make_receiver().asset


def judge_webhooks(asset: str | None) -> Iterator[Finding]:
    """
    Say whether webhooks are received; what is wrong with the options is an error.

    :param asset: the asset of their events; ``None`` if none are received.
    """
    if asset is None:
        yield skipped("This Airflow receives no webhooks ([partnercenter] webhook_enabled).")
        return
    yield ok(
        f"The options are valid; events go to the asset {asset!r}. Whether they arrive, "
        "'airflow partnercenter webhook test' tries."
    )
