"""The sign-in of a user in a browser."""

from __future__ import annotations

import base64
import hashlib

import pytest

from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Settings
from tests.support.login.browser import CALLBACK, Browser, claims, numbers
from tests.support.plain_api import BASE_SCOPE, Api

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def browser(api: Api) -> Browser:
    return Browser(api)


def test_a_user_signs_in_and_the_code_is_redeemed(api: Api, browser: Browser) -> None:
    back = browser.members(nonce="n-1", code_challenge=CHALLENGE, code_challenge_method="S256")
    assert back["state"] == "a b&c"
    answer = browser.redeem(back["code"], code_verifier=VERIFIER, client_info="1").json()
    assert answer["scope"].split() == [f"{BASE_SCOPE}/user_impersonation", "openid", "profile"]
    assert answer["expires_in"] == 3600
    told = claims(api, answer["id_token"])
    assert (told["nonce"], told["aud"], told["preferred_username"]) == (
        "n-1", api.emulator.client_id, "agent@partner.example")  # fmt: skip
    assert told["iss"] == f"{api.emulator.url}/{api.emulator.tenant_id}/v2.0"
    padded = answer["client_info"] + "=" * (-len(answer["client_info"]) % 4)
    assert api.emulator.tenant_id in base64.urlsafe_b64decode(padded).decode()
    assert told["oid"] in base64.urlsafe_b64decode(padded).decode()
    assert api.call("GET", "/customers", token=answer["access_token"]).status_code == 200
    assert api.emulator.journal(path="/v1/customers")[-1]["authorization"] == "app+user"
    renewed = api.login(grant_type="refresh_token", refresh_token=answer["refresh_token"]).json()
    assert renewed["scope"] == answer["scope"]
    assert "nonce" not in claims(api, renewed["id_token"])


@pytest.mark.parametrize("method", ["S256", "plain", None])
@pytest.mark.parametrize("verifier", ["wrong" * 20, "", None])
def test_a_code_is_not_redeemed_without_its_verifier(
    browser: Browser, method: str | None, verifier: str | None
) -> None:
    challenge = CHALLENGE if method == "S256" else VERIFIER
    code = browser.members(code_challenge=challenge, code_challenge_method=method)["code"]
    assert numbers(browser.redeem(code, code_verifier=verifier)) == [501481]
    assert browser.redeem(code, code_verifier=VERIFIER).status_code == 200


def test_a_code_is_redeemed_once_at_the_same_address_and_in_time(browser: Browser) -> None:
    code = browser.members()["code"]
    assert numbers(browser.redeem(code, redirect_uri="http://localhost:1")) == [500112]
    assert browser.redeem(code).status_code == 200
    assert numbers(browser.redeem(code)) == [54005]
    late = browser.members()["code"]
    browser.emulator.advance(600)
    assert numbers(browser.redeem(late)) == [70008]
    browser.emulator.reset()
    assert numbers(browser.redeem(code)) == [70000]


def test_without_offline_access_there_is_no_refresh_token(browser: Browser) -> None:
    answer = browser.redeem(browser.members(scope=f"{BASE_SCOPE}/.default")["code"]).json()
    assert answer["scope"].split() == [f"{BASE_SCOPE}/user_impersonation", f"{BASE_SCOPE}/.default"]
    assert not {"refresh_token", "id_token", "client_info"} & set(answer)


def test_a_sign_in_for_nothing_of_the_api_gets_a_token_that_the_api_refuses(api: Api, browser: Browser) -> None:
    answer = browser.redeem(browser.members(scope="openid email")["code"]).json()
    assert (answer["scope"], claims(api, answer["id_token"])["email"]) == ("openid email", "agent@partner.example")
    assert api.call("GET", "/customers", token=answer["access_token"]).json()["code"] == "900420"
    assert api.call("GET", "/customers", token=answer["id_token"]).json()["code"] == 400


@pytest.mark.parametrize("hint", [True, False], ids=["by login_hint", "by the emulator"])
@pytest.mark.parametrize(
    ("user", "status", "code"),
    [("agent", 200, None), ("somebody", 200, None), ("without-mfa", 401, "900421"), ("without-role", 403, 900308)],
)
def test_users_whose_names_say_what_the_api_answers(
    api: Api, browser: Browser, user: str, status: int, code: object, hint: bool
) -> None:
    name = f"{user}@partner.example"
    if not hint:
        api.emulator.user(name)
    back = browser.members(login_hint=name if hint else None)
    token = browser.redeem(back["code"]).json()["access_token"]
    answer = api.call("GET", "/customers", token=token)
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert claims(api, token)["upn"] == name


def test_the_control_api_says_who_signs_in(api: Api, browser: Browser) -> None:
    for user, error in (("declines@partner.example", "access_denied"), (None, None)):
        answer = api.call("PUT", "/emulator/user", json={"user": user})
        assert answer.json() == {"user": user or "agent@partner.example"}
        assert browser.members().get("error") == error


@pytest.mark.parametrize(
    ("user", "error", "start"),
    [
        ("declines", "access_denied", "AADSTS65004: "),
        ("aadsts50105", "invalid_grant", "AADSTS50105: "),
        ("AADSTS53003", "invalid_grant", "AADSTS53003: Access has been blocked"),
        ("aadsts1234567", "invalid_grant", "AADSTS1234567: "),
    ],
)
def test_users_whose_sign_in_is_refused(browser: Browser, user: str, error: str, start: str) -> None:
    back = browser.members(login_hint=f"{user}@partner.example")
    assert (back["error"], back["state"]) == (error, "a b&c")
    assert back["error_description"].startswith(start)
    assert "code" not in back
    assert back.get("error_subcode") == ("cancel" if user == "declines" else None)


@pytest.mark.parametrize(
    ("changes", "error", "number"),
    [
        ({"response_type": None}, "invalid_request", 900144),
        ({"response_type": "token"}, "unsupported_response_type", 700051),
        ({"scope": None}, "invalid_request", 900144),
        ({"scope": "https://example.org/.default"}, "invalid_scope", 70011),
        ({"response_mode": "carrier-pigeon"}, "invalid_request", 90014),
        ({"response_type": "code id_token"}, "invalid_request", 900144),
        ({"code_challenge": "short"}, "invalid_request", 501491),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S512"}, "invalid_request", 90014),
    ],
)
def test_what_is_wrong_with_a_sign_in_is_sent_to_the_application(
    browser: Browser, changes: dict[str, str | None], error: str, number: int
) -> None:
    back = browser.members(**changes)
    assert (back["error"], back["error_description"].partition(":")[0]) == (error, f"AADSTS{number}")


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"client_id": None}, 900144),
        ({"client_id": "33333333-3333-4333-8333-333333333333"}, 700016),
        ({"redirect_uri": None}, 900971),
        ({"redirect_uri": "https://evil.example/"}, 50011),
        ({"redirect_uri": "http://localhost:99999"}, 50011),
        ({"redirect_uri": "javascript:alert(1)"}, 50011),
        ({"tenant": "elsewhere.example"}, 90002),
    ],
)
def test_nothing_is_sent_to_an_address_that_may_be_wrong(
    browser: Browser, changes: dict[str, str | None], number: int
) -> None:
    answer = browser.open(**changes)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/html")
    assert f"AADSTS{number}: " in answer.text
    assert "Location" not in answer.headers


def test_only_the_registered_addresses_are_used(api: Api) -> None:
    settings = Settings(redirect_uris=("http://localhost/done", "https://airflow.example/back?a=1"))
    with Emulator(settings) as emulator:
        browser = Browser(Api(emulator), emulator)
        for uri in ("http://localhost/done", "http://localhost:4711/done", "https://airflow.example/back?a=1"):
            assert browser.open(redirect_uri=uri).headers["Location"].startswith(uri)
        for uri in ("http://localhost/", "http://127.0.0.1/done", "https://airflow.example/back"):
            assert browser.open(redirect_uri=uri).status_code == 400


@pytest.mark.parametrize(
    ("kind", "mode", "separator"),
    [
        ("code", None, "?"),
        ("code", "query", "?"),
        ("code", "fragment", "#"),
        ("code", "form_post", ""),
        ("code id_token", None, "#"),
        ("id_token code", "query", "#"),
        ("code id_token", "form_post", ""),
    ],
)
def test_the_answer_is_sent_as_asked(api: Api, browser: Browser, kind: str, mode: str | None, separator: str) -> None:
    wanted = {"response_type": kind, "response_mode": mode, "nonce": "n-2"}
    location = browser.open(**wanted).headers.get("Location", "")
    assert location.startswith(f"{CALLBACK}{separator}") if separator else not location
    back = browser.members(**wanted)
    assert back["state"] == "a b&c"
    if "id_token" in kind:
        assert claims(api, back["id_token"])["nonce"] == "n-2"
    assert browser.redeem(back["code"]).status_code == 200


def test_the_consent_and_the_token_endpoint_of_microsofts_samples(api: Api, browser: Browser) -> None:
    back = browser.members(
        tenant="common", version="", response_type="code id_token", response_mode="form_post", scope="openid profile",
        nonce="n-3",
    )  # fmt: skip
    assert claims(api, back["id_token"])["iss"] == f"https://sts.windows.net/{api.emulator.tenant_id}/"
    url = f"{api.emulator.url}/partner.example/oauth2/token"
    client = {"client_id": api.emulator.client_id, "client_secret": api.emulator.client_secret, "resource": BASE_SCOPE}
    form = {**client, "grant_type": "authorization_code", "code": back["code"], "redirect_uri": CALLBACK}
    first = api.session.post(url, data=form).json()
    form = {**client, "grant_type": "refresh_token", "refresh_token": first["refresh_token"], "scope": "openid"}
    second = api.session.post(url, data=form).json()
    app = api.session.post(url, data={**client, "grant_type": "client_credentials"}).json()
    for answer in (first, second, app):
        assert {type(answer[name]) for name in ("expires_in", "ext_expires_in", "expires_on", "not_before")} == {str}
        assert answer["resource"] == BASE_SCOPE
        assert api.call("GET", "/customers", token=answer["access_token"]).status_code == 200
    assert (first["scope"], second["scope"]) == ("user_impersonation", "user_impersonation")
    assert "scope" not in app
    for resource, number in (("https://example.org", 500011), (None, 900144)):
        form = {**client, "grant_type": "client_credentials", "resource": resource}
        assert numbers(api.session.post(url, data=form)) == [number]


def test_the_journal_keeps_neither_codes_nor_verifiers(api: Api, browser: Browser) -> None:
    code = browser.members(code_challenge=CHALLENGE, code_challenge_method="S256")["code"]
    answer = browser.redeem(code, code_verifier=VERIFIER).json()
    journal = str(api.emulator.journal())
    for secret in (code, VERIFIER, answer["id_token"], answer["refresh_token"], answer["access_token"]):
        assert secret not in journal
