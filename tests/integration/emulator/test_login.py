"""The emulator's login service: real MSAL has to accept it, and it has to refuse what Entra refuses."""

from __future__ import annotations

from typing import Any

import msal
import pytest

from airflow_provider_partnercenter.client.auth.certificates import client_credential
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import REFRESH_TOKEN_WITHOUT_MFA, Settings
from tests.support.login.certificate import self_signed
from tests.support.plain_api import BASE_SCOPE, Api, trusting_session

DEFAULT_SCOPE, USER_SCOPE = [f"{BASE_SCOPE}/.default"], [f"{BASE_SCOPE}/user_impersonation"]


def application(emulator: Emulator, credential: Any = None, **options: Any) -> msal.ConfidentialClientApplication:
    return msal.ConfidentialClientApplication(
        options.pop("client_id", emulator.client_id),
        authority=f"{emulator.url}/{options.pop('tenant', emulator.tenant_id)}",
        client_credential=credential or emulator.client_secret,
        instance_discovery=False,
        http_client=trusting_session(emulator),
    )


@pytest.fixture(scope="module")
def key_and_certificate() -> tuple[str, bytes]:
    return self_signed()


def test_msal_gets_an_app_only_token_by_secret(api: Api) -> None:
    answer = application(api.emulator).acquire_token_for_client(DEFAULT_SCOPE)
    assert answer["expires_in"] == 3600
    assert api.call("GET", "/customers", token=answer["access_token"]).status_code == 200
    assert api.emulator.journal(path="/v1/customers")[-1]["authorization"] == "app-only"


def test_msal_rotates_refresh_tokens_and_old_ones_stay_valid(api: Api) -> None:
    app = application(api.emulator)
    first = app.acquire_token_by_refresh_token(api.emulator.refresh_token, USER_SCOPE)
    second = app.acquire_token_by_refresh_token(first["refresh_token"], USER_SCOPE)
    again = app.acquire_token_by_refresh_token(api.emulator.refresh_token, USER_SCOPE)
    tokens = {api.emulator.refresh_token, *(answer["refresh_token"] for answer in (first, second, again))}
    assert len(tokens) == 4
    assert api.call("GET", "/customers", token=second["access_token"]).status_code == 200
    assert api.emulator.journal(path="/v1/customers")[-1]["authorization"] == "app+user"


def test_a_refresh_token_ages_out_but_its_successor_lives_on(api: Api) -> None:
    app = application(api.emulator)
    api.emulator.advance(89 * 86400)
    successor = app.acquire_token_by_refresh_token(api.emulator.refresh_token, USER_SCOPE)["refresh_token"]
    api.emulator.advance(2 * 86400)
    old = app.acquire_token_by_refresh_token(api.emulator.refresh_token, USER_SCOPE)
    assert old["error"] == "invalid_grant"
    assert old["error_codes"] == [700082]
    assert "access_token" in app.acquire_token_by_refresh_token(successor, USER_SCOPE)


def test_a_reset_forgets_rotated_refresh_tokens(api: Api) -> None:
    app = application(api.emulator)
    rotated = app.acquire_token_by_refresh_token(api.emulator.refresh_token, USER_SCOPE)["refresh_token"]
    api.emulator.reset()
    assert app.acquire_token_by_refresh_token(rotated, USER_SCOPE)["error_codes"] == [70000]


def test_a_refresh_token_without_mfa_never_becomes_compliant(api: Api) -> None:
    answer = application(api.emulator).acquire_token_by_refresh_token(REFRESH_TOKEN_WITHOUT_MFA, USER_SCOPE)
    for token in (answer["access_token"], api.user_token(answer["refresh_token"])):
        refused = api.call("GET", "/customers", token=token, headers={"ValidateMfa": "true"})
        assert (refused.status_code, refused.json()["code"]) == (401, "900421")
        assert refused.headers["isMfaCompliant"] == "false"


@pytest.mark.parametrize("registered", [False, True])
def test_msal_gets_a_token_by_certificate(key_and_certificate: tuple[str, bytes], registered: bool) -> None:
    key, certificate = key_and_certificate
    credential = client_credential(key, certificate.decode())
    with Emulator(Settings(client_certificate=certificate if registered else None)) as emulator:
        assert "access_token" in application(emulator, credential).acquire_token_for_client(DEFAULT_SCOPE)
        # The older form, with a SHA-1 thumbprint, signs by RS256.
        older = {"private_key": key, "thumbprint": "A" * 40}
        assert "access_token" in application(emulator, older).acquire_token_for_client(DEFAULT_SCOPE)


def test_the_signature_of_another_certificate_is_refused(key_and_certificate: tuple[str, bytes]) -> None:
    other_key, other_certificate = self_signed()
    credential = client_credential(other_key, other_certificate.decode())
    with Emulator(Settings(client_certificate=key_and_certificate[1])) as emulator:
        answer = application(emulator, credential).acquire_token_for_client(DEFAULT_SCOPE)
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [700027])


def test_a_certificate_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="PEM"):
        Emulator(Settings(client_certificate=b"nonsense"))


def test_an_unknown_tenant_ends_discovery(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="double check your tenant"):
        application(emulator, tenant="33333333-3333-4333-8333-333333333333").acquire_token_for_client(DEFAULT_SCOPE)


CLIENT = {"grant_type": "client_credentials", "scope": DEFAULT_SCOPE[0]}
REFRESH = {"grant_type": "refresh_token", "scope": USER_SCOPE[0]}
CODE = {"grant_type": "authorization_code", "redirect_uri": "http://localhost"}
ASSERTION = {
    **CLIENT,
    "client_secret": None,
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
}


@pytest.mark.parametrize(
    ("form", "status", "error", "number"),
    [
        ({**CLIENT, "client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({**CLIENT, "client_secret": None}, 401, "invalid_client", 7000218),
        ({**CLIENT, "client_id": "someone"}, 400, "unauthorized_client", 700016),
        ({**CLIENT, "tenant": "nowhere"}, 400, "invalid_tenant", 90002),
        ({**CLIENT, "scope": "https://example.org/.default"}, 400, "invalid_scope", 70011),
        ({**CLIENT, "scope": USER_SCOPE[0]}, 400, "invalid_scope", 1002012),
        ({**CLIENT, "scope": ""}, 400, "invalid_request", 900144),
        ({**CLIENT, "grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({**ASSERTION, "client_assertion": "x.y.z"}, 401, "invalid_client", 700027),
        ({**CLIENT, "client_secret": None, "client_assertion": "x.y.z"}, 400, "invalid_request", 900144),
        ({**REFRESH, "refresh_token": "unknown"}, 400, "invalid_grant", 70000),
        ({**REFRESH}, 400, "invalid_request", 900144),
        (
            {**REFRESH, "scope": "openid https://example.org/.default", "refresh_token": "emulator-refresh-token"},
            400,
            "invalid_scope",
            70011,
        ),
        ({**CODE, "code": "unknown"}, 400, "invalid_grant", 70000),
        ({**CODE}, 400, "invalid_request", 900144),
        ({**CODE, "code": "unknown", "redirect_uri": None}, 400, "invalid_request", 900144),
        ({**CLIENT, "tenant": "common"}, 400, "invalid_request", 50059),
        ({**CLIENT, "client_id": None}, 400, "invalid_request", 900144),
        ({"grant_type": None}, 400, "invalid_request", 900144),
    ],
)
def test_refusals_have_the_form_of_entra(api: Api, form: Any, status: int, error: str, number: int) -> None:
    answer = api.login(**form)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert {"correlation_id", "trace_id", "timestamp"} < set(body)


@pytest.mark.parametrize(
    "scope",
    [
        f"{BASE_SCOPE}/.default",
        f"{BASE_SCOPE}/user_impersonation openid profile offline_access",
        "https://partner.partnercenterapi.microsoftonline.cn/user_impersonation",
    ],
)
def test_scopes_of_both_clouds_are_accepted(api: Api, scope: str) -> None:
    answer = api.login(grant_type="refresh_token", scope=scope, refresh_token=api.emulator.refresh_token).json()
    assert api.call("GET", "/customers", token=answer["access_token"]).status_code == 200


def test_the_journal_keeps_no_secrets(api: Api) -> None:
    api.call("GET", "/customers")
    api.login(**{**CLIENT, "client_secret": "top-secret"})
    journal = api.emulator.journal()
    assert [record["grant_type"] for record in journal] == ["refresh_token", None, "client_credentials"]
    for secret in (api.token, api.emulator.refresh_token, api.emulator.client_secret, "top-secret"):
        assert secret not in str(journal)


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [(None, 401, 800001), ("nonsense", 401, 400), ("a.b.c", 401, 400)],
)
def test_tokens_that_are_none(api: Api, token: str | None, status: int, code: int) -> None:
    answer = api.call("GET", "/customers", token=token)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_expires_by_the_clock_of_the_emulator(api: Api) -> None:
    api.emulator.advance(3599)
    assert api.call("GET", "/customers").status_code == 200
    api.emulator.advance(2)
    answer = api.call("GET", "/customers")
    assert (answer.status_code, answer.json()["code"]) == (401, 400)
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert api.call("GET", "/customers", token=api.app_token()).status_code == 200


def test_the_old_audience_is_refused(api: Api) -> None:
    answer = api.call("GET", "/customers", token=api.app_token("https://graph.windows.net"))
    assert (answer.status_code, answer.json()["code"]) == (401, "900420")
