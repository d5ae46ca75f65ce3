"""
Decide what a refusal of the login service means: the class of the error, and what cures the cause. No I/O.

Microsoft documents the numbers (page ``reference-error-codes`` of the identity platform) and warns programs not to rely
on them. Here they choose the advice: the OAuth ``error`` is the same for causes with different cures. A number that is
not in the table leaves the decision to the ``suberror`` and the ``error``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import (
    RECONSENT,
    PartnerCenterAuthenticationError,
    PartnerCenterClientCredentialError,
    PartnerCenterError,
    PartnerCenterLoginThrottledError,
    PartnerCenterLoginUnavailableError,
    PartnerCenterMfaRequiredError,
    PartnerCenterRefreshTokenError,
)

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.auth.answers import Refusal

LATER = "try again later; a task repeats the sign-in automatically"
THROTTLED = "try again later; sign-ins of other applications of the same partner count towards the same limit"
_LOOP = "try again later; this application asked for the same token too often in a short time"

_CLOCK = (
    "the clock of the machine that runs the task is probably wrong; its administrator must set it, because the sign-in "
    "with a certificate is signed for a few minutes only, and so is a federated token, whose file must be renewed"
)
_FEDERATED = (
    "an Entra administrator of the partner must give the application a federated identity credential with the issuer, "
    "subject and audience of the token (letter case counts), or correct it; a new one takes effect after a few minutes"
)
_SECRET = "the owner of the connection must check the client secret or certificate; it may be wrong or expired"
_WRONG_SECRET = "the owner of the connection must check the client secret; use the secret's value, not its id"
_OLD_SECRET = (
    "an Entra administrator of the partner must create a new client secret for the application, and the owner of the "
    "connection must put it into 'password'"
)
_CERTIFICATE = (
    "the owner of the connection must check that the certificate is one of this application and has not expired; an "
    "Entra administrator must upload a new certificate to the application before it is used"
)
_WEAK_KEY = "the owner of the connection must use a certificate with an RSA key of at least 2048 bits"
_APPLICATION = (
    "the partner's tenant does not know the application; the owner of the connection must check 'login' (the "
    "application (client) id) and 'tenant_id'"
)
_NOT_ALLOWED = (
    "the owner of the connection must check 'login' (the application (client) id) and 'tenant_id', and an Entra "
    "administrator of the partner must check that the application exists in the tenant and is enabled"
)
_NOT_ENABLED = "an Entra administrator of the partner must enable the application again"
_PUBLIC = (
    "an Entra administrator of the partner must register the application as a confidential client: its redirect URI "
    "under the platform 'Web', and public client flows switched off"
)
_OTHER_APPLICATION = (
    "the refresh token was issued to another application than 'login'; the owner of the connection must give the "
    "application that the user signed in to, or a refresh token of this one"
)
_PERMISSIONS = "an Entra administrator of the partner must grant the application its permissions (admin consent)"
_REGISTRATION = (
    "an Entra administrator of the partner must add the permission 'Microsoft Partner Center' (user_impersonation) to "
    "the registration of the application, and grant it (admin consent)"
)
_RESOURCE = (
    "the tenant does not know Partner Center's API; the owner of the connection must check 'cloud' and that "
    "'tenant_id' is the partner's own tenant, and an Entra administrator of the partner must consent to the application"
)
_RESOURCE_DISABLED = (
    "an Entra administrator of the partner must enable the enterprise application that the message names; the "
    "subscription that it belongs to may have ended"
)
_SCOPE = (
    "the login service does not issue tokens for Partner Center's API of this cloud; the owner of the connection must "
    "check 'cloud' and 'authority'"
)
_DECLINED = (
    "the user did not agree; start the sign-in again and accept, or let an Entra administrator of the partner grant "
    "the application its permissions (admin consent)"
)
_REDIRECT = (
    "an Entra administrator of the partner must add the redirect URI http://localhost to the registration of the "
    "application, under the platform 'Web'"
)
_CODE = "start the sign-in again; what a browser brings back can be used once, within a few minutes"
_ASSIGNMENT = "an Entra administrator of the partner must assign {who} to the application"
_ROLE = "an Entra administrator of the partner must assign the application to the API that the message names"
_NO_USER = (
    "this tenant has no such user; the owner of the connection must check 'tenant_id', and an Entra administrator of "
    "the partner must check that the integration user's account still exists"
)
_DISABLED = "an Entra administrator of the partner must enable the integration user's account again"
_LOCKED = (
    "the integration user's account is locked after failed sign-ins, or the sign-in comes from a suspicious address; "
    "an Entra administrator of the partner must look it up in the sign-in log and resolve it"
)
_RISK = (
    "Entra considers the integration user's account to be at risk; an Entra administrator of the partner must examine "
    f"and resolve the risk, then {RECONSENT}"
)
_PASSWORD_EXPIRED = f"the integration user must set a new password, because the old one has expired; then {RECONSENT}"
_PASSWORD_CHANGED = f"the integration user's password was changed or has expired; {RECONSENT}"
_MFA_PLACE = (
    "the tenant lets the integration user set up MFA only from certain places or devices; an Entra administrator of "
    f"the partner must allow it, then {RECONSENT}"
)
_BLOCKED = "a Conditional Access policy blocked the sign-in; an Entra administrator of the partner must exempt {who}"
_DEFAULTS = (
    "the security defaults of the tenant blocked the sign-in; an Entra administrator of the partner must find it in "
    "the sign-in log and allow it, for example with Conditional Access policies in place of the security defaults"
)
_RESTRICTED = (
    "a tenant restriction or a cross-tenant access policy blocks the sign-in; the administrators of the network and of "
    "Entra must allow this tenant"
)
_DEVICE = f"the device that the integration user signed in on is unknown or disabled; on another device, {RECONSENT}"
_FREQUENCY = (
    "a sign-in frequency policy ended the refresh token; an Entra administrator must exempt the integration user from "
    f"it, then {RECONSENT}"
)
_ONE_DAY = (
    "the refresh token comes from a single-page application and lives for a day; an Entra administrator must register "
    f"the redirect URI under the platform 'Web', then {RECONSENT}"
)
_MORE = (
    "the integration user must sign in to Entra and do what it asks for there, with the help of an Entra administrator "
    f"if necessary; then {RECONSENT}"
)
_SHOWN = (
    "the integration user must sign in to Entra, which then shows why it refuses; an Entra administrator of the "
    f"partner must resolve that, then {RECONSENT}"
)
_CLAIMS = f"Conditional Access asks for a stronger sign-in; {RECONSENT}"
_TENANT = "the owner of the connection must check 'tenant_id' and 'cloud'"
_ONE_TENANT = "the owner of the connection must put the partner's own tenant id into 'tenant_id', not 'common'"
_CLOUD = "the tenant belongs to another cloud; the owner of the connection must check 'cloud'"
_MALFORMED = (
    "the owner of the connection must check whether 'login', 'tenant_id' and 'refresh_token' were copied completely; "
    f"if so, {RECONSENT}"
)
_INCOMPLETE = (
    "the request was incomplete when it arrived; check 'authority' and any proxy between this machine and the login "
    "service, and report it to the maintainers of this provider if neither changed the request"
)
_SUPPORT = "the login service failed; ask Microsoft's support if it happens again, and give the correlation id"
_CHECK = "the owner of the connection must check the credentials, 'tenant_id' and 'cloud'"

_Passing = PartnerCenterLoginUnavailableError
_Throttled = PartnerCenterLoginThrottledError
_Client = PartnerCenterClientCredentialError
_Token = PartnerCenterRefreshTokenError
_Mfa = PartnerCenterMfaRequiredError
_Other = PartnerCenterAuthenticationError

_TENANT_SIGNS = (50029, 50049, 50059, 50128, 90002, 90019, 900021, 900023, "invalid_tenant")
# From the most telling to the least telling: the first row with a sign of the refusal counts. A sign is a number, a
# suberror, an OAuth error, or one of the signs below.
_ROWS: tuple[tuple[type[PartnerCenterError], str, frozenset[int | str]], ...] = tuple(
    (cls, hint, frozenset(signs))
    for cls, hint, signs in (
        (_Throttled, _LOOP, (50196,)),
        (_Throttled, THROTTLED, (90055,)),
        (_Passing, LATER, (50033, 50087, 90006, 90012, 90024, 90033, 90090, 90091)),
        (_Other, _CLOCK, (700024, 500133, "text: valid time range")),
        (_Client, _WRONG_SECRET, (7000215, "text: invalid client secret")),
        (_Client, _OLD_SECRET, (7000222,)),
        (_Client, _WEAK_KEY, (50032,)),
        (_Client, _CERTIFICATE, (700027, 700030, 50006, "text: invalid signature")),
        (_Client, _FEDERATED, (70021, 70025, 700211, 700212, 700213, 7002137, 7002138, "text: no federated record")),
        (_Client, _APPLICATION, (700016, 700011, 7000229, 90099)),
        (_Client, _NOT_ENABLED, (7000112,)),
        (_Client, _PUBLIC, (700025,)),
        (_Client, _OTHER_APPLICATION, (700007, "client_mismatch")),
        (_Token, _ONE_DAY, (700084,)),
        (_Token, _FREQUENCY, (70043, 70044)),
        (_Token, _PASSWORD_EXPIRED, (50055, 50144, "user_password_expired", "password_expired")),
        (_Token, _PASSWORD_CHANGED, (50132, 50133)),
        (_Token, _DEVICE, (50155, 135011, 700003, "device_authentication_failed")),
        (_Other, _DEFAULTS, (530035,)),
        (_Other, _RISK, (50135, 53011, 530034)),
        (_Other, _LOCKED, (50053,)),
        (_Other, _DISABLED, (50057,)),
        (_Other, _NO_USER, (16000, 16003, 50014, 50020, 50034, 51004, 90072, 500341)),
        (_Other, _MFA_PLACE, (53010,)),
        (_Other, _BLOCKED, (50005, 50097, 50127, 50129, 50131, 50187, 53000, 53001, 53002, 53003, 530032)),
        (_Other, _BLOCKED, ("protection_policy_required",)),
        (_Other, _RESTRICTED, (50002, 500021, 500022, 500212, 500213)),
        (_Other, _REDIRECT, (50011, 500112)),
        (_Other, _CODE, (54005, 501481)),
        (_Other, _ASSIGNMENT, (50105,)),
        (_Other, _ROLE, (501051,)),
        (_Other, _REGISTRATION, (65005, 650056, 650057)),
        (_Other, _DECLINED, (65004,)),
        (_Other, _PERMISSIONS, (65001, 90008, 90094, 90095, "consent_required")),
        (_Mfa, RECONSENT, (50072, 50074, 50076, 50078, 50079, 50158, 53004)),
        (_Other, _CLOUD, (90038, 90051, 900382, 900432, 1000104)),
        (_Other, _ONE_TENANT, (50194, 90124, 90130, 9001023)),
        (_Other, _TENANT, _TENANT_SIGNS),
        (_Other, _RESOURCE_DISABLED, (500014,)),
        (_Other, _RESOURCE, (50001, 500011, 650052, 650054, "invalid_resource")),
        (_Other, _SCOPE, (28002, 70011, "invalid_scope")),
        (_Other, _SUPPORT, (50000, 50007, 50086, 90036, 90092)),
        (_Token, _MALFORMED, (9002313,)),
        (_Other, _INCOMPLETE, (90004, 90014, 90023, 90056, 90100, 90117, 90121, 900144, 900561, 7000218, 9002313)),
        (_Token, RECONSENT, ("bad_token", "token_expired")),
        (_Other, _SHOWN, ("message_only",)),
        (_Token, _MORE, ("additional_action",)),
        (_Token, _CLAIMS, ("claims",)),
        (_Token, RECONSENT, ("basic_action",)),
        (_Token, RECONSENT, (50058, 50085, 50089, 50173, 70000, 70008, 700020, 700082, 9002341)),
        (_Client, _NOT_ALLOWED, (70001,)),
        (_Client, _SECRET, (50012, 70002)),
        (_Throttled, THROTTLED, ("slow_down",)),
        (_Passing, LATER, ("temporarily_unavailable", "server_error", "timeout")),
        (_Client, _SECRET, ("invalid_client",)),
        (_Client, _NOT_ALLOWED, ("unauthorized_client",)),
        (_Other, _DECLINED, ("access_denied",)),
        (_Token, RECONSENT, ("invalid_grant", "interaction_required", "login_required")),
    )
)
# One number has several meanings (50012, 50013 and 50027 for example), and then only the text tells which.
_TEXTS = {
    "text: valid time range": re.compile(r"not within its valid time range", re.IGNORECASE),
    "text: invalid client secret": re.compile(r"AADSTS50012: Invalid client secret", re.IGNORECASE),
    # Microsoft has given this a number for each reason, and goes on doing so.
    "text: no federated record": re.compile(r"No matching federated identity record found", re.IGNORECASE),
    "text: invalid signature": re.compile(r"client assertion contains an invalid signature", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """
    What a refusal means.

    :param cls: the class of the error.
    :param hint: what cures the cause, and who must do it.
    :param code: what the login service calls the cause: a number such as ``AADSTS700082``, or an OAuth error.
    """

    cls: type[PartnerCenterError]
    hint: str
    code: str | None


def meaning_of(refusal: Refusal, *, app_only: bool) -> Meaning:
    """
    Return what the most telling sign of a refusal means.

    :param app_only: whether the application signed in without a user, so that the advice is not about a user.
    """
    signs = {refusal.error, refusal.suberror, *refusal.numbers, "claims" if refusal.claims else None}
    signs |= {sign for sign, pattern in _TEXTS.items() if pattern.search(refusal.text)}
    rows = (row for row in _ROWS if row[2] & signs and not (app_only and issubclass(row[0], _Token | _Mfa)))
    cls, hint, _ = next(rows, (_Other, _CHECK, None))
    number = min(refusal.numbers, key=_rank, default=None)
    who = "the application" if app_only else "the integration user"
    return Meaning(cls, hint.replace("{who}", who), f"AADSTS{number}" if number else refusal.error)


def says_tenant_is_wrong(refusal: Refusal) -> bool:
    """Return whether the login service says that it does not know the tenant."""
    return bool({refusal.error, *refusal.numbers} & {*_TENANT_SIGNS})


def _rank(number: int) -> int:
    return next((rank for rank, row in enumerate(_ROWS) if number in row[2]), len(_ROWS))
