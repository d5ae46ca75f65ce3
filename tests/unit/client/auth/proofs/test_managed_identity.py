"""A managed identity: how Azure is asked for its token, and what its answers mean."""

from __future__ import annotations

import json

import pytest

from airflow_provider_partnercenter.client.auth.proofs.managed_identity import SYSTEM, ManagedIdentity
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterClientCredentialError,
    PartnerCenterLoginUnavailableError,
)
from tests.support.login.azure_host import HEADER, azure_endpoint

RESOURCE = "api://AzureADTokenExchange"
CLIENT_ID = "44444444-4444-4444-8444-444444444444"
HOSTS = ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT", "MSI_ENDPOINT",
         "MSI_SECRET", "AZURE_POD_IDENTITY_AUTHORITY_HOST")  # fmt: skip


@pytest.fixture(params=["App Service", "virtual machine"])
def endpoint(request, monkeypatch):
    for name in HOSTS:
        monkeypatch.delenv(name, raising=False)
    # A proxy is not asked.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with azure_endpoint(lambda: "eyJ.a.token") as endpoint:
        if request.param == "App Service":
            monkeypatch.setenv("IDENTITY_ENDPOINT", f"{endpoint.address}/msi/token")
            monkeypatch.setenv("IDENTITY_HEADER", HEADER)
        else:
            monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", endpoint.address)
        yield endpoint


@pytest.mark.parametrize("identity", [SYSTEM, CLIENT_ID])
def test_a_token_is_fetched_masked_and_kept(endpoint, identity):
    masked: list[str] = []
    proof = ManagedIdentity(identity, RESOURCE)
    assertion = proof.for_msal(masked.append)["client_assertion"]
    assert assertion() == assertion() == "eyJ.a.token"
    [asked] = endpoint.asked
    assert (asked["resource"], asked["metadata"]) == (RESOURCE, "true")
    assert asked.get("client_id") == (None if identity == SYSTEM else CLIENT_ID)
    assert set(masked) == {"eyJ.a.token"}
    assert "eyJ" not in repr(proof)


@pytest.mark.parametrize(
    ("answer", "cls", "message"),
    [
        ((400, json.dumps({"error": "invalid_request", "error_description": "Identity not found", "statusCode": 400,
                           "message": "Identity not found"})),
         PartnerCenterClientCredentialError, "Azure refuses it"),
        ((200, json.dumps({"access_token": "a\nb", "expires_in": "1", "expires_on": "1"})),
         PartnerCenterClientCredentialError, "Azure refuses it"),
        ((200, "<html>eyJ.a.token</html>"), PartnerCenterLoginUnavailableError, "no answer that can be read"),
        ((200, "[]"), PartnerCenterLoginUnavailableError, "no answer that can be read"),
        ((200, json.dumps({"access_token": "eyJ.a.token", "expires_in": "soon", "expires_on": "soon"})),
         PartnerCenterLoginUnavailableError, "no answer that can be read"),
        ((404, "{}"), PartnerCenterLoginUnavailableError, "answered HTTP 404"),
        ((429, "{}"), PartnerCenterLoginUnavailableError, "answered HTTP 429"),
        ((503, ""), PartnerCenterLoginUnavailableError, "answered HTTP 503"),
    ],
)  # fmt: skip
def test_what_azure_answers_instead(endpoint, answer, cls, message):
    endpoint.answer = answer
    with pytest.raises(cls) as caught:
        ManagedIdentity(CLIENT_ID, RESOURCE).for_msal(lambda _: None)["client_assertion"]()
    text = str(caught.value)
    assert f"No token for the managed identity of 'managed_identity' ({CLIENT_ID})" in text
    assert message in text
    assert "What to do: " in text
    assert "eyJ" not in text
    assert caught.value.retryable == (cls is PartnerCenterLoginUnavailableError)


def test_outside_azure(endpoint, monkeypatch):
    for name in HOSTS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1")
    unreachable = r"127\.0\.0\.1:1 cannot be reached.*have to run on Azure"
    with pytest.raises(PartnerCenterLoginUnavailableError, match=unreachable):
        ManagedIdentity(SYSTEM, RESOURCE).for_msal(lambda _: None)["client_assertion"]()
