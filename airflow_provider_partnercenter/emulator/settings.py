"""
The settings of an emulator, and the types of their values.

The defaults are fixed and documented; none of them is a real secret.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
from dataclasses import dataclass

from airflow_provider_partnercenter.emulator.mix import Chance, Mix
from airflow_provider_partnercenter.emulator.scenario.behaviour import After, Verdict
from airflow_provider_partnercenter.emulator.scenario.limits import Limit, LimitKind

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "DEFAULT_VERDICT",
    "DEFAULT_VETTING",
    "DOMAIN",
    "FEDERATED_ISSUER",
    "FEDERATED_SUBJECT",
    "NO_FAULTS",
    "REFRESH_TOKEN",
    "REFRESH_TOKEN_WITHOUT_MFA",
    "TENANT_ID",
    "USER",
    "After",
    "Chance",
    "Limit",
    "LimitKind",
    "Mix",
    "Settings",
    "Verdict",
    "authorities",
    "host_name",
]

TENANT_ID = "11111111-1111-4111-8111-111111111111"
CLIENT_ID = "22222222-2222-4222-8222-222222222222"
CLIENT_SECRET = "emulator-client-secret"
REFRESH_TOKEN = "emulator-refresh-token"
REFRESH_TOKEN_WITHOUT_MFA = "emulator-refresh-token-without-mfa"
DOMAIN = "partner.example"
USER = "agent@partner.example"
FEDERATED_ISSUER = "https://kubernetes.example"
FEDERATED_SUBJECT = "system:serviceaccount:airflow:worker"

DEFAULT_VETTING = After(5)
DEFAULT_VERDICT = Verdict()
NO_FAULTS = Mix()

_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")


def host_name(text: str) -> str:
    """
    Return a host name or an IP address as it is, without a scheme or a port.

    :raises ValueError: if the string is neither.
    """
    try:
        ipaddress.ip_address(text)
    except ValueError:
        if not _HOST_NAME.fullmatch(text):
            raise ValueError(f"must be a host name or an IP address, without a port, not {text[:100]!r}") from None
    return text


def authorities(pem: bytes) -> bytes:
    """
    Return the certificates of authorities as they are.

    :raises ValueError: if there is none, or the text is not PEM.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem.decode("ascii"))
    except (ValueError, ssl.SSLError):
        raise ValueError("must be the certificates of authorities, as PEM") from None
    return pem


@dataclass(frozen=True, slots=True)
class Settings:
    """
    The options of ``partnercenter-emulator``.

    :param tenant_id: the partner's tenant.
    :param client_id: the application that may request tokens.
    :param client_secret: the application's secret.
    :param refresh_token: the first refresh token; it was issued with MFA.
    :param client_certificate: the certificate that signs client assertions, as PEM; ``None`` accepts any signature.
    :param domain: the domain of the tenant, which may stand in the place of its id.
    :param user: who signs in if the browser does not say it (``login_hint``). Some names are magic:
        ``partnercenter-emulator --help`` lists them.
    :param redirect_uris: the redirect URIs of the application. As with Microsoft's service, the port of an address of
        this machine does not matter. If there are none, any address of this machine is accepted.
    :param federated_issuer: the issuer of the tokens that the application may present instead of a secret (its
        federated identity credential).
    :param federated_subject: their subject.
    :param federated_key: the public key that their signature is checked with, as PEM; ``None`` accepts any signature.
    :param token_lifetime: the lifetime of access tokens, in seconds.
    :param token_usable: the seconds after which the API refuses an access token, whatever lifetime the login service
        reported; ``None`` uses ``token_lifetime``.
    :param vetting: how long after its submission a request is decided; ``None`` for never. Magic customers with a
        time of their own ignore it.
    :param verdict: how a request is decided. Magic customers with a verdict of their own ignore it.
    :param customers: the number of ordinary customers besides the magic ones.
    :param list_all: whether ``GET /customers`` lists the customers too whose answers hold up everybody; otherwise they
        are found only by their ids.
    :param require_segment: whether an Education request without ``educationSegment`` is refused.
    :param count_refused_attempts: whether a refused Education request counts as one of the customer's three attempts.
        Microsoft limits "verification requests" and does not say what counts as one.
    :param idempotent_request_ids: whether a submission that repeats an ``MS-RequestId`` gets the first answer again.
    :param mfa_enforced: whether requests of users who signed in without MFA are refused. Otherwise the answer only
        says so, if the request has the header ``ValidateMfa: true``.
    :param legacy_retired: whether ``/qualification`` answers 404.
    :param limit: the limit of the requests to the API; ``None`` for no limit.
    :param faults: the faults by rate; none by default.
    :param webhook_pause: the seconds between two attempts to send an event; Microsoft does not document them.
    :param webhook_timeout: the seconds after which an attempt fails.
    :param webhook_ca: the authorities by which receivers with https are trusted, as PEM; ``None`` for the system's.
    """

    tenant_id: str = TENANT_ID
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    refresh_token: str = REFRESH_TOKEN
    client_certificate: bytes | None = None
    domain: str = DOMAIN
    user: str = USER
    redirect_uris: tuple[str, ...] = ()
    federated_issuer: str = FEDERATED_ISSUER
    federated_subject: str = FEDERATED_SUBJECT
    federated_key: bytes | None = None
    token_lifetime: int = 3600
    token_usable: int | None = None
    vetting: After | None = DEFAULT_VETTING
    verdict: Verdict = DEFAULT_VERDICT
    customers: int = 10
    list_all: bool = False
    require_segment: bool = True
    count_refused_attempts: bool = False
    idempotent_request_ids: bool = False
    mfa_enforced: bool = True
    legacy_retired: bool = False
    limit: Limit | None = None
    faults: Mix = NO_FAULTS
    webhook_pause: float = 5.0
    webhook_timeout: float = 60.0
    webhook_ca: bytes | None = None
