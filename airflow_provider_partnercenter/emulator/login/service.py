"""The login service: what a user's browser and an application's requests are answered."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.emulator.errors import LoginRefusedError
from airflow_provider_partnercenter.emulator.login import authorize, discovery, scopes
from airflow_provider_partnercenter.emulator.login.clients import FEDERATED_AUDIENCE, Clients
from airflow_provider_partnercenter.emulator.login.grants import AuthorizationCodes, Grant
from airflow_provider_partnercenter.emulator.login.keys import signing_key
from airflow_provider_partnercenter.emulator.login.request import SHARED_TENANTS, LoginRequest
from airflow_provider_partnercenter.emulator.login.users import User
from airflow_provider_partnercenter.emulator.scenario.login_refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.emulator.login.scopes import Asked
    from airflow_provider_partnercenter.emulator.login.tokens import Tokens
    from airflow_provider_partnercenter.emulator.partner.clock import Clock
    from airflow_provider_partnercenter.emulator.settings import Settings


class LoginService:
    """
    Issues tokens to one application of one partner tenant.

    :param settings: the settings, with the tenant and the application.
    :param clock: the emulator's clock.
    :param tokens: creates the tokens.
    :ivar user: who signs in if the browser does not say it.
    :ivar refuses: what all requests to the token endpoint are refused with; ``None`` for nothing.
    :raises ValueError: if the client certificate or the federated key of the settings is not PEM, or not RSA.
    """

    def __init__(self, settings: Settings, clock: Clock, tokens: Tokens) -> None:
        self._settings = settings
        self._clock = clock
        self._tokens = tokens
        self._clients = Clients(settings)
        self._codes = AuthorizationCodes(clock)
        self._grants: dict[str, Callable[[LoginRequest], dict[str, Any]]] = {
            "client_credentials": self._for_application,
            "authorization_code": self._for_code,
            "refresh_token": self._for_refresh_token,
        }
        self.reset()

    def reset(self) -> None:
        """Restore the initial state: no codes, the user of the settings, and no refusal on demand."""
        self._codes.reset()
        self.user = self._settings.user
        self.refuses: LoginRefusedError | None = None

    def discovery(self, base: str, tenant: str, *, v1: bool = False) -> dict[str, Any]:
        """
        Return the OpenID configuration.

        :param base: the base URL that the client used.
        :param tenant: the tenant in the path: its id, its domain, or ``common``.
        :param v1: whether it is that of the v1 endpoints.
        :raises LoginRefusedError: if the tenant is not the partner's.
        """
        return discovery.openid_configuration(base, self._tenant(tenant), v1=v1)

    def keys(self, tenant: str) -> dict[str, Any]:
        """
        Return the public keys of the service.

        :raises LoginRefusedError: if the tenant is not the partner's.
        """
        self._tenant(tenant)
        return signing_key().to_jwks()

    def authorize(self, request: LoginRequest, describe: Callable[[LoginRefusedError], str]) -> authorize.Return:
        """
        Sign a user in, who does at once what :mod:`.users` says.

        :param describe: returns the description of a refusal, with the ids of this request.
        :raises LoginRefusedError: if the application or its address is wrong; nothing may be sent to that address then.
        """
        self._tenant(request.tenant)
        self._clients.check_id(request.required("client_id"))
        uri = authorize.redirect_uri_of(request, self._settings.redirect_uris)
        try:
            members = self._signed_in(request, uri)
        except LoginRefusedError as error:
            members = authorize.refused(error, describe(error))
        if state := request.get("state"):
            members["state"] = state
        return authorize.Return(uri, authorize.mode_of(request), members)

    def token(self, request: LoginRequest) -> dict[str, Any]:
        """
        Answer a request to the token endpoint.

        :raises LoginRefusedError: if the request is refused.
        """
        tenant = self._tenant(request.tenant)
        kind = request.required("grant_type")
        if kind not in self._grants:
            raise refusal(70003, kind)
        self._clients.check(request)
        if self.refuses is not None:
            raise self.refuses
        if kind == "client_credentials" and tenant in SHARED_TENANTS:
            raise refusal(50059)
        return self._grants[kind](request)

    def federated_token(self, seconds: float = 3600, **claims: Any) -> str:
        """
        Return a token that stands in the place of the application's secret, as Kubernetes and Azure write it.

        :param seconds: how long it is valid, by the clock of this machine.
        :param claims: claims that differ, for example ``sub``.
        """
        now = int(time.time())
        return signing_key().sign(
            {
                "iss": self._settings.federated_issuer,
                "sub": self._settings.federated_subject,
                "aud": [FEDERATED_AUDIENCE],
                "iat": now,
                "nbf": now,
                "exp": now + seconds,
                "jti": str(uuid.uuid4()),
                **claims,
            }
        )

    def _tenant(self, name: str) -> str:
        """Return the id of a tenant, or one of :data:`.SHARED_TENANTS`."""
        known = name.lower()
        if known in SHARED_TENANTS:
            return known
        if known not in (self._settings.tenant_id.lower(), self._settings.domain.lower()):
            raise refusal(90002, name)
        return self._settings.tenant_id

    def _signed_in(self, request: LoginRequest, uri: str) -> dict[str, str]:
        """Return what the application gets if the sign-in succeeds."""
        wanted = authorize.read_sign_in(request)
        user = User(request.get("login_hint") or self.user)
        if number := user.refused_with:
            raise refusal(number)
        grant = Grant(user, uri, wanted.asked.text, wanted.nonce, wanted.challenge, self._clock.now())
        members = {"code": self._codes.issue(grant), "session_state": str(uuid.uuid4())}
        if "id_token" in wanted.kinds:
            members["id_token"] = self._id_token(request, user, wanted.asked, wanted.nonce)
        if request.get("client_info") == "1":
            members["client_info"] = self._tokens.client_info(user)
        return members

    def _for_application(self, request: LoginRequest) -> dict[str, Any]:
        if request.v1:
            asked = scopes.for_resource(request.required("resource"))
        else:
            asked = scopes.for_application(request.required("scope"))
        return self._answer(request, asked, None)

    def _for_code(self, request: LoginRequest) -> dict[str, Any]:
        code, uri = request.required("code"), request.required("redirect_uri")
        grant = self._codes.redeem(code, uri, request.get("code_verifier"))
        asked = _asked(request, grant.scope)
        answer = self._answer(request, asked, grant.user, grant.nonce)
        # Those of v1 are always given; of v2, only what the user has agreed to.
        if request.v1 or "offline_access" in grant.scope.split():
            answer["refresh_token"] = self._tokens.begin(grant.user, grant.scope)
        return answer

    def _for_refresh_token(self, request: LoginRequest) -> dict[str, Any]:
        before = self._tokens.find_refresh_token(request.required("refresh_token"))
        if before is None:
            raise refusal(70000, "refresh_token")
        if self._tokens.revoked(before):
            raise refusal(50173)
        if self._tokens.expired(before):
            raise refusal(700082)
        answer = self._answer(request, _asked(request, before.scope), before.user)
        return {**answer, "refresh_token": self._tokens.renew(before)}

    def _answer(self, request: LoginRequest, asked: Asked, user: User | None, nonce: str = "") -> dict[str, Any]:
        lifetime = self._settings.token_lifetime
        answer: dict[str, Any] = {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime}
        if request.v1:
            # v1 writes numbers as text.
            now = int(self._clock.now().timestamp())
            times = {
                "not_before": now,
                "expires_on": now + lifetime,
                "expires_in": lifetime,
                "ext_expires_in": lifetime,
            }
            answer |= {"resource": asked.audience, **{name: str(value) for name, value in times.items()}}
        if user is not None:
            answer["scope"] = scopes.USER_SCOPE if request.v1 else asked.granted
            if request.v1 or asked.wants("openid"):
                answer["id_token"] = self._id_token(request, user, asked, nonce)
            if request.get("client_info") == "1":
                answer["client_info"] = self._tokens.client_info(user)
        return {**answer, "access_token": self._tokens.mint_access_token(asked.audience, user)}

    def _id_token(self, request: LoginRequest, user: User, asked: Asked, nonce: str) -> str:
        issuer = discovery.issuer(request.base, self._settings.tenant_id, v1=request.v1)
        return self._tokens.mint_id_token(issuer, user, asked.text, nonce=nonce, v1=request.v1)


def _asked(request: LoginRequest, agreed: str) -> Asked:
    """Return what is asked for with a code or a refresh token: without scopes, what the user has agreed to."""
    if request.v1 and (resource := request.get("resource")):
        return scopes.for_resource(resource, request.get("scope") or scopes.of_openid(agreed))
    return scopes.for_user(request.get("scope") or agreed)
