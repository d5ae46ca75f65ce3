"""What is told about the certificate of an application, by the days that are left of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.x509 import load_pem_x509_certificate

from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.hooks.certificates import certificate_notes
from tests.support.login.certificate import self_signed

DAY = 86_400.0
KEY, PEM = self_signed()
CERTIFICATE = PEM.decode()
EXPIRES = load_pem_x509_certificate(PEM).not_valid_after_utc
REPLACE = "Add a new certificate to the application in Entra, and put it into the connection."


def credentials(**proof):
    return Credentials("app", "tenant", "https://login.example", "scope", **proof)


def notes(before=0.0, **proof):
    proof = proof or {"private_key": KEY, "certificate": CERTIFICATE}
    return list(certificate_notes(credentials(**proof), EXPIRES.timestamp() - before))


@pytest.mark.parametrize("days", [31, 30.1, 3650])
def test_nothing_while_there_is_time(days):
    assert notes(days * DAY) == []


@pytest.mark.parametrize(
    ("days", "says"),
    [(29.9, "in 29 days"), (2, "in 2 days"), (1.5, "in a day"), (0.5, "in less than a day"), (0, "in less than a day")],
)
def test_in_time(days, says):
    assert notes(days * DAY) == [
        f"The application's certificate expires on {EXPIRES:%d %B %Y}, {says}. {REPLACE}",
    ]


@pytest.mark.parametrize("days", [0.001, 1, 400])
def test_too_late(days):
    assert notes(-days * DAY) == [f"The application's certificate expired on {EXPIRES:%d %B %Y}. {REPLACE}"]


def test_the_certificate_of_the_key_counts_whatever_stands_before_it():
    _, other = self_signed()
    assert notes(-1, private_key=KEY, certificate=other.decode() + CERTIFICATE) == notes(-1)


def test_a_private_key_that_everyone_may_see():
    first, second = notes(-1, certificate=CERTIFICATE + KEY)
    assert first.endswith("Move the text to 'client_certificate_private_key'.")
    assert "expired" in second


@pytest.mark.parametrize(
    "proof",
    [
        {"client_secret": "x"},
        {"private_key": KEY, "certificate": CERTIFICATE, "managed_identity": "system"},
        {"private_key": KEY, "certificate": "no certificate"},
        {"private_key": "no key", "certificate": CERTIFICATE},
    ],
    ids=["secret", "certificate-is-not-used", "unreadable", "unreadable-key"],
)
def test_nothing_about_what_the_sign_in_does_not_use_or_cannot_read(proof):
    assert list(certificate_notes(credentials(**proof), datetime.now(UTC).timestamp() + 400 * DAY)) == []
