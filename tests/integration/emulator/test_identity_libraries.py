"""Whole identity libraries sign in at the emulator's login: MSAL and Authlib, in all ways that Partner Center takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msal
import pytest
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.base_client.sync_app import BaseApp, OAuth2Mixin
from authlib.integrations.base_client.sync_openid import OpenIDMixin
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT

from airflow_provider_partnercenter.client.auth.certificates import client_credential
from airflow_provider_partnercenter.emulator.settings import Settings
from tests.support.login.browser import CALLBACK, returned
from tests.support.login.certificate import self_signed
from tests.support.login.check import accepted
from tests.support.login.entra import AUTHORITY, entra
from tests.support.plain_api import BASE_SCOPE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.emulator.server import Emulator

pytestmark = pytest.mark.filterwarnings("ignore:response_mode='form_post'")

KEY, CERTIFICATE = self_signed()
DEFAULT, USER = [f"{BASE_SCOPE}/.default"], [f"{BASE_SCOPE}/user_impersonation"]
PROOFS = ["secret", "certificate", "certificate by thumbprint", "token", "token anew"]
TENANTS = ["11111111-1111-4111-8111-111111111111", "partner.example"]


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with entra(Settings(client_certificate=CERTIFICATE)) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator) -> Emulator:
    running.reset()
    return running


def credential(emulator: Emulator, proof: str) -> Any:
    return {
        "secret": emulator.client_secret,
        "certificate": client_credential(KEY, CERTIFICATE.decode()),
        "certificate by thumbprint": {"private_key": KEY, "thumbprint": "A" * 40},
        "token": {"client_assertion": emulator.federated_token()},
        "token anew": {"client_assertion": emulator.federated_token},
    }[proof]


def application(emulator: Emulator, proof: str = "secret", tenant: str = TENANTS[0], **options: Any) -> Any:
    return msal.ConfidentialClientApplication(
        emulator.client_id, client_credential=credential(emulator, proof), authority=f"{AUTHORITY}/{tenant}", **options
    )


@pytest.mark.filterwarnings("ignore:Passing a static string")
@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("proof", PROOFS)
class TestMsal:
    def test_app_only(self, emulator: Emulator, proof: str, tenant: str) -> None:
        app = application(emulator, proof, tenant)
        answer = app.acquire_token_for_client(DEFAULT)
        accepted(emulator, answer["access_token"], "app-only")
        assert app.acquire_token_for_client(DEFAULT)["token_source"] == "cache"

    def test_a_user_signs_in_and_stays_signed_in(self, emulator: Emulator, proof: str, tenant: str) -> None:
        app = application(emulator, proof, tenant)
        flow = app.initiate_auth_code_flow(DEFAULT, redirect_uri=CALLBACK)
        answer = app.acquire_token_by_auth_code_flow(flow, returned(requests.Session(), flow["auth_uri"]))
        accepted(emulator, answer["access_token"], "app+user")
        assert answer["id_token_claims"]["preferred_username"] == "agent@partner.example"
        [account] = app.get_accounts()
        assert account["username"] == "agent@partner.example"
        assert account["home_account_id"] == f"{answer['id_token_claims']['oid']}.{emulator.tenant_id}"
        assert app.acquire_token_silent(DEFAULT, account)["token_source"] == "cache"
        for scopes in (DEFAULT, USER):
            renewed = app.acquire_token_silent(scopes, account, force_refresh=True)
            assert renewed["token_source"] == "identity_provider"
            accepted(emulator, renewed["access_token"], "app+user")
        assert emulator.journal(path="/token")[-1]["grant_type"] == "refresh_token"

    def test_a_refresh_token_from_elsewhere(self, emulator: Emulator, proof: str, tenant: str) -> None:
        app = application(emulator, proof, tenant)
        answer = app.acquire_token_by_refresh_token(emulator.refresh_token, DEFAULT)
        accepted(emulator, answer["access_token"], "app+user")
        # MSAL keeps the account that "client_info" names.
        [account] = app.get_accounts()
        assert app.acquire_token_silent(DEFAULT, account, force_refresh=True)["refresh_token"]


def test_msal_asks_who_the_authority_is_where_it_is_told_to(emulator: Emulator) -> None:
    where = f"{AUTHORITY}/common/discovery/instance"
    assert application(emulator, instance_discovery=where).acquire_token_for_client(DEFAULT)["access_token"]
    with requests.Session() as session:
        wrong = session.get(
            where, params={"authorization_endpoint": "https://elsewhere.example/common/oauth2/authorize"}
        )
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_instance")


@pytest.mark.parametrize(
    ("user", "error"), [("declines@partner.example", "access_denied"), ("aadsts50105@partner.example", "invalid_grant")]
)
def test_msal_says_why_a_user_is_refused(emulator: Emulator, user: str, error: str) -> None:
    app = application(emulator)
    flow = app.initiate_auth_code_flow(DEFAULT, redirect_uri=CALLBACK, login_hint=user)
    answer = app.acquire_token_by_auth_code_flow(flow, returned(requests.Session(), flow["auth_uri"]))
    assert answer["error"] == error
    assert app.get_accounts() == []


def test_msal_takes_an_account_off_whose_consent_was_withdrawn(emulator: Emulator) -> None:
    app = application(emulator)
    app.acquire_token_by_refresh_token(emulator.refresh_token, DEFAULT)
    emulator.revoke_refresh_tokens()
    [account] = app.get_accounts()
    answer = app.acquire_token_silent_with_error(DEFAULT, account, force_refresh=True)
    assert (answer["error"], answer["suberror"]) == ("invalid_grant", "bad_token")
    assert app.acquire_token_silent(DEFAULT, account, force_refresh=True) is None


@pytest.mark.parametrize(
    ("claims", "seconds", "number"),
    [
        ({"iss": "https://elsewhere.example"}, 3600, 700211),
        ({"sub": "system:serviceaccount:airflow:scheduler"}, 3600, 700213),
        ({"aud": "https://kubernetes.default.svc"}, 3600, 700212),
        ({}, -1, 700024),
    ],
)
def test_a_token_that_the_application_does_not_trust(
    emulator: Emulator, claims: dict[str, Any], seconds: int, number: int
) -> None:
    proof = {"client_assertion": lambda: emulator.federated_token(seconds, **claims)}
    app = msal.ConfidentialClientApplication(
        emulator.client_id, client_credential=proof, authority=f"{AUTHORITY}/{emulator.tenant_id}"
    )
    answer = app.acquire_token_for_client(DEFAULT)
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [number])


class Authlib(OAuth2Mixin, OpenIDMixin, BaseApp):  # type: ignore[misc]  # Authlib has no types
    """Authlib's client as it stands behind its integrations with web frameworks."""

    client_cls = OAuth2Session

    def __init__(self, emulator: Emulator, method: str | None, scope: str) -> None:
        endpoint = f"{AUTHORITY}/{emulator.tenant_id}/oauth2/v2.0/token"
        # Its default is client_secret_basic.
        chosen = {} if method is None else {"token_endpoint_auth_method": method}
        super().__init__(
            None,
            client_id=emulator.client_id,
            client_secret=KEY if method == "private_key_jwt" else emulator.client_secret,
            client_auth_methods=[PrivateKeyJWT(endpoint)] if method == "private_key_jwt" else [],
            # Microsoft's service wants it, although the assertion names the application too (page
            # "v2-oauth2-client-creds-grant-flow").
            access_token_params={"client_id": emulator.client_id} if method == "private_key_jwt" else None,
            client_kwargs={"scope": scope, "code_challenge_method": "S256", **chosen},
            server_metadata_url=f"{AUTHORITY}/{emulator.tenant_id}/v2.0/.well-known/openid-configuration",
        )

    def _on_update_token(self, token: Any, refresh_token: Any = None, access_token: Any = None) -> None:
        """Do not ask a web framework to keep the token."""


METHODS = [None, "client_secret_basic", "client_secret_post", "private_key_jwt"]


@pytest.mark.parametrize("method", METHODS)
class TestAuthlib:
    def test_app_only(self, emulator: Emulator, method: str | None) -> None:
        token = Authlib(emulator, method, DEFAULT[0]).fetch_access_token(grant_type="client_credentials")
        accepted(emulator, token["access_token"], "app-only")

    def test_a_user_signs_in(self, emulator: Emulator, method: str | None) -> None:
        scope = f"openid profile email offline_access {USER[0]}"
        app = Authlib(emulator, method, scope)
        asked = app.create_authorization_url(CALLBACK)
        back = returned(requests.Session(), asked["url"])
        assert back["state"] == asked["state"]
        token = app.fetch_access_token(CALLBACK, code=back["code"], code_verifier=asked["code_verifier"])
        accepted(emulator, token["access_token"], "app+user")
        # The signature by the published key, the issuer, the audience, the times and the nonce.
        user = app.parse_id_token(token, asked["nonce"])
        assert (user["preferred_username"], user["email"]) == ("agent@partner.example", "agent@partner.example")
        with app._get_oauth_client(**app.load_server_metadata()) as session:
            extra = app.access_token_params or {}
            renewed = session.refresh_token(refresh_token=token["refresh_token"], **extra)
        accepted(emulator, renewed["access_token"], "app+user")

    def test_a_code_needs_its_verifier(self, emulator: Emulator, method: str | None) -> None:
        app = Authlib(emulator, method, f"openid {USER[0]}")
        back = returned(requests.Session(), app.create_authorization_url(CALLBACK)["url"])
        with pytest.raises(OAuthError, match="AADSTS501481"):
            app.fetch_access_token(CALLBACK, code=back["code"], code_verifier="x" * 43)
