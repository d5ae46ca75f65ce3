"""The login service: the parts of OpenID discovery and the token endpoint that MSAL uses for Partner Center."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from airflow_provider_partnercenter.emulator.errors import ApiError, refused_by_login
from airflow_provider_partnercenter.emulator.partner.tokens import AUDIENCES, Tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_partnercenter.emulator.partner.clock import Clock
    from airflow_provider_partnercenter.emulator.settings import Settings

FOREIGN_AUDIENCES = ("https://graph.windows.net", "https://graph.microsoft.com")
"""Resources for which the login service issues tokens, although Partner Center refuses these (900420)."""

_OPENID_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def _public_key(certificate: bytes) -> RSAPublicKey:
    key = x509.load_pem_x509_certificate(certificate).public_key()
    if not isinstance(key, RSAPublicKey):
        raise ValueError("the client certificate must have an RSA key")
    return key


class LoginService:
    """
    Issues tokens to one application of one partner tenant.

    :param settings: the settings, with the tenant and the application.
    :param clock: the emulator's clock.
    :param tokens: creates the tokens.
    :raises ValueError: if the client certificate of the settings is not a PEM certificate with an RSA key.
    """

    def __init__(self, settings: Settings, clock: Clock, tokens: Tokens) -> None:
        self._settings = settings
        self._clock = clock
        self._tokens = tokens
        self._key = _public_key(settings.client_certificate) if settings.client_certificate else None

    def _refuse(self, status: int, error: str, number: int, message: str) -> ApiError:
        return refused_by_login(status, error, number, message, self._clock.now())

    def _check_tenant(self, tenant: str) -> None:
        if tenant.lower() != self._settings.tenant_id.lower():
            raise self._refuse(400, "invalid_tenant", 90002, f"Tenant '{tenant}' not found.")

    def discovery(self, base: str, tenant: str) -> dict[str, Any]:
        """
        Return the OpenID configuration.

        :param base: the base URL that the client used.
        :param tenant: the tenant in the path.
        :raises ApiError: if the tenant is not the partner's.
        """
        self._check_tenant(tenant)
        return {
            "issuer": f"{base}/{tenant}/v2.0",
            "token_endpoint": f"{base}/{tenant}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/{tenant}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/{tenant}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{base}/{tenant}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
        }

    def token(self, base: str, tenant: str, form: Mapping[str, str]) -> dict[str, Any]:
        """
        Answer a request to the token endpoint.

        :param base: the base URL that the client used.
        :param tenant: the tenant in the path.
        :param form: the parameters of the request.
        :raises ApiError: if the request is refused.
        """
        self._check_tenant(tenant)
        grant = form.get("grant_type", "")
        if not grant:
            text = "The request body must contain the following parameter: 'grant_type'."
            raise self._refuse(400, "invalid_request", 900144, text)
        if grant not in ("client_credentials", "refresh_token"):
            raise self._refuse(400, "unsupported_grant_type", 70003, f"The grant type '{grant}' is not supported.")
        self._check_client(f"{base}/{tenant}/oauth2/v2.0/token", form)
        audience = self._audience(form.get("scope", ""), app_only=grant == "client_credentials")
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "expires_in": self._settings.token_lifetime,
            "ext_expires_in": self._settings.token_lifetime,
        }
        if grant == "client_credentials":
            return {**answer, "access_token": self._tokens.mint_access_token(audience, None)}
        before = self._tokens.find_refresh_token(form.get("refresh_token", ""))
        if before is None:
            text = "The provided value for the 'refresh_token' parameter is not valid."
            raise self._refuse(400, "invalid_grant", 70000, text)
        if self._tokens.revoked(before):
            raise self._refuse(400, "invalid_grant", 50173, "The grant was revoked; a fresh auth token is needed.")
        if self._tokens.expired(before):
            raise self._refuse(400, "invalid_grant", 700082, "The refresh token has expired due to inactivity.")
        return {
            **answer,
            "scope": f"{audience}/user_impersonation",
            "access_token": self._tokens.mint_access_token(audience, before),
            "refresh_token": self._tokens.mint_refresh_token(before),
        }

    def _check_client(self, endpoint: str, form: Mapping[str, str]) -> None:
        client_id = form.get("client_id", "")
        if client_id.lower() != self._settings.client_id.lower():
            text = f"Application with identifier '{client_id}' was not found in the directory."
            raise self._refuse(400, "unauthorized_client", 700016, text)
        if assertion := form.get("client_assertion"):
            if form.get("client_assertion_type") != _ASSERTION_TYPE:
                text = "The parameter 'client_assertion_type' is missing or not supported."
                raise self._refuse(401, "invalid_client", 700023, text)
            self._check_assertion(endpoint, assertion)
        elif (secret := form.get("client_secret")) is None:
            text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
            raise self._refuse(401, "invalid_client", 7000218, text)
        elif secret != self._settings.client_secret:
            text = f"Invalid client secret provided. Ensure the secret is the one of app '{client_id}'."
            raise self._refuse(401, "invalid_client", 7000215, text)

    def _check_assertion(self, endpoint: str, assertion: str) -> None:
        """Check a client assertion; check its signature only if the settings have a certificate."""
        try:
            if jwt.get_unverified_header(assertion).get("alg") not in ("RS256", "PS256"):
                raise jwt.InvalidAlgorithmError("the algorithm is neither RS256 nor PS256")
            claims = jwt.decode(
                assertion,
                self._key or "",
                algorithms=["RS256", "PS256"],
                # The times in it follow the client's clock, not the emulator's; "exp" is checked below.
                options={
                    "verify_signature": self._key is not None,
                    "verify_aud": False,
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except (jwt.InvalidTokenError, RecursionError) as error:
            text = f"Client assertion failed signature validation: {error}."
            raise self._refuse(401, "invalid_client", 700027, text) from None
        if claims.get("aud") != endpoint:
            text = f"Client assertion audience claim does not match: expected '{endpoint}'."
            raise self._refuse(401, "invalid_client", 700023, text)
        if not (claims.get("iss") == claims.get("sub") == self._settings.client_id):
            text = "Client assertion must name the application as issuer and as subject."
            raise self._refuse(401, "invalid_client", 700021, text)
        expires = claims.get("exp")
        if not isinstance(expires, int | float) or expires < time.time():
            text = "Client assertion is not within its valid time range."
            raise self._refuse(401, "invalid_client", 700024, text)

    def _audience(self, scope: str, *, app_only: bool) -> str:
        wanted = {text for text in scope.split() if text not in _OPENID_SCOPES}
        allowed = (".default",) if app_only else (".default", "user_impersonation")
        resources = {
            resource
            for resource, _, name in (text.rpartition("/") for text in wanted)
            if name in allowed and resource in AUDIENCES + FOREIGN_AUDIENCES
        }
        if len(wanted) == 1 and len(resources) == 1:
            return resources.pop()
        if app_only and wanted and not any(text.endswith("/.default") for text in wanted):
            text = (
                f"The scope '{scope}' is not valid: client credential flows must have '/.default' after the resource."
            )
            raise self._refuse(400, "invalid_scope", 1002012, text)
        raise self._refuse(400, "invalid_scope", 70011, f"The provided value for the scope '{scope}' is not valid.")
