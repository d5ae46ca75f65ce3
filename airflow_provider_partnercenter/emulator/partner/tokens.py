"""Access and refresh tokens: minting them, and judging the one that a request carries as Partner Center does."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt

from airflow_provider_partnercenter.emulator.errors import ApiError, refused
from airflow_provider_partnercenter.emulator.settings import REFRESH_TOKEN_WITHOUT_MFA, Settings

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.partner.clock import Clock

AUDIENCES = ("https://api.partnercenter.microsoft.com", "https://partner.partnercenterapi.microsoftonline.cn")
REFRESH_TOKEN_AGE = timedelta(days=90)

_INVALID = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Who sends a request.

    :param user: whether the token is one for App+User.
    """

    user: bool

    @property
    def kind(self) -> str:
        """The kind of token, as the journal names it."""
        return "app+user" if self.user else "app-only"


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """
    What the login service knows of a refresh token.

    :param lineage: what it shares with those that it was made from and those made from it, down to one consent.
    """

    issued: datetime
    mfa: bool
    lineage: str


class Tokens:
    """
    The tokens of one emulator. Access tokens of an earlier process are not valid, their key is gone.

    :param settings: what the emulator was started with.
    :param clock: tells the time; tokens age by it.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self.reset()

    def reset(self) -> None:
        """Forget all refresh tokens but the first ones, which are new again."""
        now = self._clock.now()
        self._refresh_tokens = {
            REFRESH_TOKEN_WITHOUT_MFA: RefreshToken(now, mfa=False, lineage="without MFA"),
            self._settings.refresh_token: RefreshToken(now, mfa=True, lineage="first"),
        }
        self._revoked: set[str] = set()

    def mint_access_token(self, audience: str, user: RefreshToken | None) -> str:
        """
        Make an access token.

        :param user: the refresh token it comes from; ``None`` for App-only.
        """
        now = int(self._clock.now().timestamp())
        usable = self._settings.token_usable
        claims: dict[str, Any] = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self._settings.tenant_id}/",
            "iat": now,
            "nbf": now,
            "exp": now + (self._settings.token_lifetime if usable is None else usable),
            "appid": self._settings.client_id,
            "tid": self._settings.tenant_id,
            "ver": "1.0",
            # Without it two tokens of one second are the same text, and a renewal cannot be seen.
            "uti": secrets.token_urlsafe(12),
        }
        if user is None:
            claims |= {"idtyp": "app", "roles": []}
        else:
            claims |= {"scp": "user_impersonation", "upn": "agent@partner.example"}
            claims["amr"] = ["pwd", "mfa"] if user.mfa else ["pwd"]
        return jwt.encode(claims, self._key, algorithm="HS256")

    def shortened(self, access_token: str, seconds: float) -> str:
        """Return an access token that the API accepts only for so many seconds from now."""
        claims = self._claims(f"Bearer {access_token}")
        return jwt.encode({**claims, "exp": self._clock.now().timestamp() + seconds}, self._key, algorithm="HS256")

    def mint_refresh_token(self, before: RefreshToken) -> str:
        """Make the successor of a refresh token; the old one stays valid until it ages out."""
        return self._add(before.mfa, before.lineage)

    def consent(self, *, mfa: bool) -> str:
        """
        Make a refresh token as a new sign-in does.

        :param mfa: whether the user did a second factor.
        """
        return self._add(mfa, secrets.token_hex(8))

    def _add(self, mfa: bool, lineage: str) -> str:
        token = f"1.{secrets.token_urlsafe(64)}"
        self._refresh_tokens[token] = RefreshToken(self._clock.now(), mfa, lineage)
        return token

    def revoke(self, token: str | None = None) -> None:
        """
        Revoke a refresh token with all that were made from the same consent; access tokens live on.

        :param token: one of them; ``None`` for all there are.
        :raises KeyError: if there is no such token.
        """
        revoked = self._refresh_tokens.values() if token is None else [self._refresh_tokens[token]]
        self._revoked |= {each.lineage for each in revoked}

    def revoked(self, token: RefreshToken) -> bool:
        """Whether a refresh token was revoked."""
        return token.lineage in self._revoked

    def find_refresh_token(self, token: str) -> RefreshToken | None:
        """Return what is known of a refresh token, however old."""
        return self._refresh_tokens.get(token)

    def expired(self, token: RefreshToken) -> bool:
        """Whether a refresh token is too old."""
        return self._clock.now() >= token.issued + REFRESH_TOKEN_AGE

    def judge(self, authorization: str | None) -> Caller:
        """
        Judge the ``Authorization`` header of a request to the API.

        :raises ApiError: with Microsoft's answer to a token that is missing, malformed, expired or not accepted.
        """
        claims = self._claims(authorization)
        if claims["exp"] <= self._clock.now().timestamp():
            raise refused(401, 400, "Access denied: the token has expired.", _INVALID)
        if claims["aud"] not in AUDIENCES:
            text = f"The audience '{claims['aud']}' in the token is invalid and is not supported in Partner Center API."
            raise refused(401, "900420", text, _INVALID)
        user = "scp" in claims
        if user and "mfa" not in claims["amr"] and self._settings.mfa_enforced:
            raise refused(401, "900421", "MFA is required: the token has no MFA claim.", _INVALID)
        return Caller(user)

    def _claims(self, authorization: str | None) -> dict[str, Any]:
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise refused(401, 800001, "The partner token is missing.", {"WWW-Authenticate": "Bearer"})
        try:
            # Age and audience are judged by the caller: the age by the emulator's clock.
            return jwt.decode(
                token.strip(),
                self._key,
                algorithms=["HS256"],
                options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            raise refused(401, 400, "Access denied: the token is malformed.", _INVALID) from None

    def mfa_compliant(self, authorization: str | None) -> bool | None:
        """Tell whether an App+User token has the MFA claim; ``None`` for any other."""
        try:
            claims = self._claims(authorization)
        except ApiError:
            return None
        return "mfa" in claims["amr"] if "scp" in claims else None

    def kind(self, authorization: str | None) -> str | None:
        """Return the kind of token for the journal; ``None`` if it is not accepted."""
        try:
            return self.judge(authorization).kind
        except ApiError:
            return None
