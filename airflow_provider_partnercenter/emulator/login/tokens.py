"""Access, refresh and id tokens: this module issues them, and checks access tokens as Partner Center does."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt

from airflow_provider_partnercenter.emulator.errors import ApiError, refused
from airflow_provider_partnercenter.emulator.login.keys import signing_key
from airflow_provider_partnercenter.emulator.login.scopes import AUDIENCES, USER_SCOPE
from airflow_provider_partnercenter.emulator.login.users import AGENT, WITHOUT_MFA, User
from airflow_provider_partnercenter.emulator.settings import REFRESH_TOKEN_WITHOUT_MFA, Settings

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.partner.clock import Clock

__all__ = ["AUDIENCES", "REFRESH_TOKEN_AGE", "Caller", "RefreshToken", "Tokens"]

REFRESH_TOKEN_AGE = timedelta(days=90)

_SCOPE = f"{AUDIENCES[0]}/{USER_SCOPE} offline_access openid profile"
_INVALID = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


@dataclass(frozen=True, slots=True)
class Caller:
    """
    The sender of a request.

    :param user: whether the token is an App+User token.
    :param has_role: whether the user has a role in Partner Center, or the application acts for itself.
    """

    user: bool
    has_role: bool = True

    @property
    def kind(self) -> str:
        """The kind of the token, as the journal shows it."""
        return "app+user" if self.user else "app-only"


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """
    The login service's record of a refresh token.

    :param issued: the time at which the token was issued.
    :param user: who signed in.
    :param lineage: an id that all refresh tokens of the same consent share.
    :param scope: the scopes that the user agreed to.
    """

    issued: datetime
    user: User
    lineage: str
    scope: str


class Tokens:
    """
    The tokens of one emulator. Access tokens of an earlier process are not valid, because the key is new.

    Those of another emulator of the same process are valid if it has the same tenant and the same application.

    :param settings: the settings of the emulator.
    :param clock: the emulator's clock, which decides when tokens expire.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Remove all refresh tokens except the initial ones, and issue these anew."""
        now = self._clock.now()
        self._refresh_tokens = {
            REFRESH_TOKEN_WITHOUT_MFA: RefreshToken(now, self._user(mfa=False), "without MFA", _SCOPE),
            self._settings.refresh_token: RefreshToken(now, self._user(mfa=True), "first", _SCOPE),
        }
        self._revoked: set[str] = set()

    def mint_access_token(self, audience: str, user: User | None) -> str:
        """
        Issue an access token.

        :param audience: the resource that the token is for.
        :param user: who signed in; ``None`` for App-only.
        """
        usable = self._settings.token_usable
        lifetime = self._settings.token_lifetime if usable is None else usable
        claims: dict[str, Any] = {
            **self._common(lifetime),
            "aud": audience,
            "iss": f"https://sts.windows.net/{self._settings.tenant_id}/",
            "appid": self._settings.client_id,
            "ver": "1.0",
        }
        if user is None:
            claims |= {"idtyp": "app", "roles": []}
        else:
            claims |= {"scp": USER_SCOPE, "upn": user.name, "oid": user.object_id}
            claims["amr"] = ["pwd", "mfa"] if user.mfa else ["pwd"]
        return signing_key().sign(claims)

    def mint_id_token(self, issuer: str, user: User, scope: str, *, nonce: str = "", v1: bool = False) -> str:
        """
        Issue an id token.

        :param issuer: who issues it, as discovery names them.
        :param user: who signed in.
        :param scope: the scopes that were asked for.
        :param nonce: the nonce of the sign-in; empty if there was none.
        :param v1: whether a v1 endpoint issues it.
        """
        claims: dict[str, Any] = {
            **self._common(3600),
            "aud": self._settings.client_id,
            "iss": issuer,
            "auth_time": int(self._clock.now().timestamp()),
            # Pairwise: another application sees another one.
            "sub": User(f"{user.name} at {self._settings.client_id}").object_id,
            "oid": user.object_id,
            "name": user.name.partition("@")[0],
            "ver": "1.0" if v1 else "2.0",
        }
        claims |= {"upn": user.name, "unique_name": user.name} if v1 else {"preferred_username": user.name}
        if "email" in scope.split():
            claims["email"] = user.name
        if nonce:
            claims["nonce"] = nonce
        return signing_key().sign(claims)

    def client_info(self, user: User) -> str:
        """Return by what MSAL knows an account: the user and the tenant."""
        info = json.dumps({"uid": user.object_id, "utid": self._settings.tenant_id})
        return base64.urlsafe_b64encode(info.encode()).decode().rstrip("=")

    def _common(self, lifetime: int) -> dict[str, Any]:
        now = int(self._clock.now().timestamp())
        return {
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            "tid": self._settings.tenant_id,
            # Without it, two tokens of the same second would be equal, and a test could not notice a renewal.
            "uti": secrets.token_urlsafe(12),
        }

    def shortened(self, access_token: str, seconds: float) -> str:
        """Return a copy of an access token that expires ``seconds`` from now."""
        claims = self._claims(f"Bearer {access_token}")
        return signing_key().sign({**claims, "exp": self._clock.now().timestamp() + seconds})

    def renew(self, before: RefreshToken) -> str:
        """Issue the successor of a refresh token; the old one stays valid until it expires or is revoked."""
        return self._add(before.user, before.lineage, before.scope)

    def consent(self, *, mfa: bool) -> str:
        """
        Issue a refresh token, as a new sign-in does.

        :param mfa: whether the user signed in with MFA.
        """
        return self.begin(self._user(mfa=mfa), _SCOPE)

    def begin(self, user: User, scope: str) -> str:
        """
        Issue the first refresh token of a consent.

        :param user: who signed in.
        :param scope: the scopes that the user agreed to.
        """
        return self._add(user, secrets.token_hex(8), scope)

    def _user(self, *, mfa: bool) -> User:
        return User(f"{AGENT if mfa else WITHOUT_MFA}@{self._settings.domain}")

    def _add(self, user: User, lineage: str, scope: str) -> str:
        token = f"1.{secrets.token_urlsafe(64)}"
        self._refresh_tokens[token] = RefreshToken(self._clock.now(), user, lineage, scope)
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
        if "scp" not in claims:
            return Caller(user=False)
        if "mfa" not in claims["amr"] and self._settings.mfa_enforced:
            raise refused(401, "900421", "MFA is required: the token has no MFA claim.", _INVALID)
        return Caller(user=True, has_role=User(claims["upn"]).has_role)

    def _claims(self, authorization: str | None) -> dict[str, Any]:
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise refused(401, 800001, "The partner token is missing.", {"WWW-Authenticate": "Bearer"})
        try:
            claims = signing_key().read(token.strip())
            if (claims["tid"], claims["appid"]) != (self._settings.tenant_id, self._settings.client_id):
                raise jwt.InvalidTokenError
            return claims
        except (jwt.InvalidTokenError, KeyError, RecursionError):
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
