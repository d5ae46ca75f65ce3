"""What becomes of a webhook's certificate that cannot be fetched, from real hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.plugins.web.signing_certificates import CertificateUnavailableError, fetch_with
from airflow_provider_partnercenter.qualification.webhooks.refusal import WebhookRefusedError

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator


def test_a_host_that_is_not_trusted_may_be_trusted_later(emulator: Emulator) -> None:
    """The host is an allowed one, so it is this machine that does not know its authority."""
    with pytest.raises(CertificateUnavailableError, match=r"is not trusted: .*webhook_ca_bundle"):
        fetch_with(None)(f"{emulator.url}/certificate")


def test_a_host_that_is_not_there(emulator: Emulator) -> None:
    with pytest.raises(CertificateUnavailableError) as problem:
        fetch_with(str(emulator.ca_file))("https://localhost:1/certificate")
    assert "webhook_ca_bundle" not in str(problem.value)


def test_an_address_without_a_certificate(emulator: Emulator) -> None:
    with pytest.raises(WebhookRefusedError) as refused:
        fetch_with(str(emulator.ca_file))(f"{emulator.url}/nothing")
    assert refused.value.reason == "There is no certificate at its address (HTTP 404)"
