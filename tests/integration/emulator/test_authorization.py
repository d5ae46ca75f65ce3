"""The sign-in of a user in a browser, and what the login service says about itself."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import jwt
import pytest

from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Settings
from tests.support.login.browser import CALLBACK, returned
from tests.support.plain_api import BASE_SCOPE, Api

if TYPE_CHECKING:
    import requests

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SCOPE = f"{BASE_SCOPE}/user_impersonation offline_access openid profile"
CORRELATION_ID = "6b1f0a52-9d3e-4c7b-8a51-2f1d7c0e9b34"


class Browser:
    """Signs users in at one emulator, and redeems what it brings back."""

    def __init__(self, api: Api, emulator: Emulator | None = None) -> None:
        self.api, self.emulator, self.session = api, emulator or api.emulator, api.session

    def address(self, tenant: str | None = None, version: str = "v2.0/", **changes: str | None) -> str:
        query = {
            "client_id": self.emulator.client_id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": SCOPE,
            "state": "a b&c",
            **changes,
        }
        wanted = urlencode({name: value for name, value in query.items() if value is not None})
        return f"{self.emulator.url}/{tenant or self.emulator.tenant_id}/oauth2/{version}authorize?{wanted}"

    def open(self, **changes: str | None) -> requests.Response:
        return self.session.get(self.address(**changes), allow_redirects=False)

    def members(self, **changes: Any) -> dict[str, str]:
        return returned(self.session, self.address(**changes))

    def redeem(self, code: str, **form: str | None) -> requests.Response:
        return self.api.login(**{"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **form})


@pytest.fixture
def browser(api: Api) -> Browser:
    return Browser(api)


def numbers(answer: requests.Response) -> list[int]:
    return answer.json().get("error_codes")


def claims(api: Api, token: str) -> dict[str, Any]:
    """The claims of a token, checked by the published key."""
    document = api.session.get(f"{api.emulator.url}/{api.emulator.tenant_id}/discovery/v2.0/keys").json()
    key = jwt.PyJWKSet.from_dict(document)[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False})


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


def test_refusals_carry_the_ids_of_the_client(api: Api, browser: Browser) -> None:
    headers = {"client-request-id": CORRELATION_ID, "return-client-request-id": "true"}
    url = f"{api.emulator.url}/{api.emulator.tenant_id}/oauth2/v2.0/token"
    answer = api.session.post(url, data={"client_id": "x"}, headers=headers)
    body = answer.json()
    assert body["correlation_id"] == answer.headers["client-request-id"] == CORRELATION_ID
    assert body["trace_id"] == answer.headers["x-ms-request-id"]
    assert f"Correlation ID: {CORRELATION_ID}" in body["error_description"]
    assert body["error_uri"] == "https://login.microsoftonline.com/error?code=900144"
    assert body["error_description"].startswith(
        "AADSTS900144: The request body must contain the following parameter: 'grant_type'.")  # fmt: skip
    other = api.session.post(url, data={"client_id": "x"}, headers={"client-request-id": "no id"})
    assert other.json()["correlation_id"] != "no id"
    assert "client-request-id" not in other.headers


@pytest.mark.parametrize(
    ("number", "changes", "expected"),
    [
        (53003, {}, (400, "invalid_grant", "message_only")),
        (7000222, {}, (401, "invalid_client", None)),
        (4242, {}, (400, "invalid_grant", None)),
        (4242, {"error": "interaction_required", "suberror": "basic_action", "claims": "{}"},
         (400, "interaction_required", "basic_action")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("control", [True, False], ids=["by request", "by method"])
def test_any_number_on_demand(
    api: Api, number: int, changes: dict[str, str], expected: tuple[int, str, str | None], control: bool
) -> None:
    def refuse(number: int | None, **changes: str) -> None:
        if control:
            assert api.call("PUT", "/emulator/login", json={"refuse": number, **changes}).status_code == 200
        else:
            api.emulator.refuse_sign_ins(number, **changes)

    refuse(number, **changes)
    answer = api.login(grant_type="refresh_token", refresh_token=api.emulator.refresh_token)
    body = answer.json()
    assert (answer.status_code, body["error"], body.get("suberror")) == expected
    assert (body["error_codes"], "claims" in body) == ([number], number == 53003 or "claims" in changes)
    refuse(None)
    assert api.login(grant_type="refresh_token", refresh_token=api.emulator.refresh_token).status_code == 200


@pytest.mark.parametrize("path", ["v2.0/.well-known/openid-configuration", ".well-known/openid-configuration"])
@pytest.mark.parametrize(
    "tenant", ["11111111-1111-4111-8111-111111111111", "Partner.Example", "common", "organizations"]
)
def test_what_discovery_names_is_there(api: Api, browser: Browser, path: str, tenant: str) -> None:
    document = api.session.get(f"{api.emulator.url}/{tenant}/{path}").json()
    addresses = {name: value for name, value in document.items() if str(value).startswith(api.emulator.url)}
    addresses.pop("issuer", None)
    assert set(addresses) == {"token_endpoint", "authorization_endpoint", "jwks_uri"}
    # Whatever is documented but not implemented has a 501, and whatever is neither a 404.
    assert api.session.post(addresses["token_endpoint"]).status_code == 400
    assert api.session.get(addresses["authorization_endpoint"]).status_code == 400
    assert [key["kty"] for key in api.session.get(addresses["jwks_uri"]).json()["keys"]] == ["RSA"]
    version = "v2.0/" if "v2.0" in path else ""
    assert urlsplit(document["authorization_endpoint"]).path.endswith(f"/oauth2/{version}authorize")
    for kind in document["response_types_supported"]:
        for mode in document["response_modes_supported"]:
            back = browser.members(
                tenant=tenant, version=version, response_type=kind, response_mode=mode, nonce="n",
                scope=" ".join(document["scopes_supported"]),
            )  # fmt: skip
            assert set(kind.split()) <= set(back)
    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": CALLBACK, "resource": BASE_SCOPE}
    basic = (api.emulator.client_id, api.emulator.client_secret)
    answer = api.session.post(document["token_endpoint"], data=form, auth=basic).json()
    header = jwt.get_unverified_header(answer["id_token"])
    assert [header["alg"]] == document["id_token_signing_alg_values_supported"]
    assert set(document["claims_supported"]) <= set(claims(api, answer["id_token"]))
    assert document["issuer"].replace("{tenantid}", api.emulator.tenant_id) == claims(api, answer["id_token"])["iss"]


@pytest.mark.parametrize(
    ("auth", "number"),
    [
        (("22222222-2222-4222-8222-222222222222", "emulator-client-secret"), None),
        (("22222222-2222-4222-8222-222222222222", "emulator%2Dclient%2Dsecret"), None),
        (("22222222-2222-4222-8222-222222222222", "wrong"), 7000215),
        (("someone", "emulator-client-secret"), 700016),
    ],
)
def test_http_basic_authentication(api: Api, auth: tuple[str, str], number: int | None) -> None:
    url = f"{api.emulator.url}/{api.emulator.tenant_id}/oauth2/v2.0/token"
    form = {"grant_type": "client_credentials", "scope": f"{BASE_SCOPE}/.default"}
    assert numbers(api.session.post(url, data=form, auth=auth)) == ([number] if number else None)


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic bm9jb2xvbg==", "Basic /w=="])
def test_http_basic_authentication_that_cannot_be_read(api: Api, header: str) -> None:
    url = f"{api.emulator.url}/{api.emulator.tenant_id}/oauth2/v2.0/token"
    form = {"grant_type": "client_credentials", "scope": f"{BASE_SCOPE}/.default"}
    assert numbers(api.session.post(url, data=form, headers={"Authorization": header})) == [7000218]


def test_the_journal_keeps_neither_codes_nor_verifiers(api: Api, browser: Browser) -> None:
    code = browser.members(code_challenge=CHALLENGE, code_challenge_method="S256")["code"]
    answer = browser.redeem(code, code_verifier=VERIFIER).json()
    journal = str(api.emulator.journal())
    for secret in (code, VERIFIER, answer["id_token"], answer["refresh_token"], answer["access_token"]):
        assert secret not in journal
