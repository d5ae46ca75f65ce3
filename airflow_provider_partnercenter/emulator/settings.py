"""
What an emulator is started with, and everything that :class:`Settings` takes.

The defaults are fixed and documented; nothing here is a secret.
"""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_partnercenter.emulator.mix import Chance, Mix
from airflow_provider_partnercenter.emulator.scenario.behaviour import After, Verdict
from airflow_provider_partnercenter.emulator.scenario.limits import Limit, LimitKind

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "DEFAULT_VERDICT",
    "DEFAULT_VETTING",
    "NO_FAULTS",
    "REFRESH_TOKEN",
    "REFRESH_TOKEN_WITHOUT_MFA",
    "TENANT_ID",
    "After",
    "Chance",
    "Limit",
    "LimitKind",
    "Mix",
    "Settings",
    "Verdict",
]

TENANT_ID = "11111111-1111-4111-8111-111111111111"
CLIENT_ID = "22222222-2222-4222-8222-222222222222"
CLIENT_SECRET = "emulator-client-secret"
REFRESH_TOKEN = "emulator-refresh-token"
REFRESH_TOKEN_WITHOUT_MFA = "emulator-refresh-token-without-mfa"

DEFAULT_VETTING = After(5)
DEFAULT_VERDICT = Verdict()
NO_FAULTS = Mix()


@dataclass(frozen=True, slots=True)
class Settings:
    """
    The options of ``partnercenter-emulator``.

    :param refresh_token: the first refresh token; it was minted with MFA.
    :param client_certificate: PEM of the certificate that signs client assertions; ``None`` accepts any signature.
    :param token_lifetime: seconds for which an access token is valid.
    :param token_usable: seconds after which the API refuses an access token, whatever the login service said; ``None``
        for those of ``token_lifetime``.
    :param vetting: when a verdict comes, for customers that do not say; ``None`` for never.
    :param verdict: which verdict comes, for customers that do not say.
    :param customers: how many ordinary customers there are besides the magic ones.
    :param require_segment: whether an Education request without ``educationSegment`` is refused.
    :param idempotent_request_ids: whether a repeated ``MS-RequestId`` of a submission replays the first answer.
    :param mfa_enforced: whether calls of users who signed in without MFA are refused; they are only reported otherwise.
    :param legacy_retired: whether ``/qualification`` is gone (404).
    :param limit: how many requests the API admits; ``None`` for any number.
    :param faults: what goes wrong by rate.
    """

    tenant_id: str = TENANT_ID
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    refresh_token: str = REFRESH_TOKEN
    client_certificate: bytes | None = None
    token_lifetime: int = 3600
    token_usable: int | None = None
    vetting: After | None = DEFAULT_VETTING
    verdict: Verdict = DEFAULT_VERDICT
    customers: int = 10
    require_segment: bool = True
    idempotent_request_ids: bool = False
    mfa_enforced: bool = True
    legacy_retired: bool = False
    limit: Limit | None = None
    faults: Mix = NO_FAULTS
