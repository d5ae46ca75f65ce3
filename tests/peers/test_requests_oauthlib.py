"""requests-oauthlib, in all ways that Partner Center takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from tests.support.login.browser import CALLBACK, returned
from tests.support.login.check import accepted
from tests.support.login.entra import AUTHORITY
from tests.support.plain_api import BASE_SCOPE

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator

USER = f"{BASE_SCOPE}/user_impersonation"


def endpoint(emulator: Emulator, name: str) -> str:
    return f"{AUTHORITY}/{emulator.tenant_id}/oauth2/v2.0/{name}"


@pytest.mark.parametrize("basic", [True, False])
def test_app_only(emulator: Emulator, basic: bool) -> None:
    session = OAuth2Session(client=BackendApplicationClient(emulator.client_id, scope=[f"{BASE_SCOPE}/.default"]))
    proof: dict[str, Any] = {"client_secret": emulator.client_secret, "include_client_id": True}
    if basic:
        proof = {"auth": HTTPBasicAuth(emulator.client_id, emulator.client_secret)}
    token = session.fetch_token(endpoint(emulator, "token"), **proof)
    accepted(emulator, token["access_token"], "app-only")


@pytest.mark.parametrize("pkce", ["S256", "plain", None])
def test_a_user_signs_in(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, pkce: str | None) -> None:
    # As Microsoft's service does, the answer leaves out offline_access, and oauthlib takes that for an error.
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    session = OAuth2Session(
        emulator.client_id, scope=[USER, "openid", "profile", "offline_access"], redirect_uri=CALLBACK, pkce=pkce
    )
    url, state = session.authorization_url(endpoint(emulator, "authorize"))
    back = returned(requests.Session(), url)
    assert back["state"] == state
    token = session.fetch_token(
        endpoint(emulator, "token"), code=back["code"], client_secret=emulator.client_secret, include_client_id=True
    )
    accepted(emulator, token["access_token"], "app+user")
    renewed = session.refresh_token(
        endpoint(emulator, "token"), client_id=emulator.client_id, client_secret=emulator.client_secret
    )
    accepted(emulator, renewed["access_token"], "app+user")
    assert renewed["refresh_token"] != token["refresh_token"]


def test_a_user_who_declines(emulator: Emulator) -> None:
    session = OAuth2Session(emulator.client_id, scope=[USER], redirect_uri=CALLBACK)
    url, _ = session.authorization_url(endpoint(emulator, "authorize"), login_hint="declines@partner.example")
    answer = requests.get(url, allow_redirects=False)
    with pytest.raises(OAuth2Error, match="access_denied"):
        # oauthlib wants an address with TLS, whatever is in it.
        session.fetch_token(
            endpoint(emulator, "token"),
            authorization_response=answer.headers["Location"].replace("http:", "https:"),
            client_secret=emulator.client_secret,
        )
