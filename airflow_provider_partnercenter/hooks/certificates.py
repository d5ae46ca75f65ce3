"""Tell what a person should know of the certificate with which the application of a connection signs in. No I/O."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.auth.certificates import (
    CERTIFICATE_FIELD,
    KEY_FIELD,
    expires_at,
    has_private_key,
)
from airflow_provider_partnercenter.client.auth.proofs.certificate import ClientCertificate
from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.client.auth import Credentials

WARNING = timedelta(days=30)
"""How long before the expiry of a certificate the warnings begin."""

_KEY_IS_SHOWN = (
    f"The private key is in '{CERTIFICATE_FIELD}', which Airflow shows to everyone who may view connections. "
    f"Move the text to '{KEY_FIELD}'."
)
_REPLACE = "Add a new certificate to the application in Entra, and put it into the connection."


def certificate_notes(credentials: Credentials, now: float) -> Iterator[str]:
    """
    Yield sentences about what a person should correct, or replace in time.

    A certificate that cannot be read has none here; the sign-in says what is wrong with it.

    :param credentials: the credentials of the connection.
    :param now: the current time, in seconds since the epoch.
    """
    if has_private_key(credentials.certificate):
        yield _KEY_IS_SHOWN
    if not isinstance(credentials.proof, ClientCertificate):
        return
    try:
        expires = expires_at(credentials.private_key, credentials.certificate)
    except PartnerCenterConfigurationError:
        return
    left = expires - datetime.fromtimestamp(now, UTC)
    if left < timedelta(0):
        yield f"The application's certificate expired on {expires:%d %B %Y}. {_REPLACE}"
    elif left < WARNING:
        days = "in less than a day" if left.days == 0 else "in a day" if left.days == 1 else f"in {left.days} days"
        yield f"The application's certificate expires on {expires:%d %B %Y}, {days}. {_REPLACE}"
