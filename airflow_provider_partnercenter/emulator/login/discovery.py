"""What the login service says about itself. It names only what is there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from airflow_provider_partnercenter.emulator.login.keys import ALGORITHM
from airflow_provider_partnercenter.emulator.login.request import SHARED_TENANTS
from airflow_provider_partnercenter.emulator.login.scopes import OPENID_SCOPES
from airflow_provider_partnercenter.emulator.scenario.login_refusals import refusal

AUTHENTICATION_METHODS = ("client_secret_post", "private_key_jwt", "client_secret_basic")
RESPONSE_MODES = ("query", "fragment", "form_post")
RESPONSE_TYPES = ("code", "code id_token")
CLAIMS = ("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "name", "oid", "tid", "ver", "email")
_NAMES = ("upn", "unique_name")
_NAMES_V2 = ("preferred_username",)


def issuer(base: str, tenant_id: str, *, v1: bool) -> str:
    """Return who issues the ``id_token``."""
    return f"https://sts.windows.net/{tenant_id}/" if v1 else f"{base}/{tenant_id}/v2.0"


def token_endpoint(base: str, tenant: str, *, v1: bool) -> str:
    """Return the address of the token endpoint."""
    return f"{base}/{tenant}/oauth2/token" if v1 else f"{base}/{tenant}/oauth2/v2.0/token"


def openid_configuration(base: str, tenant: str, *, v1: bool) -> dict[str, Any]:
    """
    Return the OpenID configuration.

    :param base: the base URL that the client used.
    :param tenant: the id of the tenant, or one of :data:`.SHARED_TENANTS`.
    :param v1: whether it is that of the v1 endpoints.
    """
    version = "" if v1 else "v2.0/"
    return {
        "token_endpoint": token_endpoint(base, tenant, v1=v1),
        "token_endpoint_auth_methods_supported": list(AUTHENTICATION_METHODS),
        "jwks_uri": f"{base}/{tenant}/discovery/{version}keys",
        "response_modes_supported": list(RESPONSE_MODES),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "response_types_supported": list(RESPONSE_TYPES),
        "scopes_supported": list(OPENID_SCOPES),
        "issuer": issuer(base, "{tenantid}" if tenant in SHARED_TENANTS else tenant, v1=v1),
        "request_uri_parameter_supported": False,
        "authorization_endpoint": f"{base}/{tenant}/oauth2/{version}authorize",
        "claims_supported": [*CLAIMS, *(_NAMES if v1 else _NAMES_V2)],
    }


def instance(base: str, authorization_endpoint: str) -> dict[str, Any]:
    """
    Return the answer to the question of MSAL whether an authority is genuine, and by which names it is known.

    :param base: the base URL that the client used.
    :param authorization_endpoint: the authorization endpoint that the client wants to use.
    :raises LoginRefusedError: if it is not one of this service.
    """
    asked, here = urlsplit(authorization_endpoint), urlsplit(base)
    # MSAL for Python leaves out the port, and knows an authority by its name alone.
    if asked.hostname != here.hostname:
        raise refusal(50049)
    tenant = asked.path.strip("/").partition("/")[0]
    version = "v2.0/" if "/v2.0/" in asked.path else ""
    names = list(dict.fromkeys([here.netloc, here.hostname]))
    return {
        "tenant_discovery_endpoint": f"{base}/{tenant}/{version}.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": here.netloc, "preferred_cache": here.netloc, "aliases": names}],
    }
