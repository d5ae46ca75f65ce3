"""The options ``[partnercenter] webhook_…`` of Airflow's configuration."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.x509.oid import NameOID

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.compat import conf
from airflow_provider_partnercenter.qualification.webhooks.certificates import Roots, read_roots
from airflow_provider_partnercenter.qualification.webhooks.event import BEGINNINGS, Freshness
from airflow_provider_partnercenter.qualification.webhooks.headers import CERTIFICATE_HOSTS

SECTION = "partnercenter"
#: The asset whose events the webhooks become.
ASSET = "partnercenter_webhooks"
# As Airflow reads its own options.
_ON, _OFF = {"t", "true", "1"}, {"f", "false", "0"}
# At whose roots the chains of Microsoft's certificates end, by Microsoft's page `azure-ca-details`.
_ROOT_OWNERS = frozenset({b"DigiCert Inc", b"Microsoft Corporation"})
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----([^-]+)-----END")


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """
    How webhooks are received.

    :param asset: the name of the asset whose events they become.
    :param events: the names of the events with which an onboarding begins.
    :param freshness: how old an event may be.
    :param certificate_hosts: from which hosts a certificate may be fetched.
    :param roots: the certificates at which the chain of that certificate must end.
    :param ca_bundle: PEM file of the authorities to trust while it is fetched; ``None`` for the public ones.
    """

    asset: str
    events: frozenset[str]
    freshness: Freshness
    certificate_hosts: frozenset[str]
    roots: Roots
    ca_bundle: str | None


def webhook_is_off() -> bool:
    """Return whether this Airflow receives no webhooks. If the switch is wrong, somebody may want some."""
    return (_text("webhook_enabled") or "False").lower() in _OFF


def read_webhook_settings() -> WebhookSettings:
    """
    Read the options. Those that are not set have the defaults of the provider's metadata.

    :raises PartnerCenterConfigurationError: if the switch is neither on nor off, a number is not one, or the file of
        the trusted roots cannot be read.
    """
    switch = _text("webhook_enabled") or "False"
    if switch.lower() not in _ON | _OFF:
        raise PartnerCenterConfigurationError(
            f"The option [{SECTION}] webhook_enabled is {switch!r}, neither true nor false",
            hint="set it to True or to False",
        )
    return WebhookSettings(
        asset=_text("webhook_asset") or ASSET,
        events=_names("webhook_events") or BEGINNINGS,
        freshness=Freshness(
            back=_seconds("webhook_max_age", Freshness().back), ahead=_seconds("webhook_max_ahead", Freshness().ahead)
        ),
        certificate_hosts=_names("webhook_certificate_hosts") or CERTIFICATE_HOSTS,
        roots=_roots(_text("webhook_root_certificates")),
        ca_bundle=_text("webhook_ca_bundle"),
    )


def _text(option: str) -> str | None:
    return (conf.get(SECTION, option, fallback=None) or "").strip() or None


def _names(option: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in (_text(option) or "").split(",") if name.strip())


def _seconds(option: str, default: float) -> float:
    text = _text(option)
    if text is None:
        return default
    try:
        seconds = float(text)
        if not 0 <= seconds < float("inf"):
            raise ValueError(text)
    except ValueError:
        raise PartnerCenterConfigurationError(
            f"The option [{SECTION}] {option} is {text!r}, not a number of seconds", hint="give 0 or more seconds"
        ) from None
    return seconds


def _roots(path: str | None) -> Roots:
    if path is None:
        return _microsofts_roots()
    try:
        pem = Path(path).read_bytes()
    except OSError as problem:
        raise PartnerCenterConfigurationError(
            f"The file {path!r} cannot be read ({problem.strerror or type(problem).__name__})",
            hint=f"[{SECTION}] webhook_root_certificates must name a PEM file that the API server can read",
        ) from None
    return read_roots(pem)


def _microsofts_roots() -> Roots:
    """Return those of the public roots at which Microsoft's chains end."""
    ders = [base64.b64decode(block) for block in _CERTIFICATE.findall(Path(certifi.where()).read_bytes())]
    # Only those that name one of the owners are parsed: others may have what cryptography refuses to parse.
    parsed = [x509.load_der_x509_certificate(der) for der in ders if any(owner in der for owner in _ROOT_OWNERS)]
    return Roots(tuple(root for root in parsed if _owner(root) in _ROOT_OWNERS), ())


def _owner(root: x509.Certificate) -> bytes:
    owners = root.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return str(owners[0].value).encode() if owners else b""
