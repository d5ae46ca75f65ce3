"""What the login service says about itself, how an application proves itself, and how it is refused."""

from __future__ import annotations

from urllib.parse import urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Settings
from tests.support.login.browser import CALLBACK, Browser, claims, numbers
from tests.support.plain_api import BASE_SCOPE, Api

CORRELATION_ID = "6b1f0a52-9d3e-4c7b-8a51-2f1d7c0e9b34"


@pytest.fixture
def browser(api: Api) -> Browser:
    return Browser(api)


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


def test_the_control_api_gives_tokens_of_another_issuer(api: Api) -> None:
    def sign_in(**wanted: object) -> list[int] | None:
        token = api.call("POST", "/emulator/federated-token", json=wanted).json()["token"]
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        return numbers(
            api.login(
                grant_type="client_credentials",
                scope=f"{BASE_SCOPE}/.default",
                client_secret=None,
                client_assertion=token,
                client_assertion_type=kind,
            )
        )

    assert sign_in() is sign_in(seconds=60) is None
    assert (sign_in(subject="x"), sign_in(issuer="x"), sign_in(seconds=0)) == ([700213], [700211], [700024])


def test_the_signature_of_another_issuer_is_checked_if_its_key_is_known() -> None:
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
    pem = keys[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with Emulator(Settings(federated_key=pem)) as emulator:
        api = Api(emulator)
        told = jwt.decode(emulator.federated_token(), options={"verify_signature": False})
        # Kubernetes of Azure Government and of Azure China name other audiences.
        told["aud"] = "api://AzureADTokenExchangeUSGov"
        for key, number in zip(keys, (None, 700027), strict=True):
            answer = api.login(
                grant_type="client_credentials",
                scope=f"{BASE_SCOPE}/.default",
                client_secret=None,
                client_assertion=jwt.encode(told, key, algorithm="RS256"),
                client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            )
            assert numbers(answer) == ([number] if number else None)
    with pytest.raises(ValueError, match="PEM"):
        Emulator(Settings(federated_key=b"nonsense"))
