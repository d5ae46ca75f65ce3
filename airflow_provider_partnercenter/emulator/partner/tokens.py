"""Access and refresh tokens: this module issues them, and checks access tokens as Partner Center does."""

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
    The sender of a request.

    :param user: whether the token is an App+User token.
    """

    user: bool

    @property
    def kind(self) -> str:
        """The kind of the token, as the journal shows it."""
        return "app+user" if self.user else "app-only"


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """
    The login service's record of a refresh token.

    :param issued: the time at which the token was issued.
    :param mfa: whether the user signed in with MFA.
    :param lineage: an id that all refresh tokens of the same consent share.
    """

    issued: datetime
    mfa: bool
    lineage: str


class Tokens:
    """
    The tokens of one emulator. Access tokens of an earlier process are not valid, because the key is new.

    :param settings: the settings of the emulator.
    :param clock: the emulator's clock, which decides when tokens expire.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self.reset()

    def reset(self) -> None:
        """Remove all refresh tokens except the initial ones, and issue these anew."""
        now = self._clock.now()
        self._refresh_tokens = {
            REFRESH_TOKEN_WITHOUT_MFA: RefreshToken(now, mfa=False, lineage="without MFA"),
            self._settings.refresh_token: RefreshToken(now, mfa=True, lineage="first"),
        }
        self._revoked: set[str] = set()

    def mint_access_token(self, audience: str, user: RefreshToken | None) -> str:
        """
        Issue an access token.

        :param audience: the resource that the token is for.
        :param user: the refresh token that it was requested with; ``None`` for App-only.
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
            # Without it, two tokens of the same second would be equal, and a test could not notice a renewal.
            "uti": secrets.token_urlsafe(12),
        }
        if user is None:
            claims |= {"idtyp": "app", "roles": []}
        else:
            claims |= {"scp": "user_impersonation", "upn": "agent@partner.example"}
            claims["amr"] = ["pwd", "mfa"] if user.mfa else ["pwd"]
        return jwt.encode(claims, self._key, algorithm="HS256")

    def shortened(self, access_token: str, seconds: float) -> str:
        """Return a copy of an access token that expires ``seconds`` from now."""
        claims = self._claims(f"Bearer {access_token}")
        return jwt.encode({**claims, "exp": self._clock.now().timestamp() + seconds}, self._key, algorithm="HS256")

    def mint_refresh_token(self, before: RefreshToken) -> str:
        """Issue the successor of a refresh token; the old one stays valid until it expires or is revoked."""
        return self._add(before.mfa, before.lineage)

    def consent(self, *, mfa: bool) -> str:
        """
        Issue a refresh token, as a new sign-in does.

        :param mfa: whether the user signed in with MFA.
        """
        return self._add(mfa, secrets.token_hex(8))

    def _add(self, mfa: bool, lineage: str) -> str:
        token = f"1.{secrets.token_urlsafe(64)}"
        self._refresh_tokens[token] = RefreshToken(self._clock.now(), mfa, lineage)
        return token

    def revoke(self, token: str | None = None) -> None:
        """
        Revoke all refresh tokens of a consent; access tokens stay valid.

        :param token: one of the refresh tokens; ``None`` for all consents.
        :raises KeyError: if the refresh token is unknown.
        """
        revoked = self._refresh_tokens.values() if token is None else [self._refresh_tokens[token]]
        self._revoked |= {each.lineage for each in revoked}

    def revoked(self, token: RefreshToken) -> bool:
        """Return whether a refresh token was revoked."""
        return token.lineage in self._revoked

    def find_refresh_token(self, token: str) -> RefreshToken | None:
        """Return the record of a refresh token, even of an expired one; ``None`` if it is unknown."""
        return self._refresh_tokens.get(token)

    def expired(self, token: RefreshToken) -> bool:
        """Return whether a refresh token has expired."""
        return self._clock.now() >= token.issued + REFRESH_TOKEN_AGE

    def judge(self, authorization: str | None) -> Caller:
        """
        Check the ``Authorization`` header of a request to the API.

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
            # The caller checks the audience, and the expiry by the emulator's clock.
            return jwt.decode(
                token.strip(),
                self._key,
                algorithms=["HS256"],
                options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except (jwt.InvalidTokenError, RecursionError):
            raise refused(401, 400, "Access denied: the token is malformed.", _INVALID) from None

    def mfa_compliant(self, authorization: str | None) -> bool | None:
        """Return whether an App+User token has the MFA claim; ``None`` for any other token."""
        try:
            claims = self._claims(authorization)
        except ApiError:
            return None
        return "mfa" in claims["amr"] if "scp" in claims else None

    def kind(self, authorization: str | None) -> str | None:
        """Return the kind of a token for the journal; ``None`` if the API refuses the token."""
        try:
            return self.judge(authorization).kind
        except ApiError:
            return None
