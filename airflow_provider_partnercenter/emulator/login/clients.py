"""How the application proves who it is: by a secret, by a certificate, or by the token of an issuer that it trusts."""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import jwt
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from airflow_provider_partnercenter.emulator.login.discovery import issuer, token_endpoint
from airflow_provider_partnercenter.emulator.login.keys import read_claims
from airflow_provider_partnercenter.emulator.login.request import SHARED_TENANTS, LoginRequest
from airflow_provider_partnercenter.emulator.scenario.login_refusals import refusal

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.settings import Settings

FEDERATED_AUDIENCE = "api://AzureADTokenExchange"
"""The audience of a token that stands in the place of a secret (page ``workload-identity-federation``)."""

_FEDERATED_AUDIENCES = [FEDERATED_AUDIENCE, f"{FEDERATED_AUDIENCE}USGov", f"{FEDERATED_AUDIENCE}China"]

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS = ["RS256", "PS256"]


class Clients:
    """
    Checks the application of a request to the token endpoint.

    :param settings: the settings, with the application.
    :raises ValueError: if the client certificate or the federated key of the settings is not PEM, or not RSA.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key = _of_certificate(settings.client_certificate) if settings.client_certificate else None
        self._federated_key = _public_key(settings.federated_key) if settings.federated_key else None

    def check_id(self, client_id: str) -> None:
        """
        Check that the application is the one of the settings.

        :raises LoginRefusedError: if it is not.
        """
        if client_id.lower() != self._settings.client_id.lower():
            raise refusal(700016, client_id)

    def check(self, request: LoginRequest) -> None:
        """
        Check that the application is the one of the settings, and that it proves it.

        :raises LoginRefusedError: if it is not, or does not.
        """
        basic = _basic(request.authorization)
        self.check_id(basic[0] if basic else request.required("client_id"))
        if basic:
            self._check_secret(basic[1])
        elif assertion := request.get("client_assertion"):
            if request.get("client_assertion_type") != _ASSERTION_TYPE:
                raise refusal(900144, "client_assertion_type")
            self._check_assertion(request, assertion)
        elif secret := request.get("client_secret"):
            self._check_secret(secret)
        else:
            raise refusal(7000218)

    def _check_secret(self, secret: str) -> None:
        # Not every client encodes what it sends by HTTP Basic.
        given = (secret.encode(), unquote_plus(secret).encode())
        if not any(hmac.compare_digest(each, self._settings.client_secret.encode()) for each in given):
            raise refusal(7000215, self._settings.client_id)

    def _check_assertion(self, request: LoginRequest, assertion: str) -> None:
        """Check a client assertion; check its signature only if the settings have a key for it."""
        own = _claims(assertion).get("iss") == self._settings.client_id
        claims = _claims(assertion, self._key if own else self._federated_key)
        if own:
            self._check_own(request, claims)
        else:
            self._check_federated(claims)
        # The times in an assertion follow the client's clock, not the emulator's.
        expires = claims.get("exp")
        if not isinstance(expires, int | float) or expires < time.time():
            raise refusal(700024)

    def _check_own(self, request: LoginRequest, claims: dict[str, Any]) -> None:
        if claims.get("sub") != self._settings.client_id:
            raise refusal(700021)
        tenants = (self._settings.tenant_id, self._settings.domain, request.tenant, *SHARED_TENANTS)
        accepted = {token_endpoint(request.base, tenant, v1=v1) for tenant in tenants for v1 in (False, True)}
        accepted |= {issuer(request.base, tenant, v1=False) for tenant in tenants}
        if claims.get("aud") not in accepted:
            raise refusal(700023, token_endpoint(request.base, self._settings.tenant_id, v1=request.v1))

    def _check_federated(self, claims: dict[str, Any]) -> None:
        audience = claims.get("aud")
        for number, given, expected in (
            (700211, claims.get("iss"), [self._settings.federated_issuer]),
            (700213, claims.get("sub"), [self._settings.federated_subject]),
            # Kubernetes writes a list.
            (700212, audience[0] if isinstance(audience, list) and audience else audience, _FEDERATED_AUDIENCES),
        ):
            if given not in expected:
                raise refusal(number, str(given))


def _claims(assertion: str, key: RSAPublicKey | None = None) -> dict[str, Any]:
    """Return the claims of an assertion, and check its signature if there is a key for it."""
    try:
        if jwt.get_unverified_header(assertion).get("alg") not in _ALGORITHMS:
            raise jwt.InvalidAlgorithmError("the algorithm is neither RS256 nor PS256")
        return read_claims(assertion, key, _ALGORITHMS)
    except (jwt.InvalidTokenError, RecursionError) as error:
        raise refusal(700027, str(error)) from None


def _basic(authorization: str | None) -> tuple[str, str] | None:
    """Return the id and the secret of HTTP Basic authentication, or ``None`` if there is none."""
    scheme, _, credentials = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise refusal(7000218) from None
    if not colon:
        raise refusal(7000218)
    return unquote_plus(client_id), secret


def _of_certificate(pem: bytes) -> RSAPublicKey:
    return _checked(x509.load_pem_x509_certificate(pem).public_key(), "the client certificate must have an RSA key")


def _public_key(pem: bytes) -> RSAPublicKey:
    text = "the federated key must be a public RSA key, as PEM"
    try:
        return _checked(load_pem_public_key(pem), text)
    except UnsupportedAlgorithm:
        raise ValueError(text) from None


def _checked(key: object, text: str) -> RSAPublicKey:
    if not isinstance(key, RSAPublicKey):
        raise ValueError(text)
    return key
